"""Larger tables of others, used where their packages are installed; without them the shipped tables answer alone.

:mod:`~oneid.japanese.extras.itaiji` more kanji variants, :mod:`~oneid.japanese.extras.lexicon` readings of whole
words, :mod:`~oneid.japanese.extras.postal` postcodes.
"""
