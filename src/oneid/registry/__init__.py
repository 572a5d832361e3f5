"""OneIDs over time: what is given once is kept for good, on SQLite or on PostgreSQL, by the same code.

Every run (and every act of a person: a merge, a split, a renumbering, a rollback, an erasure) is one
:class:`Publication`, numbered 1, 2, ..., and written in one transaction. What the registry tells, for now or as of any
run or moment, is read from the same rows::

    publish(Publication) ──> runs, memberships, oneids, events, decisions, rekeys, tombstones
                                  │   periods: from_run, to_run (null: holds now)
    state, find, members, oneid <─┤   as of a run or a moment
    history, exposure, events   <─┘   over all time

    with Registry.open("sqlite:///oneid.db") as registry, registry.lock():
        before = registry.state()
        done = assignment.assign(members, before, key, run)
        registry.publish(Publication(run, "run", digest, None, None, {}, before, done.state, done.events))

One process at a time holds the right to write (:meth:`Registry.lock`); readers never wait for it, nor it for them.
Analysts may read the views ``current_members``, ``current_oneids``, ``member_history`` and ``oneid_events``
(:data:`VIEWS`) with any SQL tool.

Modules: ``schema`` tables and views, ``migrations`` and ``migrate`` the steps that make them, ``opening`` and
``locking`` the database and the right to write, ``filesum`` whether its file is damaged, ``bulk`` frames in and out,
``publication`` and ``forgetting`` writing, ``reading`` reading, ``failures`` errors, ``book`` the class
:class:`Registry`, ``fromconfig`` the one that a config names.
"""

from __future__ import annotations

from oneid.registry.book import Registry
from oneid.registry.publication import KINDS, Publication
from oneid.registry.reading import Head
from oneid.registry.schema import VIEWS, View

__all__ = ["KINDS", "VIEWS", "Head", "Publication", "Registry", "View"]
