"""Sources: files and frames become rows of text with an id; guesses and feeds.

In: files and data frames. Out: rows of text, and what was rejected.

``reading`` the stage; ``files`` (each of its ``formats``) and ``frames`` what can be read, ``nested`` columns within
columns, ``handwritten`` small files of people; ``encoding``,
``workbooks`` and ``columntypes`` what is checked before a parser sees it; ``feeds`` what is new, changed and gone;
``headers`` and ``headerwords`` what headers say, ``columnnames`` which of them may be told; ``guessing`` what columns
are, and a first config from that.
"""
