"""Field kinds: what the program knows of a name, a phone number, a date, in one place each.

In: columns of text as a source has them. Out: normalized values, features, evidence levels, blocking keys.
"""
