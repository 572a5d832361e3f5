"""Measuring: sources before matching, merge maps against a truth, blocking.

In: sources, or a written run and perhaps the truth. Out: measures, and what they can be made plain with.

``profile`` what is in the sources; ``measures`` of a merge map, ``mistakes`` where it is wrong, ``blockingcoverage``
which true pairs are candidates, ``labelledpairs`` what people's labels say of a merge map, ``evaluate`` all of these of
one run.
"""
