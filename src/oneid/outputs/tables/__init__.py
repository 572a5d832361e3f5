"""Tables as files, one by one.

In: a table. Out: its files, durable, and what ``run.json`` says of them.

``tablefiles`` one table as Parquet, Arrow or CSV, ``blocksums`` sums by block of a large one, ``changes`` what is other
than in the run before, ``parts`` whole tables that are not written.
"""
