"""The operations by torch alone: for systems without Triton, and to compare its kernels with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .halving import portions
from .operations import Left

if TYPE_CHECKING:
    from .layout import Level
    from .operations import Picture

ENTRIES = 2**22
"""Of fronts, whose places are looked up at a time: they are longer numbers than the entries."""


def assemble(picture: Picture, level: Level, below: Left | None) -> torch.Tensor:
    """See :class:`Operations`."""
    front = _own(picture, level)
    if below is not None:
        for half in (0, 1):
            node, place, is_there = level.below(half)
            left = below.coupling[node[:, None, None], place[:, :, None], place[:, None]]
            front += torch.where(is_there[:, :, None] & is_there[:, None], left, 0)
    return front


def _own(picture: Picture, level: Level) -> torch.Tensor:
    """The matrix's own entries in the pivots' rows and columns, (N, W, W)."""
    reach, width = picture.reach, level.width
    places = torch.stack([level.rows, level.columns])  # (2, S, W)
    step = places[:, :, None] - places[:, :, :, None]
    is_pivot = torch.arange(width, device=places.device) < level.pivots
    is_near = (step.abs() <= reach).all(0) & (is_pivot[:, None] | is_pivot)
    row, column = (step.clamp(-reach, reach) + reach).long().unbind(0)
    code = torch.where(is_near, picture.table[row, column], 0)
    first = torch.where(code > 0, places[:, :, :, None], places[:, :, None]) + reach
    place = first[0].long() * picture.pitch + first[1] + (code.abs() - 1) * picture.plane
    origin = level.origin[:, 0].long() * picture.pitch + level.origin[:, 1]
    front = picture.couplings.new_empty(level.count, width, width)
    every = torch.arange(level.count, device=code.device)
    for nodes in torch.split(every, max(1, ENTRIES // width**2)):
        shape = level.shape[nodes].long()
        is_joined = code[shape] != 0
        numbers = torch.where(is_joined, place[shape] + origin[nodes, None, None], 0)
        front[nodes] = torch.where(is_joined, picture.couplings[numbers], 0)
    return front


def eliminate(
    picture: Picture,
    level: Level,
    below: Left | None,
    inverse: torch.Tensor,
    gain: torch.Tensor,
) -> Left:
    """See :class:`Operations`."""
    front = assemble(picture, level, below)
    excess = gather(picture.excess, level, None if below is None else below.excess, 1)
    p = level.pivots
    eliminate_(front, excess[:, 0], p)
    inverse.copy_(front[:, :p, :p])
    gain.copy_(front[:, :p, p:])
    return Left(front[:, p:, p:].contiguous(), excess[:, :, p:].contiguous())


def eliminate_(front: torch.Tensor, excess: torch.Tensor, pivots: int) -> None:
    """Eliminate the first pivots of fronts (N, W, W) with row excesses (N, W), in place.

    Afterwards the pivots' block is M, what is beside it G, and the rest is the remainder, as in
    :mod:`..elimination`: each step adds u u' / d, where u is the pivot's row with a one in its own
    place, and nothing is ever subtracted.
    """
    for k in range(pivots):
        row = front[:, k].clone()
        row[:, k] = 0
        d = excess[:, k] + row[:, k + 1 :].sum(1)
        share = torch.where(d > 0, 1 / d, 0)[:, None]
        excess[:, k + 1 :] += row[:, k + 1 :] * (excess[:, k, None] * share)
        row[:, k] = 1
        front[:, k], front[:, :, k] = 0, 0
        front += row[:, :, None] * (row * share)[:, None]


def gather(
    values: torch.Tensor, level: Level, below: torch.Tensor | None, padding: int
) -> torch.Tensor:
    """See :class:`Operations`."""
    p = level.pivots
    columns = values.new_zeros(level.count, len(values), level.width)
    own = values[:, level.pixels[:, :p]].movedim(0, 1)  # (N, K, P)
    columns[..., :p] = torch.where(level.is_padded[:, None, :p], padding, own)
    if below is not None:
        for half in (0, 1):
            node, place, is_there = level.below(half)
            number = torch.arange(len(values), device=values.device)[:, None]
            left = below[node[:, None, None], number, place[:, None]]
            columns += torch.where(is_there[:, None], left, 0)
    return columns


def forward(
    columns: torch.Tensor,
    level: Level,
    inverse: torch.Tensor,
    gain: torch.Tensor,
    x: torch.Tensor | None,
) -> torch.Tensor:
    """See :class:`Operations`."""
    own = columns[..., : level.pivots].contiguous()
    if x is not None:
        x[:, level.pixels[:, : level.pivots]] = _products(own, inverse).movedim(1, 0)
    return columns[..., level.pivots :] + _products(own, gain)


def backward(x: torch.Tensor, level: Level, gain: torch.Tensor) -> None:
    """See :class:`Operations`."""
    if level.ring:
        pivots, ring = level.pixels[:, : level.pivots], level.pixels[:, level.pivots :]
        known = x[:, ring].movedim(0, 1)
        x[:, pivots] += _products(known, gain.mT).movedim(1, 0)


def _products(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.cat([torch.bmm(a[part], b[part]) for part in portions(len(a))])


def invert(coupling: torch.Tensor, excess: torch.Tensor, out: torch.Tensor) -> None:
    """See :class:`Operations`."""
    matrix, held = coupling.clone(), excess.clone()
    eliminate_(matrix, held, excess.shape[1])
    out.copy_(matrix)
