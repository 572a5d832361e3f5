"""The plain kinds, for every field that is no name, birth, sex, phone, mail or address, each under a name of its own.

In: a column of text. Out: its normalized values, and a facet: equal, nearly equal or different, and what lies between.

In reading order: :mod:`~oneid.kinds.plain.tidied` (what their normalizers share), :mod:`~oneid.kinds.plain.own` (the
facet of one field); the kinds :mod:`~oneid.kinds.plain.identifier` (with :mod:`~oneid.kinds.plain.checkdigits`),
:mod:`~oneid.kinds.plain.category` (with :mod:`~oneid.kinds.plain.rarity`), :mod:`~oneid.kinds.plain.text` (with
:mod:`~oneid.kinds.plain.words`), :mod:`~oneid.kinds.plain.number`, :mod:`~oneid.kinds.plain.date`; and
:mod:`~oneid.kinds.plain.author`, by which others make kinds.
"""
