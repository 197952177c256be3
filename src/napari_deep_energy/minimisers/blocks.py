"""The same energy over blocks of pixels that move together.

If all pixels of a 2x2 block change by the same amount, the change of a quadratic energy is a
quadratic energy of the blocks' amounts: weights inside a block drop out, those between two blocks
and those to the seeds add up. So a step between blocks carries twice as far and costs a quarter,
and blocks of blocks again (Bornemann, Deuflhard, "The cascadic multigrid method for elliptic
problems", 1996, with the piecewise constant functions of Braess, "Towards algebraic multigrid for
elliptic problems of second order", 1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from ..energy import QuadraticEnergy, Stencil

COARSEST = 8
"""Blocks along the long side below which none are joined any more."""


@dataclass(frozen=True)
class Blocks:
    """An energy x' A x over a grid of blocks, A a grid's Laplacian plus a diagonal."""

    weights: tuple[torch.Tensor, ...]
    """For each axis (B, 1, *S): of the edge from each block to the next; 0 from the last."""
    excess: torch.Tensor
    """(B, 1, *S) what holds a block where it is: seeds, priors, fixed pixels beside it."""
    diagonal: torch.Tensor
    """(B, 1, *S) of A."""

    @classmethod
    def of(cls, weights: tuple[torch.Tensor, ...], excess: torch.Tensor) -> Blocks:
        """Blocks with these weights."""
        diagonal = excess.clone()
        for axis, w in enumerate(weights, 2):
            size = w.shape[axis]
            diagonal += w
            diagonal.narrow(axis, 1, size - 1).add_(w.narrow(axis, 0, size - 1))
        return cls(weights, excess, diagonal)

    @classmethod
    def of_pixels(cls, energy: QuadraticEnergy, laplacian: Stencil) -> Blocks:
        """Each free pixel a block of its own; fixed ones hold their neighbours.

        ``laplacian`` has edges along the axes alone, one a pixel, as the random walker's.
        """
        free = (~energy.is_fixed).to(laplacian.values)
        held = laplacian.apply(free).clamp_min(0) + energy.confidence.to(free)
        weights = []
        for axis, edge in enumerate(laplacian.values[:, 1:].chunk(free.ndim - 2, 1), 2):
            there = torch.zeros_like(free)
            size = free.shape[axis] - 1
            there.narrow(axis, 0, size).copy_(free.narrow(axis, 1, size))
            weights.append(-edge * free * there)
        return cls.of(tuple(weights), held * free)

    def joined(self) -> Blocks:
        """Two blocks along each axis in one."""
        weights = []
        for axis, w in enumerate(self.weights, 2):
            # Of the edges along an axis, those from every second block leave the pair.
            leaving = torch.unflatten(even(w), axis, (-1, 2)).select(axis + 1, 1)
            weights.append(summed(leaving, skip=axis))
        return Blocks.of(tuple(weights), summed(even(self.excess)))

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        """A x: (B, K, *S) -> (B, K, *S)."""
        result = self.diagonal * x
        for axis, w in enumerate(self.weights, 2):
            size = w.shape[axis] - 1
            here, there = x.narrow(axis, 0, size), x.narrow(axis, 1, size)
            edge = w.narrow(axis, 0, size)
            result.narrow(axis, 0, size).sub_(edge * there)
            result.narrow(axis, 1, size).sub_(edge * here)
        return result


def even(x: torch.Tensor) -> torch.Tensor:
    """(B, K, *S) with zeros after the last of an odd number along each axis."""
    sizes = [side % 2 for side in reversed(x.shape[2:])]
    return F.pad(x, [n for side in sizes for n in (0, side)]) if any(sizes) else x


def summed(x: torch.Tensor, skip: int | None = None) -> torch.Tensor:
    """Sums over pairs along each axis but ``skip``; sizes are even there."""
    for axis in range(2, x.ndim):
        if axis != skip:
            x = torch.unflatten(x, axis, (-1, 2)).sum(axis + 1)
    return x


def spread(x: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """Each block's amount at both of its parts along each axis: what :func:`summed` transposes."""
    for axis, side in enumerate(size, 2):
        x = x.repeat_interleave(2, axis).narrow(axis, 0, side)
    return x
