"""What several kinds share of Japanese writing: text, kanji, sound, readings, eras, places, and their tables.

In: texts, whole columns or one at a time. Out: folded texts, keys that sounds meet on, places, dates.

``text`` tidying; ``kanji`` variants; ``romaji``, ``latin`` and ``sound`` keys on which spellings meet; ``nametables``
the shipped names, ``readings`` whether kanji may be read so and ``likelyreadings`` how they are likely read; ``eras``
the calendar; ``places`` prefectures, cities and towns; ``quicktext`` and ``quickkeys`` the same for one text at a time;
``extras`` larger tables of others; ``data`` the tables shipped.
"""
