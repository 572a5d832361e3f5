"""Sources: files and frames become rows of text with an id; guesses and feeds.

In: files and data frames. Out: rows of text, and what was rejected.
"""
