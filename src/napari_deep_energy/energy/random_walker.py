"""Random-walker energy: Grady, "Random walks for image segmentation", 2006; paper Eq. (3)-(5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import torch

from .quadratic import Laplacian, QuadraticEnergy, Stencil, seeded_energy

if TYPE_CHECKING:
    from ..problem import Problem

LUMA = (0.2125, 0.7154, 0.0721)
"""Grey value of RGB, ITU-R BT.709, as scikit-image's ``rgb2gray``."""


def grey(image: torch.Tensor) -> torch.Tensor:
    """(B, C, *S) -> (B, 1, *S): luma of RGB, else the mean of the channels."""
    if image.shape[1] == 3:
        luma = image.new_tensor(LUMA).view(1, 3, *[1] * (image.ndim - 2))
        return (image * luma).sum(1, keepdim=True)
    return image.mean(1, keepdim=True)


@dataclass(frozen=True)
class RandomWalker:
    """Hyper-parameters of seeded segmentation; the defaults are the paper's."""

    task: ClassVar[str] = "segment"

    beta: float = 1000.0
    """Sharpness of the affinity exp(-beta |I_i - I_j|^2), image in [0, 1]."""
    lam: float = 10.0
    """Confidence of a soft seed."""
    hard_seeds: bool = False
    """Seeds keep their value exactly, as in Grady's paper; ``lam`` is then unused."""
    colour: Literal["grey", "channels"] = "grey"
    """Differences of grey values (paper) or the Euclidean distance over all channels."""
    floor: float = 1e-10
    """Added to each affinity. It joins regions that exp() would cut off, so that every pixel is
    decided by some seed: an isolated region takes the classes across its weakest borders."""

    def laplacian(
        self, image: torch.Tensor, spacing: tuple[float, ...] | None = None
    ) -> GridLaplacian:
        """L of a batch of pictures, (B, C, *S) in [0, 1]; it does not depend on the seeds.

        ``spacing`` is the distance of neighbours along each axis, 1 by default: differences are
        taken a unit of length, so that a step between far slices counts less.
        """
        image = grey(image) if self.colour == "grey" else image
        return GridLaplacian(affinities(image, self.beta, self.floor, spacing))

    def energy(self, problem: Problem, laplacian: Laplacian | None = None) -> QuadraticEnergy:
        """The energy of ``problem``, on its device and in its precision.

        ``laplacian`` is that of the same picture, when it is at hand from an earlier stroke.
        """
        laplacian = laplacian or self.laplacian(problem.image)
        return seeded_energy(laplacian, problem, problem.seeds, self.lam, self.hard_seeds)


def affinities(
    image: torch.Tensor, beta: float, floor: float, spacing: tuple[float, ...] | None = None
) -> list[torch.Tensor]:
    """w_ij = exp(-beta |I_i - I_j|^2 / h^2) + floor between neighbours, one (B, 1, *S-1) an axis.

    h is the ``spacing`` along the axis, 1 by default.
    """
    spacing = spacing or (1.0,) * (image.ndim - 2)
    return [
        torch.exp(-beta / step**2 * image.diff(dim=axis).square().sum(1, keepdim=True)) + floor
        for axis, step in enumerate(spacing, start=2)
    ]


class GridLaplacian(Laplacian):
    """Laplacian of the grid of pixels with nearest-neighbour edges (4 in 2D, 6 in 3D)."""

    def __init__(self, affinity: list[torch.Tensor]) -> None:
        self.affinity = affinity

    def quadratic(self, x: torch.Tensor) -> torch.Tensor:
        # Eq. (4): every edge once. Eq. (5) visits it from both ends, hence twice this value.
        return torch.stack(
            [
                (w * x.diff(dim=axis).square()).flatten(1).sum(1)
                for axis, w in enumerate(self.affinity, start=2)
            ]
        ).sum(0)

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        result = torch.zeros_like(x)
        for axis, w in enumerate(self.affinity, start=2):
            flow = w * x.diff(dim=axis)
            size = x.shape[axis]
            result.narrow(axis, 0, size - 1).sub_(flow)
            result.narrow(axis, 1, size - 1).add_(flow)
        return result

    def stencil(self) -> Stencil:
        # Beside a weight of 1, one of 1e-10 would be lost from a float32 sum.
        affinity = [w.double() for w in self.affinity]
        axes = range(2, 2 + len(affinity))
        shape = [affinity[0].shape[0], 1] + [affinity[0].shape[axis] + (axis == 2) for axis in axes]
        degree = affinity[0].new_zeros(shape)
        planes, offsets = [degree], [tuple(0 for _ in axes)]
        for axis, w in zip(axes, affinity, strict=True):
            size = shape[axis]
            degree.narrow(axis, 0, size - 1).add_(w)
            degree.narrow(axis, 1, size - 1).add_(w)
            edge = torch.zeros_like(degree)
            edge.narrow(axis, 0, size - 1).sub_(w)
            planes.append(edge)
            offsets.append(tuple(int(other == axis) for other in axes))
        return Stencil(tuple(offsets), torch.cat(planes, 1))
