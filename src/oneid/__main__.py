"""``python -m oneid``."""

from oneid.cli.main import main

main()
