"""Closed-form matting energy: Levin, Lischinski, Weiss, TPAMI 2008; paper Eq. (7)-(11).

x' L x is the residual of the best local fit x_i ~ a' I_i + b over all 3x3 windows, with
epsilon |a|^2 to keep a bounded (Levin Eq. 5). So L needs no matrix: it is the residual itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, ClassVar, Literal

import torch

from ..errors import InvalidInput
from ..stopping import never
from ..strips import strips
from .colour_prior import Palette, posterior
from .parameters import check_choice, check_number
from .quadratic import Laplacian, Prior, QuadraticEnergy, Stencil, seeded_energy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..problem import Problem
    from ..stopping import Stop

TRIMAP_PRIOR = 0.01
"""Chosen on every second picture of alphamatting.com at 256 pixels, and measured on the others."""
TRIMAP_SHARE = 0.5
"""Of the pixels that are known; with more, the strokes are a trimap."""
WINDOW = tuple(product(range(3), range(3)))
"""The |p_n| = 9 places of a 3x3 window."""


@dataclass(frozen=True)
class ClosedFormMatting:
    """Hyper-parameters of image matting; the defaults are the paper's and Levin's."""

    task: ClassVar[str] = "matte"
    has_prior: ClassVar[bool] = False
    known_confidence: ClassVar[float] = 0.0
    """The prior may depend on how much is painted."""

    epsilon: float = 1e-7
    """Regulariser of the local colour line; epsilon / 9 on the covariance diagonal, Eq. (8)."""
    lam: float = 1.0
    """Confidence of a soft seed."""
    hard_seeds: bool = False
    """Seeds keep their value exactly; ``lam`` is then unused."""
    prior: float | Literal["auto"] = 0.0
    """Confidence, at each unpainted pixel, in what its colour speaks for (Wang, Cohen, "Optimized
    color sampling for robust matting", 2007, with histograms for samples); 0 (paper) goes by the
    local fits alone. ``"auto"`` is 0 for scribbles, which do not hold all colours, and
    :data:`TRIMAP_PRIOR` for a trimap."""
    bandwidth: float = 0.01
    """How far from a stroke's colour its prior reaches, as in segmentation."""

    def __post_init__(self) -> None:
        check_number("epsilon", self.epsilon, 1e-12, 1e6)
        check_number("lam", self.lam, 1e-9, 1e12)
        check_choice("hard_seeds", self.hard_seeds, (True, False))
        if self.prior != "auto":
            check_number("prior", self.prior, 0, 1e6)
        check_number("bandwidth", self.bandwidth, 1e-6, 1)

    def laplacian(self, image: torch.Tensor, stop: Stop = never) -> MattingLaplacian:
        """L of a batch of pictures, (B, C, H, W) in [0, 1]; it does not depend on the seeds.

        ``stop`` is polled between strips of the picture.
        """
        height, width = image.shape[-2:]
        if min(height, width) < 3:
            raise InvalidInput(
                f"the image is {height} x {width} pixels; matting needs at least 3 x 3."
            )
        return MattingLaplacian(image, self.epsilon, stop)

    def energy(
        self, problem: Problem, laplacian: Laplacian | None = None, stop: Stop = never
    ) -> QuadraticEnergy:
        """The energy of ``problem`` (K = 2, foreground first), on its device and precision.

        ``laplacian`` is that of the same picture, when it is at hand from an earlier stroke;
        ``stop`` is polled in between.
        """
        laplacian = laplacian or self.laplacian(problem.image, stop)
        foreground = problem.seeds[:, :1]
        prior = None
        if confidence := confidence_of(self, float(problem.seeds.sum(1).mean())):
            assert isinstance(laplacian, MattingLaplacian)
            targets = posterior(laplacian.palette, problem.seeds, self.bandwidth)[:, :1]
            prior = Prior(targets.to(foreground), confidence)
        hard = self.hard_seeds
        return seeded_energy(laplacian, problem, foreground, self.lam, hard, prior, stop)


def confidence_of(spec: ClosedFormMatting, known: float) -> float:
    """Confidence in the prior of a picture of which this share is known."""
    if spec.prior != "auto":
        return spec.prior
    return TRIMAP_PRIOR if known > TRIMAP_SHARE else 0.0


def windows(x: torch.Tensor) -> torch.Tensor:
    """All 3x3 windows inside the picture: (B, C, H, W) -> (B, C, 9, H-2, W-2)."""
    height, width = x.shape[-2] - 2, x.shape[-1] - 2
    return torch.stack([x[..., i : i + height, j : j + width] for i, j in WINDOW], 2)


class MattingLaplacian(Laplacian):
    """The matting Laplacian of Eq. (8), applied as the residual of local linear fits."""

    def __init__(self, image: torch.Tensor, epsilon: float, stop: Stop = never) -> None:
        self.epsilon = epsilon
        self._image = image
        batch, channels, height, width = image.shape
        size = height - 2, width - 2
        self.colours = image.new_empty(batch, channels, 9, *size)
        self.inverse = image.new_empty(batch, *size, channels, channels)
        ridge = epsilon * torch.eye(channels, dtype=torch.float64, device=image.device)
        for rows in self._strips(stop):
            colours = windows(image[:, :, rows.start : rows.stop + 2])
            # Centred before squaring: in float32, E[I^2] - E[I]^2 would drown epsilon = 1e-7.
            colours -= colours.mean(2, keepdim=True)
            self.colours[..., rows, :] = colours
            d = colours.double()
            scatter = torch.einsum("bcnhw,bdnhw->bhwcd", d, d)
            self.inverse[:, rows] = torch.linalg.inv(scatter + ridge).to(image.dtype)

    @property
    def is_precise(self) -> bool:
        """Whether it was made in double precision."""
        return self.colours.dtype == torch.float64

    @cached_property
    def palette(self) -> Palette:
        """The picture's colours, for a prior: no part of L, but of the picture alone too."""
        return Palette(self._image)

    def _strips(self, stop: Stop = never) -> Iterator[slice]:
        """Rows of windows, see :func:`strips.strips`."""
        size = (self.colours.shape[3], self.colours.shape[4])
        return strips(size, self.colours.device, stop, 9 * self.colours.shape[1])

    def _fit(self, x: torch.Tensor, rows: slice) -> tuple[torch.Tensor, torch.Tensor]:
        """Best local fit of x in some rows of windows.

        Its residual, (B, K, 9, rows, W-2), and its slope a, (B, K, C, rows, W-2).
        """
        colours, inverse = self.colours[..., rows, :], self.inverse[:, rows]
        z = windows(x[..., rows.start : rows.stop + 2, :])
        z = z - z.mean(2, keepdim=True)
        moment = torch.einsum("bcnhw,bknhw->bkchw", colours, z)
        slope = torch.einsum("bhwcd,bkdhw->bkchw", inverse, moment)
        return z - torch.einsum("bkchw,bcnhw->bknhw", slope, colours), slope

    def quadratic(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([self._misfit(*self._fit(x, rows)) for rows in self._strips()]).sum(0)

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        result = torch.zeros_like(x)
        for rows in self._strips():
            self._gather(self._fit(x, rows)[0], rows, result)
        return result

    def pieces(
        self, x: torch.Tensor, stop: Stop = never
    ) -> Iterator[tuple[slice, torch.Tensor, torch.Tensor]]:
        misfits, result = [], torch.zeros_like(x)
        for rows in self._strips(stop):
            residual, slope = self._fit(x, rows)
            misfits.append(self._misfit(residual, slope))
            self._gather(residual, rows, result)
        yield slice(0, x.shape[2]), torch.stack(misfits).sum(0), result

    def _misfit(self, residual: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
        # Levin Eq. (5); the sum over ordered pairs of the paper's Eq. (9) is twice this value.
        penalty = self.epsilon * slope.square().flatten(1).sum(1)
        return residual.square().flatten(1).sum(1) + penalty

    def _gather(self, residual: torch.Tensor, rows: slice, result: torch.Tensor) -> None:
        # The slope minimises the fit, so only the direct dependence on x is left: L x = residual.
        width = residual.shape[-1]
        for n, (i, j) in enumerate(WINDOW):
            result[..., rows.start + i : rows.stop + i, j : j + width] += residual[:, :, n]

    @property
    def offsets(self) -> tuple[tuple[int, ...], ...]:
        return tuple(o for o in product(range(3), range(-2, 3)) if o >= (0, 0))

    def stencil(self, stop: Stop = never) -> Stencil:
        batch, _, _, height, width = self.colours.shape
        place = {offset: m for m, offset in enumerate(self.offsets)}
        values = self.colours.new_zeros(batch, len(place), height + 2, width + 2)
        for rows in self._strips(stop):
            colours = self.colours[..., rows, :]
            whitened = torch.einsum("bhwcd,bdnhw->bcnhw", self.inverse[:, rows], colours)
            for n, (i, j) in enumerate(WINDOW):
                for m, (k, l) in enumerate(WINDOW):  # noqa: E741 - row and column of the second
                    if (k - i, l - j) not in place:
                        continue
                    weight = 1 / 9 + (colours[:, :, n] * whitened[:, :, m]).sum(1)  # Eq. (10)
                    plane = values[:, place[k - i, l - j], i:, j : j + width]
                    plane[:, rows] += float(n == m) - weight
        return Stencil(self.offsets, values)
