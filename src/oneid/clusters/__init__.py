"""Clusters: links become people, with a verdict on whole clusters.

In: judged pairs. Out: a cluster number per record.

``clustering`` components, never pairs and caps; ``bridges`` records that say less than others, ``equalrows`` equal ones
as one; ``wholeclusters`` some records with the pairs among them clustered, all
of them or those that can have changed; ``amended`` clusters that stand, changed by what people say of some pairs alone.
"""
