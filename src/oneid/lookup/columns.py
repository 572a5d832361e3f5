"""The comparison columns of a few records, from their texts, in a tenth of a millisecond.

:func:`few` gives what :func:`oneid.pairs.columns.columns_of` gives for the same features, but for the codes: equality
is all that codes are for, so here they are Python's hashes. :func:`keys_of` gives the blocking keys of one record by
the codes that the index has. Both ask the facets, and facets that have no quick way are asked for columns. Tests hold
both to their columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oneid.kinds.base import Context, Facet
from oneid.kinds.compared import Compared
from oneid.kinds.few import Few, OneRecord, mixed
from oneid.kinds.holders import Borne
from oneid.lookup.index import Layout
from oneid.pairs.columns import Columns

__all__ = ["few", "keys_of"]


def few(rows: Sequence[Sequence[str]], layout: Layout, borne: Borne, compared: Compared) -> Columns:
    """The comparison columns of some records, whose texts are in ``layout``; no value is marked as shared."""
    made = Few(rows, layout.at, layout.places)
    parts = {facet.name: _part(facet, made, borne) for facet in compared.facets}
    company = np.array([text == "company" for text in made.texts("customer")], dtype=np.bool_)
    return Columns(compared, parts, company)


def _part(facet: Facet, made: Few, borne: Borne) -> object:
    if facet.few is not None:
        return facet.few(made, borne)
    return facet.columns(made.frame(facet.features), Context.of_few(made.size, borne))


def keys_of(row: Sequence[str], layout: Layout, borne: Borne, compared: Compared) -> dict[str, list[int]]:
    """The blocking keys of one record, as :func:`oneid.pairs.columns.block_keys` gives them for the whole."""
    record = OneRecord(
        {name: row[place] for name, place in layout.at.items() if name not in layout.places},
        {name: row[layout.spans[name]] for name in layout.places},
    )
    keys: dict[str, Sequence[int]] = {}
    for facet in compared.facets:
        keys |= _keys(facet, record, borne)
    if record.single["customer"] == "company":
        keys = {name: [mixed(key, 1) for key in found] for name, found in keys.items()}
    return {name: list(dict.fromkeys(key for key in found if key)) for name, found in keys.items()}


def _keys(facet: Facet, record: OneRecord, borne: Borne) -> dict[str, Sequence[int]]:
    if facet.keys_of_one is not None:
        return dict(facet.keys_of_one(record, borne))
    columns = facet.columns(record.few().frame(facet.features), Context.of_few(1, borne))
    return {name: [int(codes[0]) for codes in places] for name, places in facet.keys(columns, borne.heard).items()}
