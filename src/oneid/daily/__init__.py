"""What a run takes up from the one before, what can have changed since, and what it keeps for the next.

In: feeds, and what is known. Out: the records of a run, and for each of its stages the part that can have changed.

``kept`` what is known of each record, ``keptrows`` the rows of it that explaining wants, ``intake`` reading feeds into
records; ``everypair`` comparing all of them, ``dirtypairs`` whose pairs can have changed and ``changedpairs`` what is
to be compared then, ``affected`` what is to be clustered, ``actedclusters`` what acts leave to stand, ``changedgolden``
which golden records are made anew; ``editing`` what is known after renumbering or erasing, ``statetables`` what is kept
for ``oneid diff``, ``keyedcodes`` codes under a secret.
"""
