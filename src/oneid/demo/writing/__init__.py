"""How members write what is true of them, and what goes wrong.

:mod:`~oneid.demo.writing.romaji` Latin letters, :mod:`~oneid.demo.writing.forms` the spellings of forms and systems,
:mod:`~oneid.demo.writing.slips` mistakes.
"""
