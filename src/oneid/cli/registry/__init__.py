"""The commands ``oneid registry ...``: who bears which OneID, since when and why, and what people do about it.

In: a config that names a registry. Out: what it tells, or a publication of its own kind. No rule is here.

``group`` the group itself; ``shared`` what its commands share; ``readings`` those that only look: show, find, log,
exposure, receipt, verify; ``acts`` those that change who is who, each a publication: merge, split, decide, rekey,
rename-source, detach, rollback, erase; ``upkeep`` those that look after the database: prune, backup.
"""
