"""Which nodes of a graph are joined to one of the next coarser graph.

Notay, "An aggregation-based algebraic multigrid method" (2010): pairs, then pairs of pairs. Pairs
are matched along their strongest edges, all at once where both nodes name each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .graph import Graph

PASSES = 2
ROUNDS = 6
"""Of naming each other; few nodes find a partner after that."""
STRENGTH = 0.15
"""Smallest weight of a pair's edge, as a part of the smaller diagonal."""
SPREAD = 0.05
"""Where all edges are equal, no two nodes would name each other: they are made to differ a bit."""
GOLDEN = 0.6180339887498949


def aggregate(graph: Graph) -> tuple[NDArray[np.int64], Graph]:
    """Group of each node, (N), and the graph of the groups.

    In each pass a pair counts as strong against the diagonals of the *original* nodes, since it
    is these that the smoother works with. Against those of the pairs, two dark voxels that are
    tightly joined and hang together with their surroundings by a thread would be grouped with
    these, and no smoother could tell them apart: the iteration would stall.
    """
    group = np.arange(graph.size)
    coarse = graph
    for _ in range(PASSES):
        diagonal = np.bincount(group, graph.diagonal, coarse.size).astype(float)
        pair, pairs = _match(coarse, diagonal)
        coarse = coarse.grouped(pair, pairs)
        group = pair[group]
    return group, coarse


def _match(graph: Graph, diagonal: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
    """Pair of each node, some of them of one node only, and how many there are."""
    edges = graph.weights.tocoo()
    one, other = edges.row, edges.col
    strength = edges.data / np.minimum(diagonal[one], diagonal[other])
    strong = strength >= STRENGTH
    one, other, strength = one[strong], other[strong], strength[strong]
    strength *= 1 + SPREAD * ((one.astype(np.float64) + other) * GOLDEN % 1)
    mate = np.full(graph.size, -1, np.int64)
    for _ in range(ROUNDS):
        is_free = (mate[one] < 0) & (mate[other] < 0)
        one, other, strength = one[is_free], other[is_free], strength[is_free]
        if not one.size:
            break
        named = _strongest(one, other, strength, graph.size)
        naming = np.flatnonzero(named >= 0)
        agreed = naming[named[named[naming]] == naming]
        mate[agreed] = named[agreed]
    nodes = np.arange(graph.size)
    first = np.where(mate < 0, nodes, np.minimum(nodes, mate))
    number = np.cumsum(first == nodes) - 1
    return number[first], int(number[-1]) + 1


def _strongest(
    one: NDArray[np.int32], other: NDArray[np.int32], strength: NDArray[np.float64], size: int
) -> NDArray[np.int64]:
    """The neighbour that each node would be paired with, -1 for none; ``one`` ascends."""
    start = np.flatnonzero(np.diff(one, prepend=-1))
    best = np.maximum.reduceat(strength, start)
    is_best = strength == np.repeat(best, np.diff(start, append=one.size))
    named = np.full(size, -1, np.int64)
    named[one[is_best]] = other[is_best]
    return named
