"""Row excess and right-hand sides of an energy's linear system, and where they have changed.

Both are asked for at every stroke, of every pixel: on a CPU compiled kernels read each number once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ... import kernels
from ...stopping import check, never
from ...strips import empty, strips
from .system import HELD

if TYPE_CHECKING:
    from ...energy import QuadraticEnergy
    from ...stopping import Stop
    from .system import Couplings

ROUNDING = 1e-6
"""How far the targets of a pixel may sum from one."""


def columns_of(energy: QuadraticEnergy, couplings: Couplings, stop: Stop = never) -> torch.Tensor:
    """Row excess and right-hand sides of each pixel, (1 + K, H, W), for :meth:`Couplings.padded`.

    The last class is left out where every seed's targets sum to one: its answer is one minus the
    others.
    """
    energy.check_held(stop)
    targets = energy.targets[0]
    if couplings.holds_seeds and kernels.suit(targets, energy.confidence):
        from .compiled.columns import held_columns

        return held_columns(energy, couplings.planes, HELD, ROUNDING, stop)
    if len(targets) > 1 and _sum_to_one(energy, stop):
        targets = targets[:-1]
    if not couplings.holds_seeds:
        return cut_columns(energy, couplings, targets, stop)
    size = tuple(targets.shape[1:])
    columns = empty((1 + len(targets), *size), couplings.planes)
    for rows in strips(size, columns.device, stop, 2 * len(columns)):
        own = columns[:, rows]
        own[:1] = torch.where(energy.is_fixed[0, :, rows], HELD, energy.confidence[0, :, rows])
        torch.mul(own[:1], targets[:, rows].to(own), out=own[1:])
    return columns


def differing(
    before: torch.Tensor, after: torch.Tensor, stop: Stop = never
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where columns, (1 + K, H, W), have another excess, (H, W), and where only right-hand sides.

    The second is empty, (0, 0), if there are more or fewer of those than before.
    """
    is_alike = before.shape == after.shape
    if kernels.suit(before, after):
        from .compiled.columns import differing_columns

        return differing_columns(before, after, stop)
    size = tuple(after.shape[1:])
    excess = torch.empty(size, dtype=torch.bool, device=after.device)
    rhs = torch.empty_like(excess) if is_alike else excess.new_empty(0, 0)
    for rows in strips(size, after.device, stop):
        old, new = before[:, rows], after[:, rows]
        torch.ne(old[0], new[0], out=excess[rows])
        if is_alike:
            rhs[rows] = (old[1:] != new[1:]).any(0) & ~excess[rows]
    return excess, rhs


def _sum_to_one(energy: QuadraticEnergy, stop: Stop) -> bool:
    """Whether the targets do so wherever a pixel has some."""
    fields = energy.targets[0], energy.confidence[0, 0], energy.is_fixed[0, 0]
    for rows in strips(tuple(energy.targets.shape[2:]), energy.targets.device, stop):
        targets, confidence, is_fixed = (field[..., rows, :] for field in fields)
        is_off = targets.sum(0).sub_(1).abs_() >= ROUNDING
        if (is_off & (is_fixed | (confidence > 0))).any():
            return False
    return True


def cut_columns(
    energy: QuadraticEnergy, couplings: Couplings, targets: torch.Tensor, stop: Stop = never
) -> torch.Tensor:
    """Row excess and right-hand sides, (1 + K, H, W), that go with :meth:`Couplings.cut`.

    ``targets`` are (K, H, W). A fixed pixel is cut off, an equation of its own, 1 x = 0; its
    couplings become excess of its neighbours, and its value a right-hand side.
    """
    is_fixed = energy.is_fixed[0]
    size = tuple(targets.shape[1:])
    columns = empty((1 + len(targets), *size), couplings.planes)
    for rows in strips(size, columns.device, stop, 2 * len(columns)):
        own = columns[:, rows]
        own[:1] = energy.confidence[0, :, rows]
        torch.mul(own[:1], targets[:, rows].to(own), out=own[1:])
    check(stop)
    if is_fixed.any():
        fixed = is_fixed.to(columns)
        columns += couplings.apply(torch.cat([fixed, fixed * targets.to(columns)]), stop)
        equation = torch.zeros_like(columns[:, :1, :1])
        equation[0] = 1
        columns = torch.where(is_fixed, equation, columns)
    return columns
