"""What changes between two runs, or under other rules."""
