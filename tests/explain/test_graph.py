"""Graphs of links against networkx."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from oneid.explain.graph import held_alone, route

ends = st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1])
links = st.lists(ends, max_size=18, unique=True)


@given(links)
def test_links_that_hold_alone(pairs: list[tuple[int, int]]) -> None:
    """They are the bridges of the graph."""
    graph = nx.Graph(pairs)
    graph.add_nodes_from(range(10))
    assert held_alone(range(10), pairs) == {(min(ends), max(ends)) for ends in nx.bridges(graph)}


@given(links, links)
def test_the_way_from_one_to_another(holding: list[tuple[int, int]], refused: list[tuple[int, int]]) -> None:
    """By as few refused links as need be, then by as few links; whichever order they come in."""
    refused = [pair for pair in refused if pair not in holding]
    way = route(holding, refused, 0, 9)
    assert way == route(holding[::-1], refused[::-1], 0, 9)
    graph = nx.Graph()
    graph.add_nodes_from(range(10))
    graph.add_edges_from(holding, weight=1)
    graph.add_edges_from(refused, weight=1000)
    if not nx.has_path(graph, 0, 9):
        assert way == []
        return
    assert nx.path_weight(graph, way, "weight") == nx.shortest_path_length(graph, 0, 9, "weight")
