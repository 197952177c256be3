"""Seeds as somebody might draw them, made from regions: paper section 4, "Dataset".

Everything works on a batch, on the regions' device, with all randomness from one generator.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import max_pool2d

from .objects import BACKGROUND, OBJECT


@dataclass(frozen=True)
class Markers:
    """What the strokes look like; lengths are shares of the picture's side."""

    radius: tuple[float, float] = (0.10, 0.16)
    """Of a circle (filled), drawn uniformly from this range."""
    length: tuple[float, float] = (0.30, 0.60)
    """Of a line."""
    thickness: tuple[float, float] = (0.06, 0.12)
    """Of a line; never under one pixel."""
    more: float = 0.0
    """Share of samples with up to ``most`` strokes a class instead of one."""
    most: int = 4
    dense: float = 0.0
    """Share of samples seeded as by a trimap: all but a band along the object's border."""
    band: tuple[float, float] = (0.02, 0.15)
    """Half-width of that band."""


PAPER = Markers()
"""One line or circle a class. The paper does not say how large they are; with these sizes the
exact answer has about the paper's energy and IoU (Table 1), which thinner strokes do not give."""


def generate(masks: torch.Tensor, markers: Markers, generator: torch.Generator) -> torch.Tensor:
    """Seeds for the object and for its background.

    Parameters
    ----------
    masks
        (B, H, W) uint8: 1 the object, 0 the background, anything else neither.

    Returns
    -------
    torch.Tensor
        (B, 2, H, W) float32, object first; each plane lies within its region and is empty only
        where the region is.
    """
    regions = regions_of(masks)
    batch = len(masks)
    seeds = draw_marker(regions, _centres(regions, generator), markers, generator)
    if markers.more > 0:
        many = _coin(batch, markers.more, generator)
        for _ in range(markers.most - 1):
            extra = draw_marker(regions, random_pixels(regions, generator), markers, generator)
            drawn = (many & _coin(batch, 0.5, generator)).repeat_interleave(2)
            seeds |= extra & drawn[:, None, None]
    if markers.dense > 0:
        trimap = _coin(batch, markers.dense, generator).repeat_interleave(2)
        seeds |= _interior(regions, markers, generator) & trimap[:, None, None]
    return seeds.view(batch, 2, *seeds.shape[1:]).float()


def regions_of(masks: torch.Tensor) -> torch.Tensor:
    """Of the object and of the background of each picture, (2B, H, W) bool."""
    return torch.stack([masks == OBJECT, masks == BACKGROUND], 1).flatten(0, 1)


def with_more(
    seeds: torch.Tensor,
    masks: torch.Tensor,
    count: int,
    markers: Markers,
    generator: torch.Generator,
) -> torch.Tensor:
    """Seeds (B, 2, H, W) with so many strokes more of each class, anywhere in its region."""
    regions = regions_of(masks)
    for _ in range(count):
        drawn = draw_marker(regions, random_pixels(regions, generator), markers, generator)
        seeds = torch.maximum(seeds, drawn.view_as(seeds).to(seeds))
    return seeds


def draw_marker(
    regions: torch.Tensor, centres: torch.Tensor, markers: Markers, generator: torch.Generator
) -> torch.Tensor:
    """A line or a circle about each centre, cut to the region: (B, H, W) bool.

    Parameters
    ----------
    regions
        (B, H, W) bool.
    centres
        (B, 2) row and column.
    """
    batch, height, width = regions.shape
    side = max(height, width)
    down = torch.arange(height, dtype=torch.float32, device=regions.device)
    right = torch.arange(width, dtype=torch.float32, device=regions.device)
    rows = down[None, :, None] - centres[:, 0, None, None]
    columns = right[None, None, :] - centres[:, 1, None, None]
    half = side * _uniform(batch, markers.length, generator) / 2
    # A line of no length is a point, and the pixels about a point are a circle.
    half = torch.where(_coin(batch, 0.5, generator)[:, None, None], half, 0.0)
    thickness = (side * _uniform(batch, markers.thickness, generator)).clamp_min(1.0) / 2
    radius = (side * _uniform(batch, markers.radius, generator)).clamp_min(1.0)
    reach = torch.where(half > 0, thickness, radius)
    angle = _uniform(batch, (0.0, torch.pi), generator)
    along = rows * angle.sin() + columns * angle.cos()
    across = rows * angle.cos() - columns * angle.sin()
    beyond = (along.abs() - half).clamp_min(0)
    marker = beyond.square() + across.square() <= reach.square()
    centre = (rows.abs() < 0.5) & (columns.abs() < 0.5)  # a thin line between pixels is not lost
    return (marker | centre) & regions


def random_pixels(regions: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """A pixel of each region, uniformly: (B, H, W) bool -> (B, 2) row and column, float32."""
    score = torch.rand(regions.shape, generator=generator, device=generator.device) + regions
    place = score.flatten(1).argmax(1)
    width = regions.shape[-1]
    return torch.stack([place // width, place % width], 1).float()


def _centres(regions: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Centre of mass where it lies in the region, else a random pixel of it: (B, 2)."""
    height, width = regions.shape[1:]
    mass = regions.flatten(1).sum(1).clamp_min(1)
    row = (regions.sum(2) * torch.arange(height, device=mass.device)).sum(1) / mass
    column = (regions.sum(1) * torch.arange(width, device=mass.device)).sum(1) / mass
    centre = torch.stack([row, column], 1).round()
    index = centre.long()
    inside = regions[torch.arange(len(regions), device=index.device), index[:, 0], index[:, 1]]
    return torch.where(inside[:, None], centre, random_pixels(regions, generator))


def _interior(regions: torch.Tensor, markers: Markers, generator: torch.Generator) -> torch.Tensor:
    """Regions without a band along their border; the band's width is one for the batch."""
    side = max(regions.shape[1:])
    share = float(_uniform(1, markers.band, generator))
    width = max(1, round(side * share))
    outside = (~regions).float()[:, None]
    return max_pool2d(outside, 2 * width + 1, stride=1, padding=width)[:, 0] == 0


def _uniform(batch: int, bounds: tuple[float, float], generator: torch.Generator) -> torch.Tensor:
    low, high = bounds
    return low + (high - low) * torch.rand(
        batch, 1, 1, generator=generator, device=generator.device
    )


def _coin(batch: int, share: float, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(batch, generator=generator, device=generator.device) < share
