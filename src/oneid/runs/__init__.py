"""A whole run, from a config to a result; what is published of it; and what people do to OneIDs between runs.

In: a config or data frames, and where there is a registry what the run before left. Out: a
:class:`~oneid.runs.result.Result`, whose ``write`` publishes it.

``pipeline`` the table of contents, ``stages`` what it lists, ``preparing`` what is fixed before the first row is read,
``resolve`` a run from the outside, ``result`` what it gives, ``explaining`` what of it answers why;
``standing`` where a registry stands, ``clocks`` which times are believed, ``lastfolder`` the folder of its last run,
``publishing`` folder and registry together, ``gates`` what keeps a run from being published, ``acts`` merge, split,
renumber, roll back, erase.
"""
