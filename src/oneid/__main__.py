"""``python -m oneid``."""

from oneid.cli import main

main()
