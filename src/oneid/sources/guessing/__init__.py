"""Guessing: what the columns of a source are, and a first config from that (``oneid init``).

In: rows of text under headers. Out: a source as the config writes it, each guess with its reason and its doubt.

``columns`` what each column is, ``parties`` whose, ``fields`` which columns make a field, ``ids`` which number the
members, ``states`` dates of a record and who has left; ``guess`` all of it, ``reasons`` why, ``configtext`` the config.
"""
