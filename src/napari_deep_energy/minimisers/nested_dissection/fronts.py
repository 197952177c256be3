"""One batch of fronts: assembly from its halves, elimination, and both triangular solves.

Duff, Reid, "The multifrontal solution of indefinite sparse symmetric linear systems" (1983): a
node gathers what its halves left on their rings, adds the matrix's own entries of its pivots,
eliminates these, and leaves the rest on its own ring.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import torch

from .batch import LANES_WIDTH, allocate, is_lanes, product, times, transposed_times

if TYPE_CHECKING:
    from .plan import Half, Plan, Shape
    from .system import System


class Remainder(NamedTuple):
    """What eliminated nodes leave on their rings."""

    coupling: torch.Tensor
    """(N, R, R); the diagonal is ignored."""
    excess: torch.Tensor
    """(N, R, 1): what joins the row excess of ring pixels."""
    rhs: torch.Tensor
    """(N, R, K): what joins their right-hand sides."""


class Places(NamedTuple):
    """Where the numbers of a shape's fronts come from, as indices on a device."""

    origins: torch.Tensor
    """(N) first pixel of each node in a padded plane of the couplings."""
    sources: torch.Tensor
    """(T) place in the padded planes, relative to the origin, of each entry of the matrix."""
    slots: torch.Tensor
    """(T) its place in the flattened (P, P + R) front."""
    pixels: torch.Tensor
    """(N, P) pixels that each node eliminates."""


@lru_cache(maxsize=4)
def places_of(plan: Plan, device: torch.device) -> list[list[Places]]:
    """Places of each shape of each level."""
    assert plan.order.size == plan.size[0] * plan.size[1], "diamonds are for compiled kernels"
    reach = plan.reach
    pitch = plan.size[1] + 2 * reach
    plane = (plan.size[0] + 2 * reach) * pitch
    levels = []
    for level in plan.levels:
        places = []
        for shape in level:
            number, row, column = shape.sources.T
            end = shape.start + len(shape.origins) * len(shape.pivots)
            arrays = (
                (shape.origins + reach) @ [pitch, 1],
                number * plane + row * pitch + column,
                shape.slots,
                plan.order[shape.start : end].reshape(len(shape.origins), len(shape.pivots)),
            )
            places.append(Places(*(torch.as_tensor(array, device=device) for array in arrays)))
        levels.append(places)
    return levels


class Fronts:
    """All fronts of one shape: the part of the factor that they hold."""

    def __init__(self, shape: Shape, places: Places, like: torch.Tensor) -> None:
        self.shape, self.places, self.like = shape, places, like
        self.count, self.size = places.pixels.shape
        self.ring = len(shape.ring)
        self.lanes = self.size + self.ring <= LANES_WIDTH
        self.inverse: torch.Tensor | None = None  # (N, P, P)
        self.gain: torch.Tensor | None = None  # (N, P, R)
        self.centre: torch.Tensor | None = None  # (N, P, K)
        self.kept: Remainder | None = None

    def own_couplings(self, system: System, nodes: torch.Tensor) -> torch.Tensor:
        """The matrix's own entries of the pivots' rows, (n, P, P + R)."""
        _, sources, slots, _ = self.places
        origins = pick(self.places.origins, nodes)
        n, width = origins.shape[0], self.size + self.ring
        if self.lanes:
            front = self.like.new_zeros(self.size * width, n)
            front[slots] = system.couplings[sources[:, None] + origins]
            return front.view(self.size, width, n).movedim(-1, 0)
        front = self.like.new_zeros(n, self.size * width)
        front[:, slots] = system.couplings[origins[:, None] + sources]
        return front.view(n, self.size, width)

    def assemble(
        self, system: System, nodes: torch.Tensor, halves: list[Remainder]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Pivot rows (n, P, P + R) and row excess (n, P, 1) of these nodes' fronts.

        ``halves`` are the remainders of their two halves, in order.
        """
        rows = self.own_couplings(system, nodes)
        for half, left in zip(self.shape.halves, halves, strict=True):
            add_rows(rows, left.coupling, half, self.size)
        return rows, self._gather(system.excess, nodes, [left.excess for left in halves])

    def eliminate(
        self,
        rows: torch.Tensor,
        excess: torch.Tensor,
        inverted: torch.Tensor,
        nodes: torch.Tensor,
        halves: list[Remainder],
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Eliminate the pivots of assembled fronts, given A_PP^-1 (n, P, P).

        Returns the coupling and the excess of the remainder.
        """
        to_ring = rows[:, :, self.size :]
        gain = product(inverted, to_ring)
        coupling = product(to_ring.mT, gain)
        for half, left in zip(self.shape.halves, halves, strict=True):
            add_square(coupling, left.coupling, half, self.size)
        self.inverse = put(self.inverse, inverted, nodes, self.count)
        self.gain = put(self.gain, gain, nodes, self.count)
        return coupling, self._pass_on(excess, gain, [left.excess for left in halves])

    def forward(self, system: System, nodes: torch.Tensor, halves: list[Remainder]) -> torch.Tensor:
        """Take in the right-hand sides of eliminated nodes; those of the remainder."""
        assert self.inverse is not None
        assert self.gain is not None
        parts = [left.rhs for left in halves]
        rhs = self._gather(system.rhs, nodes, parts)
        self.centre = put(self.centre, times(pick(self.inverse, nodes), rhs), nodes, self.count)
        return self._pass_on(rhs, pick(self.gain, nodes), parts)

    def _gather(
        self, values: torch.Tensor, nodes: torch.Tensor, parts: list[torch.Tensor]
    ) -> torch.Tensor:
        """Columns (n, P, C) of the pivots: their own ``values`` and what the halves left."""
        pixels = pick(self.places.pixels, nodes)
        columns = allocate((*pixels.shape, values.shape[1]), self.lanes, self.like)
        columns.copy_(values[pixels])
        for half, part in zip(self.shape.halves, parts, strict=True):
            for child, front, length in half.runs:
                end = min(front + length, self.size)
                if front < end:
                    columns[:, front:end] += part[:, child : child + end - front]
        return columns

    def _pass_on(
        self, columns: torch.Tensor, gain: torch.Tensor, parts: list[torch.Tensor]
    ) -> torch.Tensor:
        """Columns (n, R, C) on the ring: what the pivots and the halves leave there."""
        passed = transposed_times(gain, columns)
        for half, part in zip(self.shape.halves, parts, strict=True):
            for child, front, length in half.runs:
                skipped = max(front, self.size) - front
                if skipped < length:
                    ring, end = front + skipped - self.size, front + length - self.size
                    passed[:, ring:end] += part[:, child + skipped : child + length]
        return passed

    def backward(self, known: torch.Tensor) -> torch.Tensor:
        """x on pivots and ring, (N, P + R, K), from x on the ring, (N, R, K)."""
        assert self.gain is not None
        assert self.centre is not None
        x = self.centre + times(self.gain, known) if self.ring else self.centre
        return torch.cat([x, known], 1)


def add_rows(rows: torch.Tensor, coupling: torch.Tensor, half: Half, pivots: int) -> None:
    """Add the part of a half's remainder that lies in its parent's pivot rows."""
    for child, front, length in half.runs:
        here = min(front + length, pivots) - front
        if here <= 0:
            continue
        for other, place, extent in half.runs:
            rows[:, front : front + here, place : place + extent] += coupling[
                :, child : child + here, other : other + extent
            ]


def add_square(square: torch.Tensor, coupling: torch.Tensor, half: Half, pivots: int) -> None:
    """Add the part of a half's remainder that lies on its parent's ring."""
    runs = [
        (child + max(0, pivots - front), max(front, pivots) - pivots, front + length)
        for child, front, length in half.runs
        if front + length > pivots
    ]
    for child, front, end in runs:
        length = end - pivots - front
        for other, place, limit in runs:
            extent = limit - pivots - place
            square[:, front : front + length, place : place + extent] += coupling[
                :, child : child + length, other : other + extent
            ]


def pick(values: torch.Tensor, nodes: torch.Tensor) -> torch.Tensor:
    """Rows ``nodes`` of (N, ...), in the same memory order."""
    if nodes.shape[0] == values.shape[0]:
        return values
    if is_lanes(values):
        return values.movedim(0, -1)[..., nodes].movedim(-1, 0)
    return values[nodes]


def put(
    store: torch.Tensor | None, values: torch.Tensor, nodes: torch.Tensor, count: int
) -> torch.Tensor:
    """``store`` (N, ...) with rows ``nodes`` replaced."""
    if nodes.shape[0] == count:
        return values
    if store is None:
        store = allocate((count, *values.shape[1:]), is_lanes(values), values)
    store[nodes] = values
    return store
