"""Dates: of birth, with what a whole column of them decides of each, and others.

In: a column of text. Out: dates, whole or in part; why others name none; how far apart two are.

``kind`` births as a kind and ``date`` other dates; ``normalizer`` the reading, ``datetext`` one shape for all
spellings, ``datecolumn`` what a column shows, ``quick`` one value at a time, ``facet`` what two births tell.
"""
