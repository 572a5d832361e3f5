"""Households: OneIDs that live together, a layer of its own."""
