"""What the demo's people are called.

``names`` Japanese names by how common they are, and the mistakes that they invite; ``foreign`` names of residents from
abroad and of companies; ``romaji`` names in Latin letters.
"""
