"""What changes between two runs, or under other rules.

In: two written runs, or one and other rules. Out: a :class:`~oneid.diff.difference.Difference`, and pages of it.

``sides`` the two that are compared, ``storedrun`` what a run left, ``rejudge`` what it would have come to by other
rules and ``possibleworlds`` what clusters could be where pairs were never compared; ``difference`` what moved, merged
and split, ``words`` that in words, ``page`` showing it.
"""
