"""E-mail addresses, so that one mailbox has one form.

In: a column of text. Out: mailboxes, their providers, and which are shared.

``kind`` e-mail as a kind, ``normalizer`` the reading, ``providers`` misspelt domains, ``quick`` one value at a time,
``household`` mailboxes that are a household's by their own words, ``facet`` what mailboxes tell.
"""
