"""Records: the features of all kinds together, and what whole columns show.

In: raw rows of sources. Out: features (what is compared), values (what people see), column facts.

``features`` the stage, ``fields`` one field of a source, ``columnfacts`` what whole columns show, ``placeholders``
which values so many hold that they are none, ``together`` what is seen of all sources at once; ``onerecord`` one record
for a look-up.
"""
