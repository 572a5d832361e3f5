"""Phone numbers, Japanese numbering first.

In: a column of text. Out: numbers as E.164, mobiles told from land lines, and which are shared.

``kind`` phone numbers as a kind, ``normalizer`` the reading, ``quick`` one value at a time, ``facet`` what numbers
tell.
"""
