"""How two names are matched piece by piece; :mod:`oneid.kinds.name.levels` makes evidence levels of it.

``parts`` family names with family names, given names with given names; ``mixed`` parts of which some characters
are kana; ``connected`` what joins the kanji of a family name; ``words`` foreign names of three words and more,
in any order; ``handles`` what nicknames tell of names, ``called`` whether these may be the other's. In: rows of
two records. Out: states and verdicts.
"""
