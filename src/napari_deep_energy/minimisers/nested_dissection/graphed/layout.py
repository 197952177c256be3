"""A plan as few large batches: all nodes of a level in one, whatever their shapes.

Shapes of one level differ by a few pixels, and at the picture's border by sides. A graphics card
would rather work on some zeros than be told of each shape: fronts are padded to the widest of
their level. A padded pivot is an equation of its own, 1 x = 0; a padded ring pixel is joined to
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..plan import Plan, Shape

FUSED = 32
"""Levels whose fronts have up to this many pixels are eliminated by one kernel, in registers."""
ALIGNED = 4
"""Sides of larger fronts are multiples of it, as fast matrix products ask for."""
FAR = 2**28
"""Row and column of the first padded place: off the picture, and next to nothing."""
APART = 128
"""Step from one padded place to the next."""


@dataclass(frozen=True, eq=False)
class Level:
    """Where the numbers of a level's fronts come from; P pivots, R ring pixels, W = P + R."""

    size: tuple[int, int]
    """Of the picture."""
    count: int
    """N, nodes."""
    pivots: int
    ring: int
    shape: torch.Tensor
    """(N) which of S shapes a node has."""
    origin: torch.Tensor
    """(N, 2) its first pixel."""
    rows: torch.Tensor
    """(S, W) row of each front place, relative to the origin."""
    columns: torch.Tensor
    """(S, W)"""
    halves: torch.Tensor
    """(N, 2) nodes of the next deeper level, -1 in a leaf."""
    places: torch.Tensor
    """(S, 2, W) ring place of each front place in the first and in the second half, or -1."""

    @property
    def width(self) -> int:
        """W, pixels of a front."""
        return self.pivots + self.ring

    @cached_property
    def pixels(self) -> torch.Tensor:
        """(N, W) number of the pixel at each front place, H * W where there is none."""
        height, width = self.size
        shape = self.shape.long()
        row = self.rows[shape] + self.origin[:, :1]
        column = self.columns[shape] + self.origin[:, 1:]
        is_there = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        number = row.clamp(0, height - 1).long() * width + column.clamp(0, width - 1)
        return torch.where(is_there, number, height * width)

    @cached_property
    def is_padded(self) -> torch.Tensor:
        """(N, W) front places that stand for no pixel of the node."""
        return self.rows[self.shape.long()] >= FAR

    def below(self, half: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Node (N), place (N, W) in one half of each node, and whether it is there (N, W)."""
        place = self.places[self.shape.long(), half]
        return self.halves[:, half].clamp_min(0).long(), place.clamp_min(0).long(), place >= 0


@lru_cache(maxsize=4)
def levels_of(plan: Plan, device: torch.device) -> tuple[Level, ...]:
    """Levels of a plan, the root first, with their tables on a device."""
    return tuple(_level(plan, number, device) for number in range(len(plan.levels)))


def sides_of(shapes: tuple[Shape, ...]) -> tuple[int, int]:
    """Pivots and ring pixels of a level's fronts, padded."""
    pivots = max(len(shape.pivots) for shape in shapes)
    ring = max(len(shape.ring) for shape in shapes)
    if pivots + ring <= FUSED:
        return pivots, ring
    return -(-pivots // ALIGNED) * ALIGNED, -(-ring // ALIGNED) * ALIGNED


def _level(plan: Plan, number: int, device: torch.device) -> Level:
    shapes = plan.levels[number]
    deeper = plan.levels[number + 1] if number + 1 < len(plan.levels) else ()
    starts = np.cumsum([0, *(len(shape.origins) for shape in deeper)])
    pivots, ring = sides_of(shapes)
    width = pivots + ring
    pixels = np.tile((FAR + APART * np.arange(width))[:, None], (len(shapes), 1, 2))
    places = np.full((len(shapes), 2, width), -1)
    halves = []
    for index, shape in enumerate(shapes):
        own, around = len(shape.pivots), len(shape.ring)
        pixels[index, :own] = shape.pivots
        pixels[index, pivots : pivots + around] = shape.ring
        children = np.full((len(shape.origins), 2), -1)
        for k, half in enumerate(shape.halves):
            children[:, k] = starts[half.shape] + half.first + np.arange(len(shape.origins))
            for child, front, length in half.runs:
                place = np.arange(front, front + length)
                place[place >= own] += pivots - own
                places[index, k, place] = np.arange(child, child + length)
        halves.append(children)
    numbers = np.repeat(np.arange(len(shapes)), [len(shape.origins) for shape in shapes])

    def on_device(values: NDArray[np.int64]) -> torch.Tensor:
        return torch.as_tensor(np.ascontiguousarray(values, np.int32), device=device)

    return Level(
        plan.size,
        len(numbers),
        pivots,
        ring,
        on_device(numbers),
        on_device(np.concatenate([shape.origins for shape in shapes])),
        on_device(pixels[..., 0]),
        on_device(pixels[..., 1]),
        on_device(np.concatenate(halves)),
        on_device(places),
    )


def stencil_table(plan: Plan, device: torch.device) -> torch.Tensor:
    """Which plane of the couplings joins a pixel to another.

    (side, side) by the step from one to the other: the plane's number plus one if it is kept at
    the first pixel, the negative of it if at the second, zero if nothing joins them.
    """
    reach = plan.reach
    table = np.zeros((2 * reach + 1,) * 2, np.int32)
    for number, (row, column) in enumerate(plan.offsets, 1):
        if (row, column) != (0, 0):
            table[reach + row, reach + column] = number
            table[reach - row, reach - column] = -number
    return torch.as_tensor(table, device=device)
