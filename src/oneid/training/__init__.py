"""Proposing weights from data, with labels or without.

In: patterns of pairs, and perhaps labels. Out: a proposed rules file, beside what it would change.

``labels`` what is known of pairs, ``logistic`` weights with labels, ``em`` weights without, ``train`` the proposal.
"""
