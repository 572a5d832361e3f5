"""Clusters: links become people, with a verdict on whole clusters.

In: judged pairs. Out: a cluster number per record.
"""
