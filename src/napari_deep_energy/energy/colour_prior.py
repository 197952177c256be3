"""Which class a pixel's colour speaks for: Grady, "Multilabel random walker image segmentation
using prior models" (2005), with densities that are learnt from the strokes.

The density of a class is a smoothed histogram of the colours under its strokes (Parzen 1962). A
picture's colours are sorted into a table once, so that a stroke costs a count, a smoothing of the
table and a look-up.
"""  # noqa: D205

from __future__ import annotations

import numpy as np
import torch

from .colour import lab

CELLS = (256, 64, 48)
"""Cells an axis in a table of one, two or three axes."""
DOUBT = 1e-6
"""Share of each class's strokes that may be of any colour: what is like no stroke stays open."""

SAME = 1e-3
"""Colours that differ by less along an axis do not differ there."""


class Palette:
    """The colours of a batch of pictures, sorted into cells of one size.

    Parameters
    ----------
    image
        (B, C, *S) in [0, 1]. RGB is sorted by its Lab colours; of more channels, the three
        principal components are.
    """

    def __init__(self, image: torch.Tensor) -> None:
        colours = principal(lab(image.detach().float()).flatten(2))  # (B, D <= 3, N)
        colours = differing(colours)
        axes = colours.shape[1]
        self.cells = CELLS[axes - 1]
        low, high = colours.amin(2, keepdim=True), colours.amax(2, keepdim=True)
        step = (high - low).amax(1, keepdim=True) / (self.cells - 1)
        step = step.clamp_min(1e-6)  # a picture of one colour
        place = ((colours - low) / step + 0.5).long()
        self.steps: list[float] = step.flatten().tolist()
        """Width of a cell in each picture."""
        powers = torch.tensor([self.cells**axis for axis in range(axes)], device=place.device)
        self.index = (place * powers[None, :, None]).sum(1)
        """(B, N) the cell of each pixel."""
        self.axes = axes

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
        batch, classes = seeds.shape[:2]
        count = self.cells**self.axes
        found = []
        for b in range(batch):
            # Only painted pixels are counted: of a large picture they are few.
            owner, pixel = seeds[b].flatten(1).nonzero(as_tuple=True)
            place = owner * count + self.index[b, pixel]
            histogram = torch.bincount(place, minlength=classes * count).view(classes, count)
            share = histogram.float() / histogram.sum(1, keepdim=True).clamp_min(1)
            table = share.view(classes, *[self.cells] * self.axes)
            found.append(smoothed(table, bandwidth / self.steps[b]).flatten(1)[:, self.index[b]])
        return torch.stack(found).view_as(seeds)


def posterior(palette: Palette, seeds: torch.Tensor, bandwidth: float) -> torch.Tensor:
    """Probability of each class given a pixel's colour alone, (B, K, *S) float32, sums of one.

    Classes are equally likely beforehand, however much of each is painted (Grady 2005, Eq. 8).
    """
    density = palette.densities(seeds, bandwidth) + DOUBT
    likely: torch.Tensor = density / density.sum(1, keepdim=True)
    return likely


def principal(colours: torch.Tensor) -> torch.Tensor:
    """At most three axes, those along which the colours differ most: (B, C, N) -> (B, D, N)."""
    if colours.shape[1] <= 3:
        return colours
    centred = colours - colours.mean(2, keepdim=True)
    _, axes = torch.linalg.eigh(centred @ centred.mT)  # ascending
    components: torch.Tensor = axes[..., -3:].mT @ centred
    return components


def differing(colours: torch.Tensor) -> torch.Tensor:
    """Axes along which colours differ, at least one: (B, D, N) -> (B, D', N).

    A grey picture saved as RGB is as good as a grey one then, with a finer table.
    """
    extent = (colours.amax(2) - colours.amin(2)).amax(0)
    keep = extent > SAME
    return colours[:, keep] if keep.any() else colours[:, :1]


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
