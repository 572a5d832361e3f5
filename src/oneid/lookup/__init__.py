"""Which OneID is this record? Answered from the last run's index, without a run."""
