"""The symbolic plan: which pixels are eliminated when, by the picture's size and stencil alone.

George, "Nested dissection of a regular finite element mesh" (1973): a separator, as wide as the
stencil reaches, or a diagonal (:mod:`.diamonds`), cuts the picture into two halves that no longer
see each other; each half is cut again. Nodes of one level that are equal in size form one
:class:`Shape` and are worked on as one batch. The halves of a shape's nodes lie consecutively, in
the same order, in the shape of the halves, so that no index arrays are needed to find them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...stopping import check, never
from .diamonds import Diamond
from .places import Places
from .rectangles import Rectangle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...stopping import Stop
    from .regions import Offset, Region

LARGE = 16
"""Rectangles of levels of at most so many nodes are told apart by a pixel and by their sides."""
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

    region: Region
    origins: NDArray[np.int64]
    """(N, 2) place of each node; a rectangle's is its first pixel."""
    pivots: NDArray[np.int64]
    """(P, 2) pixels that a node eliminates, relative to its origin."""
    ring: NDArray[np.int64]
    """(R, 2) pixels around the node, eliminated later, relative to its origin."""
    slots: NDArray[np.int64]
    """(T) places in the flattened (P, P + R) front that hold entries of the matrix itself."""
    sources: NDArray[np.int64]
    """(T, 3) for each slot: number of the stencil's offset, and pixel relative to the origin."""
    halves: tuple[Half, ...] = ()
    """Those that have pixels."""
    start: int = 0
    """Place of the first pivot in the order of elimination; a shape's N * P are consecutive."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Elimination tree of a picture, the root first."""

    size: tuple[int, int]
    offsets: tuple[Offset, ...]
    levels: tuple[tuple[Shape, ...], ...]
    order: NDArray[np.int64]
    """(H * W) pixel at each place of the order of elimination; empty if nodes are diamonds, which
    compiled kernels alone can follow."""
    rank: NDArray[np.int64]
    """(H * W) place of each pixel, the inverse of ``order``."""
    margin: int
    """How far nodes and their rings lie off the picture at most, and at least the reach."""

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
    *,
    in_diamonds: bool = False,
) -> Plan:
    """Plan for pictures of ``size`` and a stencil with these ``offsets`` (one of each pair).

    ``is_inner`` plans for a part of a larger picture: its root has a ring on every side. With
    ``in_diamonds`` a whole picture is cut along diagonals, see :mod:`.diamonds`. The last few plans
    are kept; ``stop`` is polled while one is made.
    """
    kept = _place(size, offsets, is_inner, in_diamonds)
    if not kept:
        root, origin = _root(size, offsets, is_inner, in_diamonds)
        kept.append(_planned(size, offsets, root, origin, stop))
    return kept[0]  # of two made at the same time, the first for good


@lru_cache(maxsize=8)
def _place(
    size: tuple[int, int], offsets: tuple[Offset, ...], is_inner: bool, in_diamonds: bool
) -> list[Plan]:
    """Where a plan is kept; it is made elsewhere, as what may be stopped cannot be cached."""
    return []


def has_corners(offsets: tuple[Offset, ...]) -> bool:
    """Whether a stencil couples pixels diagonally."""
    return any(offset[0] and offset[1] for offset in offsets)


def _root(
    size: tuple[int, int], offsets: tuple[Offset, ...], is_inner: bool, in_diamonds: bool
) -> tuple[Region, Offset]:
    """The root and its origin."""
    if in_diamonds:
        assert not is_inner
        assert not has_corners(offsets)
        assert reach_of(offsets) == 1
        return Diamond.root(size)
    # What lies around a part has a ring too, as if the part were within a larger picture.
    picture = (size[0] + 1, size[1] + 1) if is_inner else size
    sides, reach = (is_inner,) * 4, reach_of(offsets)
    return Rectangle(size, sides, reach, has_corners(offsets), True, picture), (0, 0)


def _planned(
    size: tuple[int, int], offsets: tuple[Offset, ...], root: Region, origin: Offset, stop: Stop
) -> Plan:
    batches: dict[Region, list[NDArray[np.int64]]] = {root: [np.array([origin], np.int64)]}
    levels: list[tuple[Shape, ...]] = []
    while batches:
        axis = root.axis_of(batches)
        is_large = 2 ** (len(levels) + 1) <= LARGE
        level: list[Shape] = []
        deeper: dict[Region, list[NDArray[np.int64]]] = {}
        cuts = [() if axis is None else region.halves(axis, is_large) for region in batches]
        for number, (region, blocks) in enumerate(batches.items()):
            check(stop)
            origins = np.concatenate(blocks)
            level.append(_shape(region, axis, origins, offsets))
            for half, shift in cuts[number]:
                deeper.setdefault(half, []).append(origins + shift)
        _link(level, cuts, list(deeper))
        levels.append(tuple(level))
        batches = deeper
    if root.margin > reach_of(offsets):
        nowhere = np.zeros(0, np.int64)
        return Plan(size, offsets, tuple(levels), nowhere, nowhere, root.margin)
    return _ordered(size, offsets, levels, stop)


def _shape(
    region: Region, axis: int | None, origins: NDArray[np.int64], offsets: tuple[Offset, ...]
) -> Shape:
    pivots, ring = region.pivots(axis), region.ring()
    return Shape(region, origins, pivots, ring, *entries(pivots, ring, offsets))


def entries(
    pivots: NDArray[np.int64], ring: NDArray[np.int64], offsets: tuple[Offset, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the matrix's own entries in the front of these pixels, see :class:`Shape`."""
    width = len(pivots) + len(ring)
    places = Places(np.concatenate([pivots, ring]))
    slots, sources = [np.zeros(0, int)], [np.zeros((0, 3), int)]
    for number, offset in enumerate(offsets):
        if offset == (0, 0):
            continue
        for sign in (1, -1):
            there = places(pivots + sign * np.array(offset))
            known = there >= 0
            slots.append(np.flatnonzero(known) * width + there[known])
            base = pivots[known] + min(sign, 0) * np.array(offset)
            sources.append(np.column_stack([np.full(len(base), number), base]))
    return np.concatenate(slots), np.concatenate(sources)


def _link(
    level: list[Shape], cuts: list[tuple[tuple[Region, Offset], ...]], deeper: list[Region]
) -> None:
    """Tell each shape where its halves will be."""
    filled = dict.fromkeys(deeper, 0)
    for shape, halves in zip(level, cuts, strict=True):
        if not halves:
            continue
        places = Places(np.concatenate([shape.pivots, shape.ring]))
        links = []
        for half, shift in halves:
            runs = runs_of_places(places(half.ring() + np.array(shift)))
            links.append(Half(deeper.index(half), filled[half], runs))
            filled[half] += len(shape.origins)
        shape.halves = tuple(links)


def runs_of_places(front: NDArray[np.int64]) -> tuple[Run, ...]:
    """Places of a half's ring in its parent's front, -1 off the picture, as runs."""
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
    return Plan(size, offsets, tuple(levels), order, rank, reach_of(offsets))
