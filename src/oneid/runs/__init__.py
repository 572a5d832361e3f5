"""Whole runs: the stages in order, what goes into them, and what people ask of the outcome."""
