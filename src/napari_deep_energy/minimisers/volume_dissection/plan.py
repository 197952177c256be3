"""The elimination tree of a volume: boxes cut by planes of voxels, equal boxes as one batch.

George, "Nested dissection of a regular finite element mesh" (1973), for the stencil that couples
a voxel with its six neighbours. It depends on the volume's size alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Size: TypeAlias = tuple[int, ...]

LEAF = 6
"""A box whose longest side is at most this is eliminated at once."""


class Kind(NamedTuple):
    """What boxes of one batch have in common."""

    shape: Size
    sides: tuple[tuple[bool, bool], ...]
    """For each axis, whether the volume goes on before and after the box."""


@dataclass(frozen=True)
class Half:
    """One half of every box of a batch: boxes ``first``, ``first + 1``, ... of batch ``kind``."""

    kind: Kind
    first: int
    place: NDArray[np.int64]
    """(R') where the half's ring is in its parent's front."""


@dataclass
class Batch:
    """All boxes of one level that are equal."""

    kind: Kind
    origins: NDArray[np.int64]
    """(N) number of the first voxel of each box."""
    pivots: NDArray[np.int64]
    """(P) voxels that a box eliminates, relative to its first."""
    ring: NDArray[np.int64]
    """(R) voxels around the box, eliminated later, relative to its first."""
    slots: NDArray[np.int64]
    """(T) places in the flattened (P, P + R) front that hold entries of the matrix itself."""
    sources: NDArray[np.int64]
    """(T) where they are in the flattened planes of couplings, relative to the origin."""
    halves: list[Half] = field(default_factory=list)


Level: TypeAlias = dict[Kind, Batch]


@lru_cache(maxsize=4)
def make_volume_plan(size: Size) -> tuple[Level, ...]:
    """Levels of the tree of a volume of ``size``, the root first."""
    strides = np.array([int(np.prod(size[axis + 1 :])) for axis in range(len(size))])
    root = Kind(size, ((False, False),) * len(size))
    boxes: dict[Kind, list[NDArray[np.int64]]] = {root: [np.zeros(1, np.int64)]}
    levels: list[Level] = []
    while boxes:
        level: Level = {}
        deeper: dict[Kind, list[NDArray[np.int64]]] = {}
        for kind, blocks in boxes.items():
            batch = _batch(kind, np.concatenate(blocks), strides, int(np.prod(size)))
            level[kind] = batch
            place = _places(kind)
            for half, start in _halves(kind):
                found = deeper.setdefault(half, [])
                ring = _ring(half) + start
                index = place[tuple((ring + 1).T)]
                batch.halves.append(Half(half, sum(map(len, found)), index))
                found.append(batch.origins + int(start @ strides))
        levels.append(level)
        boxes = deeper
    return tuple(levels)


def _axis(kind: Kind) -> int | None:
    """Axis to cut a box along, its longest; None for a leaf."""
    longest = int(np.argmax(kind.shape))
    return longest if kind.shape[longest] > LEAF else None


def _halves(kind: Kind) -> list[tuple[Kind, NDArray[np.int64]]]:
    """Both halves of a box and where they start, or none."""
    axis = _axis(kind)
    if axis is None:
        return []
    length = kind.shape[axis]
    middle = length // 2
    halves = []
    for start, end in ((0, middle), (middle + 1, length)):
        shape, sides = list(kind.shape), list(kind.sides)
        shape[axis] = end - start
        before, after = sides[axis]
        sides[axis] = (True, after) if start else (before, True)
        origin = np.zeros(len(shape), np.int64)
        origin[axis] = start
        halves.append((Kind(tuple(shape), tuple(sides)), origin))
    return halves


def _grid(ranges: list[range]) -> NDArray[np.int64]:
    """Voxels of a box, (n, axes)."""
    return np.stack([g.ravel() for g in np.meshgrid(*ranges, indexing="ij")], 1).astype(np.int64)


def _pivots(kind: Kind) -> NDArray[np.int64]:
    ranges = [range(length) for length in kind.shape]
    axis = _axis(kind)
    if axis is not None:
        middle = kind.shape[axis] // 2
        ranges[axis] = range(middle, middle + 1)
    return _grid(ranges)


def _ring(kind: Kind) -> NDArray[np.int64]:
    faces = [np.zeros((0, len(kind.shape)), np.int64)]
    for axis, sides in enumerate(kind.sides):
        for is_there, at in zip(sides, (-1, kind.shape[axis]), strict=True):
            if is_there:
                ranges = [range(length) for length in kind.shape]
                ranges[axis] = range(at, at + 1)
                faces.append(_grid(ranges))
    return np.concatenate(faces)


def _places(kind: Kind) -> NDArray[np.int64]:
    """Image of a box and one voxel around it: place in the front, -1 where there is none."""
    voxels = np.concatenate([_pivots(kind), _ring(kind)])
    place = np.full([length + 2 for length in kind.shape], -1)
    place[tuple((voxels + 1).T)] = np.arange(len(voxels))
    return place


def _batch(
    kind: Kind, origins: NDArray[np.int64], strides: NDArray[np.int64], voxels: int
) -> Batch:
    pivots, ring, place = _pivots(kind), _ring(kind), _places(kind)
    width = len(pivots) + len(ring)
    slots, sources = [], []
    for axis in range(len(kind.shape)):
        for sign in (1, -1):
            step = np.zeros(len(kind.shape), np.int64)
            step[axis] = sign
            there = place[tuple((pivots + step + 1).T)]
            known = np.flatnonzero(there >= 0)
            slots.append(known * width + there[known])
            base = pivots[known] + np.minimum(step, 0)
            sources.append(axis * voxels + base @ strides)
    return Batch(
        kind,
        origins,
        pivots @ strides,
        ring @ strides,
        np.concatenate(slots),
        np.concatenate(sources),
    )
