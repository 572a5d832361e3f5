"""What a run keeps for the next, and what can have changed since."""
