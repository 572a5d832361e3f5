"""Engines: where the work of a run is done. Stages are pure functions on columns and never know which engine runs
them.

In: a function and the shares of its work. Out: what it makes of each, in order.

``base`` what an engine can do, ``local`` threads of this process; ``mapped`` tables that lie in a file meanwhile,
``overlay`` wide ones of several parts, of which few rows or columns are needed, ``freed`` gives memory back.
"""
