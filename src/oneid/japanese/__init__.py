"""What several kinds share of Japanese writing: text, kanji, sound, readings, eras, places, and their tables."""
