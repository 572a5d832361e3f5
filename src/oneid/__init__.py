"""OneID."""
