"""Words that all rooms share.

In: nothing of this package. Out: types, names and codes that every room may use.

``errors`` every error a user can meet, ``references`` records, verdicts and other nouns, ``oneids`` how a OneID is
spelled, ``codes`` equality codes, ``patterns`` evidence levels packed, ``contracts`` columns of tables, ``masking``
personal data made unreadable, ``terminaltext`` text of others made harmless for terminals and CI systems, ``forks``
why a forked process cannot go on, ``localtime`` the time zone of days, ``language`` words in the language of who reads
them (catalogues in ``messages``), ``version`` version and names, ``pages`` tables and pictures of pages and notebooks.
"""
