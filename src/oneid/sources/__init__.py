"""Sources: files and frames become rows of text with an id; guesses and feeds.

In: files and data frames. Out: rows of text, and what was rejected.

``reading`` the stage; ``files`` and ``frames`` what can be read, ``encoding`` texts; ``feeds`` what is new, changed and
gone; ``headers`` what a column is, ``guess`` a first config from that.
"""
