"""Why two records are one person or not, and what a whole OneID is made of: answered from a run's folder in a moment,
or from a run in memory.

In: the tables of a run, and the rows of its records. Out: explanations, as values, text, JSON and pages.

``arguments`` what is asked, ``evidence`` what a run says of some records; ``onepair`` two records, ``oneperson`` a
OneID, ``graph`` who is linked to whom, ``against`` why a link was refused; ``facts`` what is found, ``answers`` the
same, saying itself: ``lines`` as text, ``page`` and ``drawing`` as HTML, ``words`` in both languages.
"""
