"""Golden records: of all values of a OneID the ones that best stand for it.

In: members and their values. Out: one row per OneID, with where each value comes from.

``groups`` which fields come from one record, ``survivorship`` the choice.
"""
