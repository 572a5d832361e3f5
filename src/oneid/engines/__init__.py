"""Engines: where the work of a run is done. Stages are pure functions on columns and never know which engine runs
them.
"""
