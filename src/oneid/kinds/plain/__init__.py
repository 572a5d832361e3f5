"""The plain kinds, for every field that is no name, birth, sex, phone, mail or address, each under a name of its own.

In: a column of text. Out: its normalized values, and a facet: equal, nearly equal or different, and what lies between.

``tidied`` what their normalizers share, ``own`` the facet of one field; the kinds ``identifier`` (with
``checkdigits``), ``category`` (with ``rarity``), ``text`` (with ``words``) and ``number``; and ``author``, by which
others make kinds.
"""
