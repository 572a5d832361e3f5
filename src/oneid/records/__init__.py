"""Records: the features of all kinds together, and what whole columns show.

In: raw rows of sources. Out: features (what is compared), values (what people see), column facts.
"""
