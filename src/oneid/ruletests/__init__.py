"""Merge rules under test: cases run through the pipeline, and what is said of them.

In: config, rules and case files. Out: findings, in the forms that people and CI read.

``cases`` reading cases, ``worlds`` running many in one run, ``runcases`` cases about a written run, ``rulecoverage``
which rules are put to the test, ``check`` all of it, ``reports`` saying it.
"""
