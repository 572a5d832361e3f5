"""Households: OneIDs that live together, a layer of its own that never merges people.

In: features, merge map and golden records. Out: which OneIDs live together, and by what evidence.

``homes`` what each record says of where its person lives, ``households`` who lives together by it.
"""
