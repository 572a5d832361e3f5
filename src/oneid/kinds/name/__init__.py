"""The name of a person or company, and what its readings, Latin spellings and nicknames add to it."""
