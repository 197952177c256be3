"""What the strokes say of every pixel: Bai, Sapiro, "Geodesic matting: a framework for fast
interactive image and video segmentation and matting" (2009).

A class is likely where its colours are, and where one gets from its strokes without crossing an
edge. With p_k the colour posterior and D_k the geodesic distance to the strokes of class k,

    target_k  ~  p_k^(1/2) / D_k^2          (Bai, Sapiro, section 2.4, r = 2)

normalised over the classes.
"""  # noqa: D205

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from skimage.graph import MCP_Geometric
from torch.nn.functional import (
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool2d,
    avg_pool3d,
    interpolate,
    pad,
)

from .. import kernels
from ..stopping import check, never
from .colour import lab
from .colour_prior import Palette, posterior

if TYPE_CHECKING:
    from ..stopping import Stop

MEAN = {2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}
MOST = {2: adaptive_max_pool2d, 3: adaptive_max_pool3d}
SMOOTH = {2: avg_pool2d, 3: avg_pool3d}
LINEAR = {2: "bilinear", 3: "trilinear"}
LONG_SIDE = 128
"""Distances are measured on a picture of this size: they vary slowly, and it is fast."""
LENGTH = 0.64
"""Distance from one side of an even picture to the other; a step of colour, or of the colour
posterior, from one pixel to the next counts by its own size."""
NEAR = 0.02
"""Distances within which all places are equally near: about the width of a stroke."""


class Targets(Protocol):
    """What is expected of pixels that nobody painted."""

    def targets(self, seeds: torch.Tensor, bandwidth: float, stop: Stop = never) -> torch.Tensor:
        """How likely each class is at each pixel, (B, K, *S), summing to one.

        Parameters
        ----------
        seeds
            (B, K, *S): 1 where class k is painted.
        bandwidth
            See :func:`colour_prior.posterior`.
        stop
            Polled in between.
        """
        ...


class StrokePrior:
    """The appearance of a batch of pictures, ready for any strokes.

    Parameters
    ----------
    image
        (B, C, *S) in [0, 1].
    long_side
        Pixels of the small picture that distances are measured on.
    """

    def __init__(self, image: torch.Tensor, long_side: int = LONG_SIDE) -> None:
        self.palette = Palette(image)
        size = image.shape[2:]
        self.small = small_size(tuple(size), long_side)
        self.edges = gradient(self._shrunk(lab(image.detach().float())))  # (B, 1, *small)

    def targets(self, seeds: torch.Tensor, bandwidth: float, stop: Stop = never) -> torch.Tensor:
        check(stop)
        by_colour = posterior(self.palette, seeds, bandwidth)
        check(stop)
        distance = self.distances(seeds, by_colour)
        check(stop)
        axes = seeds.ndim - 2
        wide = interpolate(distance, seeds.shape[2:], mode=LINEAR[axes], align_corners=False)
        return weigh(by_colour, wide).to(seeds.dtype)

    def distances(self, seeds: torch.Tensor, by_colour: torch.Tensor) -> torch.Tensor:
        """Distances to the strokes, see :func:`geodesic`, (B, K, *small) float32."""
        painted = MOST[seeds.ndim - 2](seeds.float(), self.small) > 0
        return geodesic(self.edges, self._shrunk(by_colour), painted)

    def _shrunk(self, x: torch.Tensor) -> torch.Tensor:
        shrunk: torch.Tensor = MEAN[x.ndim - 2](x, self.small)  # type: ignore[arg-type]
        return shrunk


def small_size(size: tuple[int, ...], long_side: int = LONG_SIDE) -> tuple[int, ...]:
    """Size of the small picture that distances are measured on."""
    scale = min(1.0, long_side / max(size))
    return tuple(max(1, round(scale * side)) for side in size)


def weigh(by_colour: torch.Tensor, distance: torch.Tensor) -> torch.Tensor:
    """How likely each class is by its colours and by the way to it, (B, K, *S), sums of one."""
    weight = by_colour.sqrt() / (distance + NEAR).square()
    likely: torch.Tensor = weight / weight.sum(1, keepdim=True)
    return likely


def geodesic(edges: torch.Tensor, pieces: torch.Tensor, painted: torch.Tensor) -> torch.Tensor:
    """Geodesic distance to the strokes of each class, (B, K, *S) float32.

    A path pays for its length and for what changes along it: the colour, and the colour
    posterior, so that the class's own texture is crossed for free.

    Parameters
    ----------
    edges
        (B, 1, *S) gradient of the colours.
    pieces
        (B, K, *S) colour posterior.
    painted
        (B, K, *S) bool.
    """
    # Of two classes both change as much: half of the sum is the change of either.
    changes = gradient(_blurred(pieces)) / 2**0.5
    cost = (LENGTH / max(edges.shape[2:]) + edges + changes).double().cpu().numpy()
    strokes = painted.cpu().numpy()
    found = [
        [_geodesic(cost[b, 0], strokes[b, k]) for k in range(painted.shape[1])]
        for b in range(len(painted))
    ]
    return torch.from_numpy(np.array(found, np.float32)).to(painted.device)


FAR = 1e3
"""Distance to a class that has no stroke."""


def _geodesic(cost: np.ndarray, painted: np.ndarray) -> np.ndarray:
    if not painted.any():
        return np.full(cost.shape, FAR)
    if cost.ndim == 2 and kernels.is_ready(torch.float32):
        from .sweeps import relax  # the same distances in a tenth of the time

        distance = np.where(painted, 0.0, np.inf)
        relax(cost, distance)
        return distance
    found: np.ndarray = MCP_Geometric(cost).find_costs(np.argwhere(painted))[0]
    return found


def _blurred(x: torch.Tensor) -> torch.Tensor:
    axes = x.ndim - 2
    return SMOOTH[axes](pad(x, (1, 1) * axes, mode="replicate"), 3, stride=1)


def gradient(x: torch.Tensor) -> torch.Tensor:
    """Size of the steps at each pixel, over all channels: (B, C, *S) -> (B, 1, *S).

    Along each axis, half the step on either side, so that a flipped picture has a flipped gradient.
    """
    total = torch.zeros_like(x[:, :1])
    for axis in range(2, x.ndim):
        half = x.diff(dim=axis).square().sum(1, keepdim=True).sqrt() / 2
        along = torch.zeros_like(total)
        along.narrow(axis, 0, half.shape[axis]).add_(half)
        along.narrow(axis, 1, half.shape[axis]).add_(half)
        total += along.square()
    return total.sqrt()
