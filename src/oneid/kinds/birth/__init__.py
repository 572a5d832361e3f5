"""Dates of birth, and what a whole column of dates decides of each.

In: a column of text. Out: dates, whole or in part; why others name none; how far apart two are.

``kind`` births as a kind, ``normalizer`` the reading, ``datetext`` one shape for all spellings, ``datecolumn`` what a
column shows, ``quick`` one value at a time, ``facet`` what two births tell.
"""
