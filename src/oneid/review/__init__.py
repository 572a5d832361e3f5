"""People decide about the pairs that wait, on a page of their own machine or in a spreadsheet.

In: a run's folder, and people. Out: their verdicts, in the registry or in a decisions file, safe at once.

``pairs`` what the folder says of pairs and records, ``effect`` what a verdict would change, ``cases`` the order and who
holds which pair, ``books`` where verdicts are written; ``desk`` all of it together, whatever shows it to people.
``words`` its words in both languages, ``marks`` what differs between two values, ``graph`` the picture of links,
``screens`` what each screen shows; ``guard`` who may use the page, ``web`` its addresses and its server.
``spreadsheet`` the same pairs as a sheet, and back.
"""
