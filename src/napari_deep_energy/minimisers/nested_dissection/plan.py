"""The symbolic plan: which pixels are eliminated when, by the picture's size alone.

George, "Nested dissection of a regular finite element mesh" (1973): a separator, as wide as the
stencil reaches, cuts the picture into two halves that no longer see each other; each half is cut
again. Nodes of one level that are equal in size form one :class:`Shape` and are worked on as one
batch. The halves of a shape's nodes lie consecutively, in the same order, in the shape of the
halves, so that no index arrays are needed to find them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...stopping import check, never
from .geometry import Tile, cut, pivots_of, ring_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...stopping import Stop
    from .geometry import Offset

LARGE = 16
"""Tiles of levels of at most this many nodes are told apart by one pixel and by their sides."""
PORTION = 2**19
"""Pixels that are numbered between two looks at whether to stop."""


class Run(NamedTuple):
    """``length`` consecutive ring places of a child, and where they are in its parent's front."""

    child: int
    front: int
    length: int


@dataclass(frozen=True)
class Half:
    """One half of every node of a shape: nodes ``first``, ``first + 1``, ... of ``shape``."""

    shape: int
    """Index in the next deeper level."""
    first: int
    runs: tuple[Run, ...]


@dataclass
class Shape:
    """All nodes of one level that are equal in size: one batch of dense fronts."""

    tile: Tile
    origins: NDArray[np.int64]
    """(N, 2) top left pixel of each node."""
    pivots: NDArray[np.int64]
    """(P, 2) pixels that a node eliminates, relative to its origin."""
    ring: NDArray[np.int64]
    """(R, 2) pixels around the node, eliminated later, relative to its origin."""
    slots: NDArray[np.int64]
    """(T) places in the flattened (P, P + R) front that hold entries of the matrix itself."""
    sources: NDArray[np.int64]
    """(T, 3) for each slot: number of the stencil's offset, and pixel relative to the origin."""
    halves: tuple[Half, ...] = ()
    start: int = 0
    """Place of the first pivot in the order of elimination; a shape's N * P are consecutive."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Elimination tree of a picture, the root first."""

    size: tuple[int, int]
    offsets: tuple[Offset, ...]
    levels: tuple[tuple[Shape, ...], ...]
    order: NDArray[np.int64]
    """(H * W) pixel at each place of the order of elimination."""
    rank: NDArray[np.int64]
    """(H * W) place of each pixel, the inverse of ``order``."""

    @property
    def reach(self) -> int:
        """How far the stencil reaches: the width of the separators."""
        return reach_of(self.offsets)


def reach_of(offsets: tuple[Offset, ...]) -> int:
    """Largest step along an axis."""
    return max(abs(step) for offset in offsets for step in offset)


def make_plan(
    size: tuple[int, int],
    offsets: tuple[Offset, ...],
    is_inner: bool = False,
    stop: Stop = never,
) -> Plan:
    """Plan for pictures of ``size`` and a stencil with these ``offsets`` (one of each pair).

    ``is_inner`` plans for a part of a larger picture: its root has a ring on every side. The last
    few plans are kept; ``stop`` is polled while one is made.
    """
    kept = _place(size, offsets, is_inner)
    if not kept:
        kept.append(_planned(size, offsets, is_inner, stop))
    return kept[0]  # of two made at the same time, the first for good


@lru_cache(maxsize=8)
def _place(size: tuple[int, int], offsets: tuple[Offset, ...], is_inner: bool) -> list[Plan]:
    """Where a plan is kept; it is made elsewhere, as what may be stopped cannot be cached."""
    return []


def _planned(
    size: tuple[int, int], offsets: tuple[Offset, ...], is_inner: bool, stop: Stop
) -> Plan:
    reach = reach_of(offsets)
    has_corners = any(o[0] and o[1] for o in offsets)
    root = Tile(size, (is_inner,) * 4, reach, has_corners, True)
    # What lies around a part has a ring too, as if the part were within a larger picture.
    picture = (size[0] + 1, size[1] + 1) if is_inner else size
    batches: dict[Tile, list[NDArray[np.int64]]] = {root: [np.zeros((1, 2), np.int64)]}
    levels: list[tuple[Shape, ...]] = []
    while batches:
        axis = cut_axis(list(batches), reach)
        is_large = 2 ** (len(levels) + 1) <= LARGE
        level: list[Shape] = []
        deeper: dict[Tile, list[NDArray[np.int64]]] = {}
        cuts = [None if axis is None else cut(tile, axis, is_large, picture) for tile in batches]
        for number, (tile, blocks) in enumerate(batches.items()):
            check(stop)
            origins = np.concatenate(blocks)
            shape = _shape(tile, axis, origins, offsets)
            level.append(shape)
            for half, shift in cuts[number] or ():
                deeper.setdefault(half, []).append(origins + shift)
        _link(level, cuts, list(deeper))
        levels.append(tuple(level))
        batches = deeper
    return _ordered(size, offsets, levels, stop)


def cut_axis(tiles: list[Tile], reach: int) -> int | None:
    """Axis to cut the nodes of a level along, the longer one; None once they are leaves."""
    longest = [max(tile.size[axis] for tile in tiles) for axis in (0, 1)]
    shortest = [min(tile.size[axis] for tile in tiles) for axis in (0, 1)]
    for axis in sorted((0, 1), key=lambda a: -longest[a]):
        if longest[axis] > 2 * reach and shortest[axis] >= reach + 2:
            return axis
    return None


def _shape(
    tile: Tile, axis: int | None, origins: NDArray[np.int64], offsets: tuple[Offset, ...]
) -> Shape:
    """Shape of a tile with the places of the matrix's own entries in its front."""
    pivots, ring = pivots_of(tile, axis), ring_of(tile)
    width = len(pivots) + len(ring)
    place = _places(tile, np.concatenate([pivots, ring]))
    slots, sources = [], []
    for number, offset in enumerate(offsets):
        if offset == (0, 0):
            continue
        for sign in (1, -1):
            step = sign * np.array(offset)
            there = place[tuple((pivots + step + tile.reach).T)]
            known = there >= 0
            slots.append(np.flatnonzero(known) * width + there[known])
            base = pivots[known] + min(sign, 0) * np.array(offset)
            sources.append(np.column_stack([np.full(len(base), number), base]))
    if not slots:
        return Shape(tile, origins, pivots, ring, np.zeros(0, int), np.zeros((0, 3), int))
    return Shape(tile, origins, pivots, ring, np.concatenate(slots), np.concatenate(sources))


def _places(tile: Tile, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Image of the tile and its ring with the front place of each pixel, -1 where it has none."""
    margin = 2 * tile.reach
    place = np.full((tile.size[0] + margin, tile.size[1] + margin), -1)
    place[tuple((pixels + tile.reach).T)] = np.arange(len(pixels))
    return place


def _link(
    level: list[Shape], cuts: list[tuple[tuple[Tile, Offset], ...] | None], deeper: list[Tile]
) -> None:
    """Tell each shape where its halves will be."""
    filled = dict.fromkeys(deeper, 0)
    for shape, halves in zip(level, cuts, strict=True):
        links = []
        for half, shift in halves or ():
            links.append(Half(deeper.index(half), filled[half], _runs(shape, half, shift)))
            filled[half] += len(shape.origins)
        shape.halves = tuple(links)


def _runs(shape: Shape, half: Tile, shift: Offset) -> tuple[Run, ...]:
    """Where the ring of a half lies in the front of its parent; sides off the picture drop out."""
    place = _places(shape.tile, np.concatenate([shape.pivots, shape.ring]))
    ring = ring_of(half) + np.array(shift) + shape.tile.reach
    front = place[tuple(ring.T)]
    breaks = np.flatnonzero((np.diff(front) != 1) | (front[:-1] < 0)) + 1
    bounds = [0, *breaks.tolist(), len(front)]
    return tuple(
        Run(start, int(front[start]), end - start)
        for start, end in pairwise(bounds)
        if start < end and front[start] >= 0
    )


def _ordered(
    size: tuple[int, int],
    offsets: tuple[Offset, ...],
    levels: list[tuple[Shape, ...]],
    stop: Stop,
) -> Plan:
    """Plan with the pivots numbered, leaves first."""
    order, start = np.empty(size[0] * size[1], np.int64), 0
    rank = np.empty_like(order)
    for level in reversed(levels):
        for shape in level:
            shape.start = start
            pivots, origins = (places @ [size[1], 1] for places in (shape.pivots, shape.origins))
            each = max(1, PORTION // max(1, len(pivots)))
            for first in range(0, len(origins), each):
                check(stop)
                pixels = (origins[first : first + each, None] + pivots).ravel()
                order[start : start + pixels.size] = pixels
                rank[pixels] = np.arange(start, start + pixels.size)
                start += pixels.size
    return Plan(size, offsets, tuple(levels), order, rank)
