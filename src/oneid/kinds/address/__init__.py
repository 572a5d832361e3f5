"""Japanese addresses: from ten spellings to prefecture, city, town, block, building and room.

In: columns of addresses and postcodes. Out: parts in one canonical spelling; where somebody lives.

``kind`` addresses and postcodes as kinds, ``facet`` where somebody lives; ``normalizer`` the reading of addresses,
``around`` what stands around them, ``usual`` usual spellings by one look-up, ``placing`` the place at the beginning,
``former`` municipalities of former times, ``tail`` block, building and room; ``postcode`` postcodes and ``postal`` what
they stand for; ``quick`` and ``quickpostcode`` one value at a time.
"""
