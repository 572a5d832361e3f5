"""Dates of birth, and what a whole column of dates decides of each."""
