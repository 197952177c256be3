"""Which nodes are eliminated, in which order, and by which threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .program import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .program import Program

SHARES = 4
"""Shares a thread that the nodes of a level are dealt out in."""
PART = 2**15
"""Pixels of a subtree that is eliminated level by level: its 14 MB fit the last cache."""


def in_order(
    program: Program,
    ids: NDArray[np.int64],
    level: int,
    touched: NDArray[np.bool_],
    pixels: int,
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Nodes that are touched, at or below some of one level: their kind, -1 above blocks, and who.

    Halves come first; of subtrees of more than :data:`PART` ``pixels`` one half after the other, so
    that what a node leaves is still in the processor's cache when its parent takes it in.
    """
    if level == len(program.levels) - 1:
        kinds = program.kind[ids]
        yield from ((int(kind), ids[kinds == kind]) for kind in np.unique(kinds))
        return
    below = program.nodes[ids, Node.HALF : Node.HALF + 2].ravel()
    below = below[(below >= 0) & touched[below]]
    for part in [below] if pixels <= PART else below[:, None]:
        if len(part):
            yield from in_order(program, part, level + 1, touched, pixels // 2)
    yield -1, ids


def owners_of(program: Program, changed: NDArray[np.bool_] | None) -> NDArray[np.int64] | None:
    """Nodes that have a changed pixel, blocks as a whole; None if all may have."""
    if changed is None:
        return None
    has = np.zeros(len(program.nodes), bool)
    has[program.owner[np.flatnonzero(changed)]] = True
    return np.flatnonzero(has)


def touched_by(program: Program, owners: NDArray[np.int64] | None) -> NDArray[np.bool_]:
    """Nodes that a change reaches, (N): those that have a changed pixel at or below."""
    if owners is None:
        return np.ones(len(program.nodes), bool)
    touched = np.zeros(len(program.nodes), bool)
    touched[owners] = True
    for first, end in program.levels[:0:-1]:
        touched[program.parent[first + np.flatnonzero(touched[first:end])]] = True
    return touched


def shares(threads: int, ids: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Nodes dealt out to some threads."""
    count = min(len(ids), SHARES * threads)
    return [np.ascontiguousarray(part) for part in np.array_split(ids, count)] if count else []


def shares_of_blocks(
    program: Program, threads: int, ids: NDArray[np.int64]
) -> list[tuple[int, NDArray[np.int64]]]:
    """Blocks dealt out to some threads, with the kind of each share."""
    kinds = program.kind[ids]
    return [
        (kind, share)
        for kind in range(len(program.blocks))
        for share in shares(threads, ids[kinds == kind])
    ]
