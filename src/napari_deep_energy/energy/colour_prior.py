"""Which class a pixel's colour speaks for: Grady, "Multilabel random walker image segmentation
using prior models" (2005), with densities that are learnt from the strokes.

The density of a class is a smoothed histogram of the colours under its strokes (Parzen 1962). A
picture's colours are sorted into a table once, so that a stroke costs a count, a smoothing of the
table and a look-up.
"""  # noqa: D205

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from .colour import lab

CELLS = (256, 64, 48)
"""Cells an axis in a table of one, two or three axes."""
DOUBT = 1e-6
"""Share of each class's strokes that may be of any colour: what is like no stroke stays open."""

SAME = 1e-3
"""Colours that differ by less along an axis do not differ there."""


@dataclass(frozen=True)
class Bounds:
    """What the colours of a batch of pictures are sorted by: their axes and their extent."""

    axes: torch.Tensor | None
    """(B, 3, C) principal axes of pictures of more than three channels."""
    low: torch.Tensor
    high: torch.Tensor
    """(B, D, 1) with D <= 3."""

    @classmethod
    def of(cls, colours: torch.Tensor, axes: torch.Tensor | None = None) -> Bounds:
        """The bounds of :func:`perceived` colours, (B, C, N), by default along their own axes."""
        if axes is None and colours.shape[1] > 3:
            axes = principal_axes(covariance(colours))
        colours = along(axes, colours)
        return cls(axes, colours.amin(2, keepdim=True), colours.amax(2, keepdim=True))


class Palette:
    """The colours of a batch of pictures, each sorted into its own table of cells.

    Parameters
    ----------
    image
        (B, C, *S) in [0, 1]. RGB is sorted by its Lab colours; of more channels, the three
        principal components are.
    bounds
        Those of larger pictures, of which these are parts; by default those of ``image``.
    """

    def __init__(self, image: torch.Tensor, bounds: Bounds | None = None) -> None:
        colours = perceived(image)
        bounds = bounds or Bounds.of(colours)
        keep = differing(bounds)
        axes = keep.sum(1)
        cells = torch.tensor(CELLS, device=axes.device)[axes - 1]
        extent = ((bounds.high - bounds.low)[:, :, 0] * keep).amax(1)
        step = (extent / (cells - 1)).clamp_min(1e-6)  # a picture of one colour
        place = ((along(bounds.axes, colours) - bounds.low) / step[:, None, None] + 0.5).long()
        powers = cells[:, None] ** (keep.cumsum(1) - keep.long()) * keep
        self.index = (place * powers[:, :, None]).sum(1)
        """(B, N) the cell of each pixel."""
        self.steps: list[float] = step.tolist()
        """Width of a cell in each picture."""
        self.shapes: list[tuple[int, ...]] = [
            (size,) * count for size, count in zip(cells.tolist(), axes.tolist(), strict=True)
        ]
        """Of each picture's table: cells along each axis in which its colours differ."""

    def densities(self, seeds: torch.Tensor, bandwidth: float) -> torch.Tensor:
        """Density of each class at each pixel's colour, summing to 1 over the table.

        Parameters
        ----------
        seeds
            (B, K, *S): 1 where class k is painted.
        bandwidth
            Standard deviation of the smoothing, in the colours' units.

        Returns
        -------
        torch.Tensor
            (B, K, *S) float32; 0 for a class without a stroke.
        """
        found = [
            self.table(self.counts(strokes, b), bandwidth, b)[:, self.index[b]]
            for b, strokes in enumerate(seeds)
        ]
        return torch.stack(found).view_as(seeds)

    def counts(self, seeds: torch.Tensor, b: int = 0) -> torch.Tensor:
        """How often each class (K, *S) is painted on each colour of picture b: (K, cells)."""
        classes, count = len(seeds), math.prod(self.shapes[b])
        # Only painted pixels are counted: of a large picture they are few.
        owner, pixel = seeds.flatten(1).nonzero(as_tuple=True)
        place = owner * count + self.index[b, pixel]
        return torch.bincount(place, minlength=classes * count).view(classes, count)

    def table(self, counts: torch.Tensor, bandwidth: float, b: int = 0) -> torch.Tensor:
        """Densities (K, cells) of picture b from these counts."""
        share = counts.float() / counts.sum(1, keepdim=True).clamp_min(1)
        cube = share.view(len(counts), *self.shapes[b])
        return smoothed(cube, bandwidth / self.steps[b]).flatten(1)


def posterior(palette: Palette, seeds: torch.Tensor, bandwidth: float) -> torch.Tensor:
    """Probability of each class given a pixel's colour alone, (B, K, *S) float32, sums of one.

    Classes are equally likely beforehand, however much of each is painted (Grady 2005, Eq. 8).
    """
    density = palette.densities(seeds, bandwidth) + DOUBT
    likely: torch.Tensor = density / density.sum(1, keepdim=True)
    return likely


def perceived(image: torch.Tensor) -> torch.Tensor:
    """Colours as they are told apart, in single precision: (B, C, *S) -> (B, C', N)."""
    return lab(image.detach().float()).flatten(2)


def along(axes: torch.Tensor | None, colours: torch.Tensor) -> torch.Tensor:
    """Colours by the given axes, or as they are: (B, C, N) -> (B, D, N)."""
    return colours if axes is None else axes @ colours


def covariance(colours: torch.Tensor) -> torch.Tensor:
    """Of the channels, times the number of pixels: (B, C, N) -> (B, C, C)."""
    centred = colours - colours.mean(2, keepdim=True)
    return centred @ centred.mT


def principal_axes(scatter: torch.Tensor) -> torch.Tensor:
    """The three axes along which colours differ most, of their covariance: (B, 3, C)."""
    vectors: torch.Tensor = torch.linalg.eigh(scatter)[1]  # ascending
    axes = vectors[..., -3:].mT
    # Either direction is right; one is chosen, so that rounding cannot turn them around.
    largest = axes.gather(-1, axes.abs().argmax(-1, keepdim=True))
    return axes * largest.sign()


def differing(bounds: Bounds) -> torch.Tensor:
    """Along which axes the colours of each picture differ, at least one: (B, D) bool.

    A grey picture saved as RGB is as good as a grey one then, with a finer table.
    """
    keep = (bounds.high - bounds.low)[:, :, 0] > SAME
    keep[:, 0] |= ~keep.any(1)
    return keep


def smoothed(table: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian smoothing along all axes but the first; ``sigma`` is in cells."""
    reach = min(max(1, round(3 * sigma)), table.shape[-1] - 1)
    kernel = np.exp(-(np.arange(reach + 1) ** 2) / (2 * max(sigma, 0.2) ** 2))
    kernel /= 2 * kernel.sum() - kernel[0]
    for axis in range(1, table.ndim):
        size = table.shape[axis]
        # Shifted sums: torch's convolution takes twenty times as long along these short lines.
        wide = table * kernel[0]
        for offset, share in enumerate(kernel[1:], 1):
            low, high = (axis, 0, size - offset), (axis, offset, size - offset)
            wide.narrow(*low).add_(table.narrow(*high), alpha=share)
            wide.narrow(*high).add_(table.narrow(*low), alpha=share)
        table = wide
    return table
