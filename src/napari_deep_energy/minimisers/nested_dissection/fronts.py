"""One batch of fronts: assembly from its halves, elimination, and both triangular solves.

Duff, Reid, "The multifrontal solution of indefinite sparse symmetric linear systems" (1983): a
node gathers what its halves left on their rings, adds the matrix's own entries of its pivots,
eliminates these, and leaves the rest on its own ring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from .batch import LANES_WIDTH, allocate, is_lanes, product
from .elimination import inverse

if TYPE_CHECKING:
    from .plan import Half, Plan, Shape
    from .system import System


@dataclass
class Remainder:
    """What eliminated nodes leave on their rings."""

    coupling: torch.Tensor
    """(N, R, R); the diagonal is ignored."""
    columns: torch.Tensor
    """(N, R, 1 + K): what joins the row excess and the right-hand sides of ring pixels."""


class Fronts:
    """All fronts of one shape: the part of the factor that they hold."""

    def __init__(self, shape: Shape, plan: Plan, like: torch.Tensor) -> None:
        def tensor(values: object) -> torch.Tensor:
            return torch.as_tensor(values, device=like.device)

        self.shape, self.like = shape, like
        self.count, self.size = len(shape.origins), len(shape.pivots)
        self.ring = len(shape.ring)
        self.lanes = self.size + self.ring <= LANES_WIDTH
        pitch = plan.size[1] + 2 * plan.reach
        plane = (plan.size[0] + 2 * plan.reach) * pitch
        number, row, column = shape.sources.T
        self.origins = tensor((shape.origins + plan.reach) @ [pitch, 1])  # (N)
        self.sources = tensor(number * plane + row * pitch + column)  # (T)
        self.slots = tensor(shape.slots)  # (T)
        end = shape.start + self.count * self.size
        self.pixels = tensor(plan.order[shape.start : end].reshape(self.count, self.size))
        self.inverse: torch.Tensor | None = None  # (N, P, P)
        self.gain: torch.Tensor | None = None  # (N, P, R)
        self.centre: torch.Tensor | None = None  # (N, P, K)
        self.kept: Remainder | None = None

    def own_columns(self, system: System, nodes: torch.Tensor) -> torch.Tensor:
        """Row excess and right-hand sides of the pivots, (n, P, 1 + K)."""
        pixels = self.pixels if len(nodes) == self.count else self.pixels[nodes]
        result = allocate((*pixels.shape, system.columns.shape[1]), self.lanes, self.like)
        return result.copy_(system.columns[pixels])

    def own_couplings(self, system: System, nodes: torch.Tensor) -> torch.Tensor:
        """The matrix's own entries of the pivots' rows, (n, P, P + R)."""
        origins = self.origins if len(nodes) == self.count else self.origins[nodes]
        n, width = len(origins), self.size + self.ring
        if self.lanes:
            front = self.like.new_zeros(self.size * width, n)
            front[self.slots] = system.couplings[self.sources[:, None] + origins]
            return front.view(self.size, width, n).movedim(-1, 0)
        front = self.like.new_zeros(n, self.size * width)
        front[:, self.slots] = system.couplings[origins[:, None] + self.sources]
        return front.view(n, self.size, width)

    def gather(self, system: System, nodes: torch.Tensor, halves: list[Remainder]) -> torch.Tensor:
        """Row excess and right-hand sides of pivots, what the halves left included."""
        columns = self.own_columns(system, nodes)
        for half, left in zip(self.shape.halves, halves, strict=True):
            for child, front, length in half.runs:
                end = min(front + length, self.size)
                if front < end:
                    columns[:, front:end] += left.columns[:, child : child + end - front]
        return columns

    def eliminate(self, system: System, nodes: torch.Tensor, halves: list[Remainder]) -> Remainder:
        """Factor these nodes; ``halves`` are the remainders of their two halves, in order."""
        p = self.size
        rows = self.own_couplings(system, nodes)
        for half, left in zip(self.shape.halves, halves, strict=True):
            add_rows(rows, left.coupling, half, p)
        columns = self.gather(system, nodes, halves)
        to_ring = rows[:, :, p:]
        inverted = inverse(rows[:, :, :p], columns[..., 0] + to_ring.sum(2))
        gain = product(inverted, to_ring)
        coupling = product(to_ring.mT, gain)
        for half, left in zip(self.shape.halves, halves, strict=True):
            add_square(coupling, left.coupling, half, p)
        self.inverse = put(self.inverse, inverted, nodes, self.count)
        self.gain = put(self.gain, gain, nodes, self.count)
        return Remainder(coupling, self._pass_on(columns, inverted, gain, nodes, halves))

    def forward(self, system: System, nodes: torch.Tensor, halves: list[Remainder]) -> torch.Tensor:
        """Columns of the remainder for new right-hand sides, with the factor as it is."""
        assert self.inverse is not None
        assert self.gain is not None
        columns = self.gather(system, nodes, halves)
        return self._pass_on(
            columns, pick(self.inverse, nodes), pick(self.gain, nodes), nodes, halves
        )

    def _pass_on(
        self,
        columns: torch.Tensor,
        inverted: torch.Tensor,
        gain: torch.Tensor,
        nodes: torch.Tensor,
        halves: list[Remainder],
    ) -> torch.Tensor:
        """Right-hand sides beyond the pivots: what stays here, and what goes to the ring."""
        centre = product(inverted, columns[..., 1:])
        self.centre = put(self.centre, centre, nodes, self.count)
        passed = product(gain.mT, columns)
        for half, left in zip(self.shape.halves, halves, strict=True):
            for child, front, length in half.runs:
                first = max(front, self.size)
                if first < front + length:
                    child += first - front
                    length -= first - front
                    ring = first - self.size
                    passed[:, ring : ring + length] += left.columns[:, child : child + length]
        return passed

    def backward(self, known: torch.Tensor) -> torch.Tensor:
        """x on pivots and ring, (N, P + R, K), from x on the ring, (N, R, K)."""
        assert self.gain is not None
        assert self.centre is not None
        x = self.centre + product(self.gain, known) if self.ring else self.centre
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
    if len(nodes) == values.shape[0]:
        return values
    if is_lanes(values):
        return values.movedim(0, -1)[..., nodes].movedim(-1, 0)
    return values[nodes]


def put(
    store: torch.Tensor | None, values: torch.Tensor, nodes: torch.Tensor, count: int
) -> torch.Tensor:
    """``store`` (N, ...) with rows ``nodes`` replaced."""
    if len(nodes) == count:
        return values
    if store is None:
        store = allocate((count, *values.shape[1:]), is_lanes(values), values)
    store[nodes] = values
    return store
