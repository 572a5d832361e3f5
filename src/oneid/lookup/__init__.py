"""Which OneID is this record? Answered from the last run's index, without a run.

In: one record. Out: the OneIDs that it may belong to, with the evidence.

``index`` what a run leaves for it, ``columns`` a few records to compare, ``lookup`` the question, ``answers`` what is
answered.
"""
