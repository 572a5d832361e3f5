"""What is written, or read, elsewhere than in a folder.

In: an address, and the tables of a run. Out: tables in a database, all replaced or none.

``addresses`` what stands where a path may stand, ``databases`` tables into a database.
"""
