"""Candidate pairs: which records are compared, how, and what the rules say of each pair.

In: features. Out: pairs with evidence patterns, scores and verdicts.

``schema`` which fields and levels, ``columns`` features as arrays, ``blocking`` the candidate pairs, ``alike`` records
that are one before, ``compare`` the evidence of a pair, ``evidence`` both for a whole run, ``scoring`` verdicts on
patterns, ``judged`` verdicts on pairs, ``keynumbers`` which blocking key made each, ``onepattern`` one
pattern at a time.
"""
