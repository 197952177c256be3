"""Refinement of a solution from a single-precision factor to double precision.

Hestenes, Stiefel, "Methods of conjugate gradients for solving linear systems" (1952), with the
factor as the preconditioner: it is the inverse up to rounding, so that a few steps suffice, and
its answer to the residual is, to leading order, the error itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from .system import Couplings

MAX_STEPS = 12


@dataclass
class Refined:
    """Result of a refinement."""

    x: torch.Tensor
    """(K, H, W)"""
    error: float
    """Estimate of the largest error; infinite if the steps broke down."""
    steps: int


def refine(
    apply: Callable[[torch.Tensor], torch.Tensor],
    precondition: Callable[[torch.Tensor], torch.Tensor],
    rhs: torch.Tensor,
    x: torch.Tensor,
    tolerance: float,
) -> Refined:
    """Solve A x = b until the estimated error is below ``tolerance``.

    Parameters
    ----------
    apply, precondition
        A and its approximate inverse, on (K, H, W) in double precision.
    rhs, x
        (K, H, W) right-hand side b, and where to start.
    tolerance
        Largest error wanted, in units of x.
    """
    residual = rhs - apply(x)
    direction, slope, error = torch.zeros_like(x), torch.ones_like(x[:, :1, :1]), float("inf")
    for step in range(MAX_STEPS + 1):
        guess = precondition(residual)
        error = float(guess.abs().max())
        new_slope = (residual * guess).sum((1, 2), keepdim=True)
        if not error < float("inf") or (new_slope < 0).any():
            return Refined(x, float("inf"), step)
        if error <= tolerance:
            return Refined(x + guess, error, step)
        direction = guess + torch.where(slope > 0, new_slope / slope, 0) * direction
        slope = new_slope
        image = apply(direction)
        curvature = (direction * image).sum((1, 2), keepdim=True)
        length = torch.where(curvature > 0, slope / curvature, 0)
        x = x + length * direction
        residual = residual - length * image
    return Refined(x, error, MAX_STEPS)


def free_operator(
    couplings: Couplings, excess: torch.Tensor, is_fixed: torch.Tensor
) -> Callable[[torch.Tensor], torch.Tensor]:
    """A x on the free pixels and x on the fixed ones, on (K, H, W).

    Parameters
    ----------
    couplings
        Those of the picture.
    excess
        (1, H, W) row excess, fixed pixels taken off.
    is_fixed
        (1, H, W)
    """
    free = (~is_fixed).to(excess)
    diagonal = torch.where(is_fixed, 1, excess + couplings.apply(free))

    def apply(x: torch.Tensor) -> torch.Tensor:
        return diagonal * x - free * couplings.apply(free * x)

    return apply
