"""The linear system of an energy as couplings, row excesses and right-hand sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import max_pool2d

from ...energy import MattingLaplacian, QuadraticEnergy
from ...energy.quadratic import shifted
from ...stopping import check, never
from ...strips import strips, zeros
from .plan import reach_of

if TYPE_CHECKING:
    from ...energy import Laplacian
    from ...stopping import Stop


ROUNDING = 1e-6
"""How far the targets of a pixel may sum from one."""


@dataclass
class System:
    """The numbers of one linear system."""

    couplings: torch.Tensor
    """(M * padded picture) -A_ij for each offset of the stencil."""
    excess: torch.Tensor
    """(H * W, 1) row excess."""
    rhs: torch.Tensor
    """(H * W, K) right-hand sides."""


def coupled(
    planes: torch.Tensor,
    offsets: tuple[tuple[int, int], ...],
    field: torch.Tensor,
    stop: Stop = never,
) -> torch.Tensor:
    """Sum over j of w_ij field_j, (C, H, W), for couplings (M, H, W) at these offsets."""
    result = torch.zeros_like(field)
    for plane, offset in zip(planes, offsets, strict=True):
        if offset != (0, 0):
            check(stop)
            here, there = shifted(offset)
            before, after = (slice(None), *here), (slice(None), *there)
            result[before].addcmul_(plane[here], field[after])
            result[after].addcmul_(plane[here], field[before])
    return result


def within(
    planes: torch.Tensor, offsets: tuple[tuple[int, int], ...], mask: torch.Tensor
) -> torch.Tensor:
    """Those of the couplings (M, H, W) that join two pixels of a mask (H, W)."""
    inside, result = mask.to(planes), torch.zeros_like(planes)
    for number, offset in enumerate(offsets):
        here, there = shifted(offset)
        result[number][here] = planes[number][here] * inside[here] * inside[there]
    return result


class Couplings:
    """w_ij = -L_ij of a picture: single precision if none is negative, else double."""

    def __init__(self, laplacian: Laplacian, image: torch.Tensor, stop: Stop = never) -> None:
        if isinstance(laplacian, MattingLaplacian) and not laplacian.is_precise:
            # Its smallest eigenvalues are lost if the entries themselves are made in float32.
            laplacian = MattingLaplacian(image.double(), laplacian.epsilon, stop)
        self.laplacian = laplacian
        stencil = laplacian.stencil(stop)
        self.offsets: tuple[tuple[int, int], ...] = tuple((o[0], o[1]) for o in stencil.offsets)
        entries = stencil.values[0]  # (M, H, W), nobody else's
        size, place = tuple(entries.shape[1:]), entries.device
        parts = strips(size, place, stop, len(entries))
        self.never_subtracts = all(bool((entries[1:, rows] <= 0).all()) for rows in parts)
        self.planes = entries
        if self.never_subtracts:
            self.planes = entries.new_empty(entries.shape, dtype=torch.float32)
        for rows in strips(size, place, stop, len(entries)):
            part = self.planes[:, rows]
            torch.neg(part.copy_(entries[:, rows]), out=part)
        self.reach = reach_of(self.offsets)

    def apply(self, field: torch.Tensor, stop: Stop = never) -> torch.Tensor:
        """Sum over j of w_ij field_j, (C, H, W)."""
        return coupled(self.planes, self.offsets, field, stop)

    def padded(self, is_fixed: torch.Tensor, stop: Stop = never) -> torch.Tensor:
        """Planes with a margin of zeros, flattened, fixed pixels (1, H, W) cut off."""
        planes, r = self.cut(is_fixed), self.reach
        count, height, width = planes.shape
        result = zeros((count, height + 2 * r, width + 2 * r), planes, planes.dtype)
        inner = result[:, r : r + height, r : r + width]
        for rows in strips((height, width), planes.device, stop, count):
            inner[:, rows] = planes[:, rows]
        return result.flatten()

    def cut(self, is_fixed: torch.Tensor) -> torch.Tensor:
        """Planes with fixed pixels (1, H, W) cut off."""
        if not is_fixed.any():
            return self.planes
        return within(self.planes, self.offsets, ~is_fixed[0])

    def widened(self, mask: torch.Tensor) -> torch.Tensor:
        """Pixels of a mask (1, H, W) and those coupled to them, (H, W)."""
        rows, columns = (mask[0].any(axis).nonzero() for axis in (1, 0))
        if not len(rows):
            return mask[0]
        # A stroke is small: a look at the whole picture takes longer than the stroke's answer.
        box = tuple(
            slice(max(0, int(n[0]) - self.reach), int(n[-1]) + self.reach + 1)
            for n in (rows, columns)
        )
        window, result = 2 * self.reach + 1, torch.zeros_like(mask[0])
        result[box] = max_pool2d(mask[:, *box].float(), window, 1, self.reach)[0] > 0
        return result


def precise(energy: QuadraticEnergy, laplacian: Laplacian) -> QuadraticEnergy:
    """The same energy, in double precision if its Laplacian was made anew in double."""
    if laplacian is energy.laplacian:
        return energy
    targets, confidence = energy.targets.double(), energy.confidence.double()
    return QuadraticEnergy(laplacian, targets, confidence, energy.is_fixed)


def columns_of(energy: QuadraticEnergy, couplings: Couplings, stop: Stop = never) -> torch.Tensor:
    """Row excess and right-hand sides of the free pixels, (1 + K, H, W).

    A fixed pixel is an equation of its own, 1 x = 0; its couplings become excess of its
    neighbours, and its value a right-hand side. The last class is left out where every seed's
    targets sum to one: its answer is one minus the others.
    """
    energy.check_held(stop)
    targets = energy.targets[0]
    if len(targets) > 1 and _sum_to_one(energy, stop):
        targets = targets[:-1]
    return columns_for(energy, couplings, targets, stop)


def _sum_to_one(energy: QuadraticEnergy, stop: Stop) -> bool:
    """Whether the targets do so wherever a pixel has some."""
    fields = energy.targets[0], energy.confidence[0, 0], energy.is_fixed[0, 0]
    for rows in strips(tuple(energy.targets.shape[2:]), energy.targets.device, stop):
        targets, confidence, is_fixed = (field[..., rows, :] for field in fields)
        is_one = (targets.sum(0) - 1).abs_() < ROUNDING
        if not (is_one | ~(is_fixed | (confidence > 0))).all():
            return False
    return True


def columns_for(
    energy: QuadraticEnergy, couplings: Couplings, targets: torch.Tensor, stop: Stop = never
) -> torch.Tensor:
    """As :func:`columns_of` for these ``targets`` (K, H, W), whether or not a seed is there."""
    is_fixed = energy.is_fixed[0]
    size = tuple(targets.shape[1:])
    columns = couplings.planes.new_empty(1 + len(targets), *size)
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
