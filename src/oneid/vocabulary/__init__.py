"""Words that all rooms share: errors, references, equality codes, patterns, contracts of tables, masking, and the
version.
"""
