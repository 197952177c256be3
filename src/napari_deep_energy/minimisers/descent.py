"""From an estimate towards the optimum: a few steps down the very energy.

Hestenes, Stiefel, "Methods of conjugate gradients for solving linear systems" (1952), scaled by
the diagonal. A step carries no further than the stencil reaches, so a few of them sharpen what a
network blurs at edges, where most of its energy is, and leave its decisions about whole regions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from ..errors import Cancelled
from .solution import Stop, never

if TYPE_CHECKING:
    from ..energy import QuadraticEnergy, Stencil


def descend(
    energy: QuadraticEnergy, laplacian: Stencil, x: torch.Tensor, steps: int, stop: Stop = never
) -> torch.Tensor:
    """x with a lower energy.

    Parameters
    ----------
    energy
        What to lower.
    laplacian
        The matrix entries of the energy's Laplacian, in the precision of ``x``.
    x
        (B, K, *S) where to start: probabilities that sum to one, or alpha with K = 1.
    steps
        How many; each lowers the energy.

    Returns
    -------
    torch.Tensor
        (B, K, *S); probabilities again, or alpha, which may leave [0, 1] as the optimum may.

    Raises
    ------
    Cancelled
        If ``stop`` returned true.
    """
    if x.shape[1] == 1:
        return _conjugate_gradients(energy, laplacian, x, steps, stop)
    # Each class has the same matrix, and all sum to one: the last follows from the others.
    others = replace(energy, targets=energy.targets[:, :-1])
    x = _conjugate_gradients(others, laplacian, x[:, :-1], steps, stop)
    # Steps may overshoot; to cut that off lowers every difference between neighbours.
    x = torch.cat([x, 1 - x.sum(1, keepdim=True)], 1).clamp(0, 1)
    return x / x.sum(1, keepdim=True)


def _conjugate_gradients(
    energy: QuadraticEnergy, laplacian: Stencil, x: torch.Tensor, steps: int, stop: Stop
) -> torch.Tensor:
    fixed, confidence = energy.is_fixed, energy.confidence.to(x)
    scale = 1 / (laplacian.values[:, :1] + confidence).clamp_min(1e-12)
    x = energy.project(x)
    residual = energy.residual(x)
    guess = scale * residual
    direction, slope = guess, _product(residual, guess)
    for _ in range(steps):
        if stop():
            raise Cancelled
        image = laplacian.apply(direction).addcmul_(confidence, direction).masked_fill_(fixed, 0)
        curvature = _product(direction, image)
        length = torch.where(curvature > 0, slope / curvature, 0)
        x = x + length * direction
        residual = residual - length * image
        guess = scale * residual
        previous, slope = slope, _product(residual, guess)
        direction = guess + torch.where(previous > 0, slope / previous, 0) * direction
    return x


def _product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Inner product of each class of each picture, (B, K, 1, ...)."""
    total = (a * b).flatten(2).sum(2)
    return total.view(*total.shape, *[1] * (a.ndim - 2))
