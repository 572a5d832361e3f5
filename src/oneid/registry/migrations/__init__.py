"""The steps by which Alembic makes the registry's tables, and brings older ones up to date.

A step is never changed once it was released. Views are no part of the steps: they are made anew after them.
"""
