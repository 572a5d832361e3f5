"""Bridges to other libraries.

In: frames of others, or a config. Out: what the other library takes.

``recordlinkage`` blocking and comparing there, ``dbt`` the output tables as dbt sources, ``warehouse`` the statements
that take in what a run changed. What they bridge to is an extra.
"""

__all__: list[str] = []
