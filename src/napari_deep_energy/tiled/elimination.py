"""Elimination of one tile, of what lies between two halves, and the way back.

Exact: what a tile leaves on its ring (the Schur complement) stands for it in all that follows, so
that no tile needs to see another, and no iteration is needed. The formulas are those of
:mod:`..minimisers.nested_dissection.elimination`; nothing is subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch.nn.functional import pad

from ..energy.quadratic import shifted
from ..minimisers.nested_dissection.choosing import choose_factor, choose_plan
from ..minimisers.nested_dissection.elimination import inverse
from ..minimisers.nested_dissection.plan import make_plan
from ..minimisers.nested_dissection.rectangles import Rectangle
from ..minimisers.nested_dissection.system import System, coupled, within
from ..stopping import Stop, never

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ..minimisers.nested_dissection.choosing import AnyFactor
    from .grid import Grid, Node
    from .source import BoxSystem, Source


BLOCK = 256
"""Rows of a remainder that are added at a time."""
WHOLE = 512
"""Rows up to which a matrix is inverted in one."""


class Rows(Protocol):
    """Rows of a matrix; each slice is read when it is asked for."""

    def __getitem__(self, rows: slice, /) -> NDArray[np.floating]: ...


@dataclass(frozen=True)
class Left:
    """What an eliminated node leaves on its ring, in ascending order of the ring's pixels."""

    coupling: Rows
    """(R, R); the diagonal is ignored."""
    columns: NDArray[np.floating]
    """(R, 1 + K): what joins row excess and right-hand sides."""


def eliminate_tile(source: Source, grid: Grid, node: Node, stop: Stop = never) -> Left:
    """What a tile leaves on its ring."""
    box = grid.interior(node)
    system = source.system(box, grid.reach)
    left = _factored(system, system.columns, is_inner=True, stop=stop).remainder
    coupling, excess, rhs = (part[0] for part in left)
    places = Rectangle(box.shape, (True,) * 4, grid.reach, grid.has_corners).ring()
    ring = grid.around(box)[tuple(places.T + grid.reach)]
    order = torch.from_numpy(np.argsort(ring)[np.count_nonzero(ring < 0) :])
    columns = torch.cat([excess, rhs], 1)
    return Left(coupling[order][:, order].numpy(), columns[order].numpy())


def solve_tile(
    source: Source, grid: Grid, node: Node, skeleton: Skeleton | None, stop: Stop = never
) -> torch.Tensor:
    """x of the pixels that a tile owns, (K, h, w); there is no skeleton if it is the only tile.

    Factored again rather than kept, as the factors of all tiles would not fit into memory; and
    with its ring known, the tile costs a third of what it took to eliminate.
    """
    interior, owned = grid.interior(node), grid.owned(node)
    system = source.system(interior, grid.reach)
    columns = system.columns
    x = columns.new_empty(len(columns) - 1, *owned.shape)
    if skeleton is not None:
        columns = columns + _from_ring(system, skeleton.on(grid.around(interior)), grid.reach)
        system = replace(system, planes=_within(system, grid.reach))
        x[:] = skeleton.on(grid.pixels(owned))
    height, width = interior.shape
    solved = _factored(system, columns, is_inner=False, stop=stop).solve(stop)
    x[:, :height, :width] = solved.T.reshape(-1, height, width)
    return source.project(x, owned)


def _factored(system: BoxSystem, columns: torch.Tensor, *, is_inner: bool, stop: Stop) -> AnyFactor:
    """Factor of a box with these columns (1 + K, h, w), by itself or as a part of the picture."""
    size, like = (columns.shape[1], columns.shape[2]), system.planes[:0]
    if is_inner:
        plan = make_plan(size, system.offsets, is_inner, stop)
    else:
        plan = choose_plan(size, system.offsets, like, stop)
    factor = choose_factor(plan, like)
    planes, missing = system.planes, plan.margin - plan.reach
    if missing:
        planes = pad(planes, (missing,) * 4)
    flat = columns.flatten(1).T
    whole = System(planes.flatten(), flat[:, :1].contiguous(), flat[:, 1:].contiguous())
    factor.take_in(whole, None, True, stop)
    return factor


def _within(system: BoxSystem, reach: int) -> torch.Tensor:
    """Couplings among the pixels of the box alone, (M, h + 2 reach, w + 2 reach)."""
    mask = torch.zeros(system.planes.shape[1:], dtype=torch.bool)
    mask[reach:-reach, reach:-reach] = True
    return within(system.planes, system.offsets, mask)


def _from_ring(system: BoxSystem, around: torch.Tensor, reach: int) -> torch.Tensor:
    """What known pixels around a box add to its row excess and right-hand sides, (1 + K, h, w).

    Parameters
    ----------
    system
        That of the box.
    around
        (K, h + 2 reach, w + 2 reach) x around the box; what it holds within does not count.
    reach
        Width of the margin.
    """
    inside = (slice(None), slice(reach, -reach), slice(reach, -reach))
    known = torch.cat([torch.ones_like(around[:1]), around])
    known[inside] = 0
    return coupled(system.planes, system.offsets, known)[inside]


@dataclass(frozen=True)
class Skeleton:
    """The solution on all separators."""

    pixels: NDArray[np.int64]
    """(S) ascending."""
    x: torch.Tensor
    """(S, K)"""

    def at(self, pixels: NDArray[np.int64]) -> torch.Tensor:
        """x of some separator pixels, (n, K)."""
        return self.x[torch.from_numpy(np.searchsorted(self.pixels, pixels))]

    def on(self, pixels: NDArray[np.int64]) -> torch.Tensor:
        """x of a box of pixels (h, w), zero off the separators: (K, h, w)."""
        place = np.searchsorted(self.pixels, pixels).clip(0, len(self.pixels) - 1)
        is_known = torch.from_numpy(self.pixels[place] == pixels)
        return torch.where(is_known, self.x[torch.from_numpy(place)].movedim(-1, 0), 0)


def merge(
    source: Source, grid: Grid, node: Node, left: Callable[[Node], Left]
) -> tuple[Left, NodeFactor]:
    """Eliminate what is between the halves of a node, given what each of them ``left``."""
    system = source.system(grid.separator(node), grid.reach)
    pivots = grid.pixels(grid.separator(node)).ravel()
    ring = grid.ring(node)
    front = np.concatenate([pivots, ring])
    own = system.columns.flatten(1).T  # (P, 1 + K)
    rows = own.new_zeros(len(pivots), len(front))
    square = own.new_zeros(len(ring), len(ring))
    columns = own.new_zeros(len(front), own.shape[1])
    columns[: len(pivots)] = own
    for half in node.halves:
        place, remainder = _places(front, grid.ring(half)), left(half)
        columns[place] += torch.from_numpy(np.array(remainder.columns))
        _add_remainder(rows, square, place, remainder.coupling)
    _add_own(rows, front, system, grid, node)
    to_ring, held = rows[:, len(pivots) :], columns[: len(pivots)]
    excess = held[:, 0] + to_ring.sum(1)
    inverted = rows[:, : len(pivots)]
    invert_(inverted, excess)
    gain = inverted @ to_ring
    square.addmm_(to_ring.T, gain)
    passed = columns[len(pivots) :].addmm_(gain.T, held)
    factor = NodeFactor(gain.numpy(), (inverted @ held[:, 1:]).numpy())
    return Left(square.numpy(), passed.numpy()), factor


def invert_(coupling: torch.Tensor, excess: torch.Tensor) -> None:
    """Put the inverse in the place of one matrix, in a third of its memory.

    As :func:`inverse`, whose many parts would not all fit beside each other.

    Parameters
    ----------
    coupling
        (P, P) symmetric; the diagonal is ignored.
    excess
        (P) row sums.
    """
    if len(excess) <= WHOLE:
        coupling.copy_(inverse(coupling[None], excess[None])[0])
        return
    h = len(excess) // 2
    w11, w12, w22 = coupling[:h, :h], coupling[:h, h:], coupling[h:, h:]
    invert_(w11, excess[:h] + w12.sum(1))
    gain = w11 @ w12
    w22.addmm_(w12.T, gain)
    invert_(w22, excess[h:] + gain.T @ excess[:h])
    torch.mm(gain, w22, out=w12)
    w11.addmm_(w12, gain.T)
    coupling[h:, :h] = w12.T


@dataclass(frozen=True)
class NodeFactor:
    """What gives x between the halves of a node from x on its ring: centre + gain x."""

    gain: NDArray[np.floating]
    """(P, R)"""
    centre: NDArray[np.floating]
    """(P, K)"""


def _add_remainder(
    rows: torch.Tensor, square: torch.Tensor, place: torch.Tensor, coupling: Rows
) -> None:
    """Add a half's remainder (R', R'), which may be too large to hold twice."""
    pivots = len(rows)
    for start in range(0, len(place), BLOCK):
        end = min(start + BLOCK, len(place))
        block = torch.from_numpy(coupling[start:end])
        here = place[start:end]
        own = here < pivots
        rows[here[own][:, None], place] += block[own]
        on_ring = place >= pivots
        into = place[on_ring] - pivots
        square[(here[~own] - pivots)[:, None], into] += block[~own][:, on_ring]


def _places(front: NDArray[np.int64], pixels: NDArray[np.int64]) -> torch.Tensor:
    """Where pixels are in a front."""
    order = np.argsort(front)
    return torch.from_numpy(order[np.searchsorted(front, pixels, sorter=order)])


def _add_own(
    rows: torch.Tensor, front: NDArray[np.int64], system: BoxSystem, grid: Grid, node: Node
) -> None:
    """Add the matrix's own entries to the pivots' rows."""
    box = grid.separator(node)
    number = grid.around(box)
    order = np.argsort(front)
    found = np.searchsorted(front, number, sorter=order).clip(0, len(front) - 1)
    place = np.where(front[order[found]] == number, order[found], -1)
    for plane, offset in zip(system.planes, system.offsets, strict=True):
        if offset == (0, 0):
            continue
        here, there = shifted(offset)
        first, second, value = place[here].ravel(), place[there].ravel(), plane[here].flatten()
        for a, b in ((first, second), (second, first)):
            is_entry = (a >= 0) & (a < len(rows)) & (b >= 0)
            rows[a[is_entry], b[is_entry]] += value[torch.from_numpy(is_entry)]


def solve_skeleton(grid: Grid, root: Node, factor: Callable[[Node], NodeFactor]) -> Skeleton:
    """x on all separators of a picture of several tiles, from the root down."""
    nodes = [node for node in root.walk() if node.halves]
    separators = [grid.pixels(grid.separator(node)).ravel() for node in nodes]
    pixels = np.sort(np.concatenate(separators))
    solved: Skeleton | None = None
    for node, own in zip(nodes, separators, strict=True):  # parents first: the ring is known
        known = factor(node)
        x = torch.from_numpy(known.centre)
        if solved is None:
            solved = Skeleton(pixels, torch.zeros(len(pixels), x.shape[1], dtype=x.dtype))
        if known.gain.shape[1]:
            x = x + torch.from_numpy(known.gain) @ solved.at(grid.ring(node))
        solved.x[torch.from_numpy(np.searchsorted(pixels, own))] = x
    assert solved is not None
    return solved
