"""Candidate pairs: which records are compared, how, and what the rules say of each pair.

In: features. Out: pairs with evidence patterns, scores and verdicts.
"""
