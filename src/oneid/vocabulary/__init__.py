"""Words that all rooms share.

In: nothing of this package. Out: types, names and codes that every room may use.

``errors`` every error a user can meet, ``references`` records, verdicts and other nouns, ``oneids`` how a OneID is
spelled, ``codes`` equality codes, ``patterns`` evidence levels packed, ``contracts`` columns of tables, ``masking``
personal data made unreadable, ``version`` version and names.
"""
