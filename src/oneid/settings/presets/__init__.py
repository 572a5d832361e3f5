"""Rules as data: the presets that are shipped with the package."""
