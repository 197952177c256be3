"""From an estimate towards the optimum: a few steps down the very energy.

Hestenes, Stiefel, "Methods of conjugate gradients for solving linear systems" (1952), scaled by
the diagonal. A step carries no further than the stencil reaches, so a few of them sharpen what a
network blurs at edges, where most of its energy is, and leave its decisions about whole regions.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import torch

from ..stopping import Stop, check, never
from .blocks import COARSEST, Blocks, even, spread, summed

if TYPE_CHECKING:
    from collections.abc import Callable

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
    return _for_all_classes(_conjugate_gradients, energy, laplacian, x, steps, stop)


def descend_from_blocks(
    energy: QuadraticEnergy, laplacian: Stencil, x: torch.Tensor, steps: int, stop: Stop = never
) -> torch.Tensor:
    """As :func:`descend`, after as many steps over blocks of pixels, the largest blocks first.

    So what a stroke says crosses a picture of any size, at about a third of the cost of the steps
    themselves. For energies whose edges join next neighbours: the random walker's.
    """
    return _for_all_classes(_from_blocks, energy, laplacian, x, steps, stop)


def descend_locally(
    energy: QuadraticEnergy, laplacian: Stencil, x: torch.Tensor, steps: int, stop: Stop = never
) -> torch.Tensor:
    """As :func:`descend`, where no pixel's answer depends on what is further than the steps reach.

    Chebyshev's semi-iteration (Golub, Varga 1961) has fixed lengths of its steps; those of
    conjugate gradients are sums over the whole picture. A tile with a margin as wide as the steps
    reach then has the answer of the whole.
    """
    return _for_all_classes(_chebyshev, energy, laplacian, x, steps, stop)


def _for_all_classes(
    method: Callable[[QuadraticEnergy, Stencil, torch.Tensor, int, Stop], torch.Tensor],
    energy: QuadraticEnergy,
    laplacian: Stencil,
    x: torch.Tensor,
    steps: int,
    stop: Stop,
) -> torch.Tensor:
    if x.shape[1] == 1:
        return method(energy, laplacian, x, steps, stop)
    # Each class has the same matrix, and all sum to one: the last follows from the others.
    others = replace(energy, targets=energy.targets[:, :-1])
    x = method(others, laplacian, x[:, :-1], steps, stop)
    # Steps may overshoot; to cut that off lowers every difference between neighbours.
    x = torch.cat([x, 1 - x.sum(1, keepdim=True)], 1).clamp(0, 1)
    return x / x.sum(1, keepdim=True)


def _conjugate_gradients(
    energy: QuadraticEnergy, laplacian: Stencil, x: torch.Tensor, steps: int, stop: Stop
) -> torch.Tensor:
    return conjugate_gradients(energy, laplacian, x, steps, stop)[0]


def _from_blocks(
    energy: QuadraticEnergy, laplacian: Stencil, x: torch.Tensor, steps: int, stop: Stop
) -> torch.Tensor:
    x = energy.project(x)
    levels, residuals = [Blocks.of_pixels(energy, laplacian)], [energy.residual(x)]
    while max(levels[-1].excess.shape[2:]) >= 2 * COARSEST:
        levels.append(levels[-1].joined())
        residuals.append(summed(even(residuals[-1])))
    change = torch.zeros_like(residuals[-1])
    for level, residual in zip(levels[:0:-1], residuals[:0:-1], strict=True):
        change = spread(change, residual.shape[2:])
        rest = residual - level.apply(change)
        scale = 1 / level.diagonal.clamp_min(1e-12)
        change = _steps(level.apply, scale, change, rest, steps, stop)[0]
    x = x + spread(change, x.shape[2:]).masked_fill(energy.is_fixed, 0)
    return _conjugate_gradients(energy, laplacian, x, steps, stop)


def conjugate_gradients(
    energy: QuadraticEnergy, laplacian: Stencil, x: torch.Tensor, steps: int, stop: Stop = never
) -> tuple[torch.Tensor, torch.Tensor, list[tuple[torch.Tensor, torch.Tensor]]]:
    """(x, residual there, what each step did: its length, and how much it kept of the last one)."""
    x = energy.project(x)
    apply, scale = partial(_image, energy, laplacian), _scale(energy, laplacian)
    return _steps(apply, scale, x, energy.residual(x), steps, stop)


def _steps(
    apply: Callable[[torch.Tensor], torch.Tensor],
    scale: torch.Tensor,
    x: torch.Tensor,
    residual: torch.Tensor,
    steps: int,
    stop: Stop,
) -> tuple[torch.Tensor, torch.Tensor, list[tuple[torch.Tensor, torch.Tensor]]]:
    """As :func:`conjugate_gradients`, of any matrix, from x with its residual."""
    taken: list[tuple[torch.Tensor, torch.Tensor]] = []
    guess = scale * residual
    direction, slope = guess, _product(residual, guess)
    for _ in range(steps):
        check(stop)
        image = apply(direction)
        curvature = _product(direction, image)
        length = torch.where(curvature > 0, slope / curvature, 0)
        x = x + length * direction
        residual = residual - length * image
        guess = scale * residual
        previous, slope = slope, _product(residual, guess)
        kept = torch.where(previous > 0, slope / previous, 0)
        taken.append((length, kept))
        direction = guess + kept * direction
    return x, residual, taken


def repeated(
    energy: QuadraticEnergy,
    laplacian: Stencil,
    residual: torch.Tensor,
    taken: list[tuple[torch.Tensor, torch.Tensor]],
) -> torch.Tensor:
    """What the same steps make of another residual, (B, K, *S).

    This is the linear map p(A/D) by which the steps took the first residual to the last; it is
    also what takes the gradient of E after the steps to the gradient of E before them, since the
    steps are the best of their kind and their lengths therefore have no gradient of their own.
    """
    scale = _scale(energy, laplacian)
    direction = scale * residual
    for length, kept in taken:
        residual = residual - length * _image(energy, laplacian, direction)
        direction = scale * residual + kept * direction
    return residual


def _scale(energy: QuadraticEnergy, laplacian: Stencil) -> torch.Tensor:
    diagonal = laplacian.values[:, :1] + energy.confidence.to(laplacian.values)
    return 1 / diagonal.clamp_min(1e-12)


def _image(energy: QuadraticEnergy, laplacian: Stencil, x: torch.Tensor) -> torch.Tensor:
    """A x on the free pixels."""
    image = laplacian.apply(x).addcmul_(energy.confidence.to(x), x)
    return image.masked_fill_(energy.is_fixed, 0)


LARGEST = {1: 2.0, 2: 9.0}
"""Bound of the eigenvalues of A over its diagonal, by the reach of the stencil. Of the random
walker it is Gershgorin's; the matting Laplacian is a sum over 3x3 windows, and no eigenvalue of one
of these exceeds its trace, which over its diagonal is 9."""
SLOWEST = 3.0
"""Chosen on two photographs: energies within a part in a hundred of those of conjugate gradients
for the colour-aware energy, and within a quarter for the paper's."""


def _chebyshev(
    energy: QuadraticEnergy, laplacian: Stencil, x: torch.Tensor, steps: int, stop: Stop
) -> torch.Tensor:
    high = LARGEST[max(max(map(abs, offset)) for offset in laplacian.offsets)]
    # What is slower than so many steps can follow is left as the network has it.
    low = SLOWEST * high / (steps + 2) ** 2
    centre, radius = (high + low) / 2, (high - low) / 2
    scale = _scale(energy, laplacian)
    x = energy.project(x)
    residual = energy.residual(x)
    ratio = radius / centre
    direction = scale * residual / centre
    for _ in range(steps):
        check(stop)
        x = x + direction
        residual = residual - _image(energy, laplacian, direction)
        following = 1 / (2 * centre / radius - ratio)
        direction = following * ratio * direction + 2 * following / radius * scale * residual
        ratio = following
    return x


def _product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Inner product of each class of each picture, (B, K, 1, ...)."""
    total = (a * b).flatten(2).sum(2)
    return total.view(*total.shape, *[1] * (a.ndim - 2))
