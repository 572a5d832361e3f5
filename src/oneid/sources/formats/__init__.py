"""Files of each format as columns of text.

In: a path or bytes, and what is wanted of them. Out: a table of text, and the numbers of the rows that are not in it.

``table`` what is wanted and what comes out; ``contents`` bytes unpacked, ``archives`` ZIPs, ``texts`` their encoding;
``headerrows`` where a header stands, ``cells`` the rows below it; ``delimited``, ``jsonrecords``, ``columnar`` and
``sheets`` the formats; ``database`` and ``remote`` what is elsewhere.
"""
