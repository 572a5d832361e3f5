"""Merge rules under test: cases run through the pipeline, and what is said of them."""
