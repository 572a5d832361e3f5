"""Which OneID is this record? Answered from the last run's index, without a run.

In: one record. Out: the OneIDs that it may belong to, with the evidence.

``index`` what a run leaves for it, ``columns`` a few records to compare, ``currency`` whether that is of the last run,
``lookup`` the question, ``answers`` what is answered; ``attaching`` OneIDs beside the ids of a frame.
"""
