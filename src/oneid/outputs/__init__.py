"""What a run writes: its folder, the files of its tables, and the gates before them."""
