"""The linear system of an energy as couplings, row excesses and right-hand sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import max_pool2d

from ...energy import GridLaplacian, MattingLaplacian, QuadraticEnergy
from ...energy.quadratic import shifted
from ...stopping import check, never
from ...strips import strips, zeros
from .plan import reach_of

if TYPE_CHECKING:
    from ...energy import Laplacian
    from ...stopping import Stop
    from .regions import Offset


HELD, WEAKEST = 1e10, 1e-14
"""Confidence that stands for certainty where no coupling is weaker than this: a hard seed then
differs from its target by less than rounding, and its neighbours' equations stay what they were. A
weaker coupling to it would be lost; there, hard seeds are cut off."""


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


def offsets_of(laplacian: Laplacian) -> tuple[Offset, ...]:
    """Offsets of its stencil in a picture."""
    return tuple((offset[0], offset[1]) for offset in laplacian.offsets)


def with_margin(
    shape: tuple[int, ...], margin: int, like: torch.Tensor, dtype: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor]:
    """Zeros with room for planes and a margin, and the view of it that has none."""
    count, height, width = shape
    whole = zeros((count, height + 2 * margin, width + 2 * margin), like, dtype)
    return whole, whole[:, margin : margin + height, margin : margin + width]


class Couplings:
    """w_ij = -L_ij of a picture: of a grid in single precision, of a matte in double."""

    offsets: tuple[tuple[int, int], ...]
    planes: torch.Tensor
    """(M, H, W) those with the pixel at each offset; the diagonal's is not used."""

    def __init__(
        self, laplacian: Laplacian, image: torch.Tensor, stop: Stop = never, margin: int = 1
    ) -> None:
        """``margin`` is that which they will be asked for by :meth:`padded`, to be quick then."""
        if isinstance(laplacian, MattingLaplacian) and not laplacian.is_precise:
            # Its smallest eigenvalues are lost if the entries themselves are made in float32.
            laplacian = MattingLaplacian(image.double(), laplacian.epsilon, stop)
        self.laplacian = laplacian
        self.offsets = offsets_of(laplacian)
        self.reach = reach_of(self.offsets)
        self._margined: torch.Tensor | None = None
        self.never_subtracts = isinstance(laplacian, GridLaplacian)
        self.holds_seeds = False
        """Whether hard seeds are held by :data:`HELD`, rather than cut off."""
        if isinstance(laplacian, GridLaplacian):
            self._read_edges(laplacian, tuple(image.shape[2:]), margin, stop)
        else:
            self._read_matrix(laplacian, stop)

    def _read_edges(
        self, laplacian: GridLaplacian, size: tuple[int, ...], margin: int, stop: Stop
    ) -> None:
        """Affinities are couplings as they are."""
        like = laplacian.affinity[0]
        self._margined, self.planes = with_margin((3, *size), margin, like, torch.float32)
        for plane, affinity in zip(self.planes[1:], laplacian.affinity, strict=True):
            here = plane[: affinity.shape[2], : affinity.shape[3]]
            for rows in strips(tuple(here.shape), like.device, stop):
                here[rows] = affinity[0, 0, rows]
        # Of a line of pixels, one axis has no couplings.
        some = [affinity for affinity in laplacian.affinity if affinity.numel()]
        self.holds_seeds = all(bool(affinity.min() >= WEAKEST) for affinity in some)

    def _read_matrix(self, laplacian: Laplacian, stop: Stop) -> None:
        stencil = laplacian.stencil(stop)
        self.planes = stencil.values[0]  # nobody else's
        count, *size = self.planes.shape
        for rows in strips(tuple(size), self.planes.device, stop, count):
            self.planes[:, rows].neg_()

    def apply(self, field: torch.Tensor, stop: Stop = never) -> torch.Tensor:
        """Sum over j of w_ij field_j, (C, H, W)."""
        return coupled(self.planes, self.offsets, field, stop)

    def padded(self, is_fixed: torch.Tensor, margin: int, stop: Stop = never) -> torch.Tensor:
        """Planes with a margin of zeros, flattened, to be read only.

        Fixed pixels (1, H, W) are cut off, unless they are held, see :func:`.columns.columns_of`.
        """
        there, planes = self._margined, self.planes
        if not self.holds_seeds:
            planes = self.cut(is_fixed)
        elif there is not None and there.shape[2] == planes.shape[2] + 2 * margin:
            return there.flatten()
        whole, inner = with_margin(tuple(planes.shape), margin, planes, planes.dtype)
        for rows in strips(tuple(planes.shape[1:]), planes.device, stop, len(planes)):
            inner[:, rows] = planes[:, rows]
        if self.holds_seeds:
            self._margined, self.planes = whole, inner
        return whole.flatten()

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
