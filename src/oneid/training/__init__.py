"""Proposing weights from data, with labels or without."""
