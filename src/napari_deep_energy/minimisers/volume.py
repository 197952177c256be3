"""Which minimiser a volume gets: iterated to a stated error, or factored."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from ..errors import InvalidInput
from ..stopping import Stop, never
from . import multigrid, volume_dissection
from .solution import Outcome, Solution

if TYPE_CHECKING:
    from ..energy import QuadraticEnergy
    from ..problem import Problem

SHARE = 0.8
"""Part of the machine's memory that a run may take."""


class VolumeMinimiser:
    """Multigrid; factors on a GPU that holds them, and where multigrid did not reach its error.

    Parameters
    ----------
    tolerance
        As of :class:`multigrid.Multigrid`.
    """

    name = "analytic"

    def __init__(self, tolerance: float = multigrid.TOLERANCE) -> None:
        self.tolerance = tolerance

    def minimise(self, problem: Problem, energy: QuadraticEnergy, stop: Stop = never) -> Solution:
        size, classes = tuple(energy.targets.shape[2:]), energy.targets.shape[1]
        device = energy.targets.device
        direct = volume_dissection.VolumeDissection()
        can_factor = volume_dissection.memory_needed(size, classes) <= room(device)
        if device.type == "cuda" and can_factor:
            return direct.minimise(problem, energy, stop)
        check_memory(size, classes)
        found = multigrid.Multigrid(self.tolerance).minimise(problem, energy, stop)
        if found.outcome is not Outcome.DEGRADED or not can_factor:
            return found
        exact = direct.minimise(problem, energy, stop)
        return replace(exact, seconds=exact.seconds + found.seconds)


def room(device: torch.device | None = None) -> float:
    """Bytes that a run may take there, by default on this machine."""
    if device is not None and device.type == "cuda":
        return SHARE * torch.cuda.mem_get_info(device)[1]
    if not hasattr(os, "sysconf"):
        return float("inf")
    return SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_memory(size: tuple[int, ...], classes: int) -> None:
    """Refuse a volume that would not fit.

    Raises
    ------
    InvalidInput
        With what it would take and what is there.
    """
    needed = multigrid.memory_needed(size, classes)
    if needed > room():
        raise InvalidInput(
            f"the volume would take {needed / 2**30:.1f} GiB, and {room() / 2**30:.1f} GiB may be "
            "used; work on a part of it, at half the size, or slice by slice."
        )
