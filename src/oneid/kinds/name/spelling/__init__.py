"""How names are written: from a text in any script to a name that can be compared, whole columns or one at a time.

In: columns of text. Out: folded kanji, kana and handles, with what each value is (person, company, nickname).
"""
