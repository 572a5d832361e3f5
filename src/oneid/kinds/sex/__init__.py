"""The sex that a record names.

In: a column of text. Out: ``male`` or ``female``, by the words known or those that a config gives.

``kind`` the sex as a kind and as evidence, ``normalizer`` the reading, ``quick`` one value at a time.
"""
