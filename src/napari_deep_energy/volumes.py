"""Volumes and stacks: the true 3D random walker, or one plane after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .devices import choose_device
from .energy import DEFAULT, RandomWalker
from .energy.parameters import check_number
from .errors import InvalidInput
from .images import channels_first, normalise
from .interactive import InteractiveSolver
from .minimisers import Solution, VolumeMinimiser
from .minimisers.multigrid import TOLERANCE
from .minimisers.volume import check_memory
from .problem import Problem
from .seeds import checked, one_hot
from .stopping import Stop, check, never

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from .energy import EnergySpec
    from .interactive import Engine
    from .networks import Checkpoint

MOST_RATIO = 1e6
"""Between the spacings of two axes; no microscope comes near it, and its square is a number."""


def segment_volume(
    image: NDArray[Any],
    seeds: NDArray[Any],
    *,
    spacing: tuple[float, ...] | None = None,
    spec: RandomWalker | None = None,
    tolerance: float = TOLERANCE,
    device: str = "auto",
    stop: Stop = never,
) -> Solution:
    """Segment a volume, each voxel joined to its six neighbours (Grady 2006).

    Parameters
    ----------
    image, seeds, device, stop
        As in :func:`segment`, with D before H; percentiles are those of the whole volume.
    spacing
        Size of a voxel along D, H and W in any unit, such as a layer's scale. Only ratios count:
        the finest axis keeps ``beta``, along coarser ones differences are divided by the ratio.
    spec
        The energy; the random walker of the paper by default.
    tolerance
        Largest error of a probability, from 1e-9 to 0.1. If it is not reached, the outcome of the
        solution says so, and its ``error`` how near it came.

    Returns
    -------
    Solution
        As of :func:`segment`.

    Raises
    ------
    InvalidInput
        If image and seeds do not make a problem, or memory would not do; the message says how
        much would.
    Cancelled
        If ``stop`` returned true.
    """
    check_number("tolerance", tolerance, 1e-9, 0.1)
    labels, values = checked(seeds, stop)
    if labels.ndim != 3:
        raise InvalidInput(
            f"the strokes have shape {labels.shape}; a volume has three axes, (D, H, W)."
        )
    check_memory(labels.shape, len(values))
    planes = normalise(channels_first(np.asarray(image), labels.shape))
    place = choose_device(device)
    volume = torch.from_numpy(np.ascontiguousarray(planes))[None].to(place, torch.float64)
    problem = Problem(volume, one_hot(labels, values, volume, stop), tuple(values))
    spec = spec or RandomWalker()
    laplacian = spec.laplacian(problem.image, relative_spacing(spacing, 3), stop)
    energy = spec.energy(problem, laplacian, stop)
    return VolumeMinimiser(tolerance).minimise(problem, energy, stop)


def relative_spacing(spacing: tuple[float, ...] | None, axes: int) -> tuple[float, ...]:
    """Spacing in units of the finest axis.

    Raises
    ------
    InvalidInput
        If there is not one positive number an axis, or one is far from the others.
    """
    if spacing is None:
        return (1.0,) * axes
    steps = np.asarray(spacing, float)
    is_positive = steps.shape == (axes,) and np.isfinite(steps).all() and (steps > 0).all()
    if not is_positive or steps.max() / MOST_RATIO > steps.min():
        raise InvalidInput(
            f"spacing {tuple(spacing)} does not fit; give {axes} positive numbers, one an axis, "
            f"the largest at most {MOST_RATIO:g} times the smallest."
        )
    return tuple(float(step) for step in steps / steps.min())


def segment_stack(
    image: NDArray[Any],
    seeds: NDArray[Any],
    *,
    spec: EnergySpec | None = None,
    engine: Engine = "auto",
    model: Checkpoint | Path | str | None = None,
    device: str = "auto",
    stop: Stop = never,
) -> Iterator[tuple[int, Solution]]:
    """Segment or matte the planes of a T or Z stack one by one, each by its own strokes.

    Intensities are scaled once for the whole stack, so that planes can be compared.

    Parameters
    ----------
    image, seeds, engine, model, device, stop
        As in :func:`segment`, with N before H; planes without any stroke are passed over.
    spec
        The energy; the colour-aware one by default, as of :func:`segment`.

    Yields
    ------
    tuple
        Number of the plane and its solution.

    Raises
    ------
    InvalidInput
        If no plane has strokes, or one has only a single label.
    """
    labels = np.asarray(seeds)
    if labels.ndim != 3:
        raise InvalidInput(
            f"the strokes have shape {labels.shape}; a stack has three axes, (N, H, W)."
        )
    planes = normalise(channels_first(np.asarray(image), labels.shape))
    painted = [number for number, plane in enumerate(labels) if plane.any()]
    if not painted:
        raise InvalidInput("nothing is painted; paint at least two labels on some plane.")
    for number in painted:
        check(stop)
        plane, strokes = planes[:, number], labels[number]
        try:
            solver = InteractiveSolver(plane, strokes.shape, spec or DEFAULT, model, device)
            (solution,) = solver.solve(strokes, engine, stop).values()
        except InvalidInput as error:
            raise InvalidInput(f"plane {number}: {error}") from error
        yield number, solution
