"""How names are written: from a text in any script to a name that can be compared, whole columns or one at a time.

In: columns of text. Out: folded kanji, kana and handles, with what each value is (person, company, nickname).

``normalizer`` names of any make, ``letters`` damaged ones, ``persons`` what stands around a name, ``company`` bodies,
``cells`` cells that hold a name twice and names of several scripts, ``households`` those that name no person;
``kana`` readings, ``nickname`` handles; ``quick`` and ``quickany`` one name at a time.
"""
