"""What a colour-aware energy takes from the whole picture, for use on a part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..energy import RandomWalker
from ..energy.colour_prior import Palette, posterior
from ..energy.enlarging import enlarging
from ..energy.object_prior import mixed, probabilities
from ..energy.stroke_prior import weigh
from ..stopping import check, never

if TYPE_CHECKING:
    import torch

    from ..energy import EnergySpec, QuadraticEnergy
    from ..energy.colour_prior import Bounds
    from ..energy.stroke_prior import Targets
    from ..problem import Problem
    from ..stopping import Stop
    from .grid import Box


@dataclass(frozen=True, eq=False)
class Appearance:
    """The numbers of a whole picture and its strokes that each pixel's energy needs."""

    spec: EnergySpec
    """With numbers where it had ``"auto"``."""
    size: tuple[int, int]
    bounds: Bounds | None = None
    """Of its colours; None without a prior."""
    tables: torch.Tensor | None = None
    """(K, cells) density of each class at each colour."""
    distance: torch.Tensor | None = None
    """(1, K, h, w) distance to the strokes on the small picture; None for matting."""
    logits: torch.Tensor | None = None
    """(1, K, h, w) by the objects on the small picture ..."""
    share: torch.Tensor | None = None
    """... and how far they count, (1, K, 1, 1); where they do, the strokes are not asked."""

    @property
    def asks_strokes(self) -> bool:
        """Whether what the strokes say by themselves counts."""
        return self.share is None or bool(self.share.amin() < 1)

    def energy(self, problem: Problem, box: Box) -> QuadraticEnergy:
        """The energy of the problem of a box, as it is within that of the whole."""
        palette = None
        if self.tables is not None and self.bounds is not None:
            palette = SharedPalette(problem.image, self.bounds, self.tables)
        if isinstance(self.spec, RandomWalker):
            targets = self._targets(palette, box)
            return self.spec.energy(problem) if targets is None else self._seeded(problem, targets)
        if palette is None:
            return self.spec.energy(problem)
        local = self.spec.laplacian(problem.image)
        local.palette = palette
        return self.spec.energy(problem, local)

    def _targets(self, palette: SharedPalette | None, box: Box) -> Targets | None:
        strokes = None
        if palette is not None and self.distance is not None:
            strokes = PartOfPrior(palette, self.distance, self.size, box)
        if self.logits is None or self.share is None:
            return strokes
        return PartOfObjects(self.logits, self.share, self.size, box, strokes)

    def _seeded(self, problem: Problem, targets: Targets) -> QuadraticEnergy:
        assert isinstance(self.spec, RandomWalker)
        grid = replace(self.spec, prior=0.0).laplacian(problem.image)
        grid.stroke_prior = targets
        return self.spec.energy(problem, grid)


class SharedPalette(Palette):
    """The colours of a part of a picture; what is painted anywhere on the whole counts.

    Parameters
    ----------
    image
        (1, C, h, w) the part.
    bounds
        Those of the whole.
    tables
        (K, cells) densities by the strokes on the whole.
    """

    def __init__(self, image: torch.Tensor, bounds: Bounds, tables: torch.Tensor) -> None:
        super().__init__(image, bounds)
        self.tables = tables

    def densities(self, seeds: torch.Tensor, bandwidth: float) -> torch.Tensor:
        return self.tables[:, self.index[0]].view_as(seeds)


@dataclass(frozen=True, eq=False)
class PartOfPrior:
    """What the strokes on the whole say of the pixels of a box; see :class:`StrokePrior`."""

    palette: SharedPalette
    distance: torch.Tensor
    """(1, K, h, w) on the small picture."""
    size: tuple[int, int]
    """Of the whole."""
    box: Box

    def targets(self, seeds: torch.Tensor, bandwidth: float, stop: Stop = never) -> torch.Tensor:
        """How likely each class is at each pixel, (1, K, h, w), summing to one."""
        check(stop)
        by_colour = posterior(self.palette, seeds, bandwidth)
        return weigh(by_colour, part_of(self.distance, self.size, self.box)).to(seeds.dtype)


@dataclass(frozen=True, eq=False)
class PartOfObjects:
    """What the objects of the whole say of the pixels of a box; see :class:`ObjectPrior`."""

    logits: torch.Tensor
    """(1, K, h, w) on the small picture."""
    share: torch.Tensor
    """(1, K, 1, 1) how far they count."""
    size: tuple[int, int]
    """Of the whole."""
    box: Box
    strokes: PartOfPrior | None
    """What else counts, if that is less than 1."""

    def targets(self, seeds: torch.Tensor, bandwidth: float, stop: Stop = never) -> torch.Tensor:
        """How likely each class is at each pixel, (1, K, h, w), summing to one."""
        check(stop)
        found = probabilities(part_of(self.logits, self.size, self.box)).to(seeds.dtype)
        if self.strokes is None:
            return found
        return mixed(self.strokes.targets(seeds, bandwidth, stop), found, self.share)


def part_of(small: torch.Tensor, size: tuple[int, int], box: Box) -> torch.Tensor:
    """A small picture (1, D, h, w) of the whole at the pixels of a box."""
    (height, width), (rows, columns) = size, small.shape[2:]
    down = enlarging(box.top, box.bottom, height, rows)
    across = enlarging(box.left, box.right, width, columns)
    return down @ small @ across.T
