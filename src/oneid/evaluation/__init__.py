"""Measuring: sources before matching, merge maps against a truth, blocking, and charts of it."""
