"""OneIDs that last: who bears which, what happened to them, and what people may do about it.

In: clusters, the state that the run before left, people's decisions. Out: the new state, events and the merge map.

``state`` the two tables of all OneIDs, ``assignment`` who bears which, ``reassignment`` the same after a small change,
``sortedrows`` a few rows into a large table, ``mergemap`` the tables that say who is who and why; ``decisions``
people's verdicts on pairs, ``mergesplit`` merging and splitting by such, ``renumbering`` members under new numbers,
``rollback`` back to an earlier state, ``erasure`` without a trace. How a OneID is spelled is in
:mod:`oneid.vocabulary.oneids`.
"""
