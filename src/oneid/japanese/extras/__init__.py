"""Larger tables of others, used where their packages are installed; without them the shipped tables answer alone.

``itaiji`` more kanji variants, ``lexicon`` readings of whole words.
"""
