"""OneIDs over time: who bears which, what people decide, and what happened since the run before.

In: clusters, the state of all OneIDs, decisions. Out: the merge map, events, aliases.
"""
