"""The name of a person or company, and what its readings, Latin spellings and nicknames add to it.

In: columns of text. Out: parts of names, sounds and readings; how rare a name is; how two names agree.

``kind`` names as kinds and the facet that they make together; ``spelling`` how they are read; ``split`` where the
family name ends and ``quicksplit`` that of one name, ``known`` what tables say without weighing; ``features`` what
records are reduced to and ``onename`` that of one, ``together`` what all sources show; ``columns`` and ``few`` what
is compared, ``rarity`` how many bear a name, ``levels`` how two agree and ``matching`` piece by piece; ``possible``
questions of users.
"""
