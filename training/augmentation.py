"""From cached uint8 squares to a batch: flips, turns by multiples of 45 degrees, resizing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import affine_grid, grid_sample, interpolate

from .objects import BACKGROUND, OBJECT


@dataclass(frozen=True)
class Augmentation:
    """How pictures are varied."""

    flips: bool = True
    """Left-right and, through the turns, up-down."""
    turns: bool = True
    """By 0, 90, 180 or 270 degrees."""
    oblique: float = 0.25
    """Share of batches turned by 45 or 135 degrees (paper), the corners mirrored in."""


def augmented(
    images: torch.Tensor,
    masks: torch.Tensor,
    augmentation: Augmentation,
    generator: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Vary pictures (B, 3, S, S) and masks (B, S, S) alike, both uint8."""
    device = generator.device
    oblique, side = torch.rand(2, generator=generator, device=device).tolist()
    if oblique < augmentation.oblique:
        images, masks = _rotated(images, masks, math.radians(45 if side < 0.5 else 135))
    quarter = torch.randint(4, (len(images),), generator=generator, device=device)
    flip = torch.randint(2, (len(images),), generator=generator, device=device)
    turns = quarter if augmentation.turns else torch.zeros_like(quarter)
    flips = flip if augmentation.flips else torch.zeros_like(flip)
    pictures, planes = torch.empty_like(images), torch.empty_like(masks)
    for number in range(8):  # of a large batch, all that are turned alike at once
        turn, mirror = divmod(number, 2)
        alike = ((turns == turn) & (flips == mirror)).nonzero()[:, 0]
        for values, varied in ((images, pictures), (masks, planes)):
            turned = values[alike].rot90(turn, (-2, -1))
            varied[alike] = turned.flip(-1) if mirror else turned
    return pictures, planes


def resized(
    images: torch.Tensor, masks: torch.Tensor, size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Float32 pictures (B, 3, size, size) in [0, 1] and uint8 masks (B, size, size)."""
    pictures = images.float() / 255
    if images.shape[-1] != size:
        pictures = interpolate(
            pictures, (size, size), mode="bilinear", antialias=True, align_corners=False
        )
        masks = interpolate(masks[:, None].float(), (size, size), mode="nearest-exact")[:, 0].byte()
    return pictures, masks


def _rotated(
    images: torch.Tensor, masks: torch.Tensor, angle: float
) -> tuple[torch.Tensor, torch.Tensor]:
    cos, sin = math.cos(angle), math.sin(angle)
    matrix = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]], device=images.device).expand(
        len(images), 2, 3
    )
    grid = affine_grid(matrix, list(images.shape), align_corners=False)
    turned = grid_sample(
        images.float(), grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    planes = (
        grid_sample(
            masks[:, None].float(),
            grid,
            mode="nearest",
            padding_mode="reflection",
            align_corners=False,
        )[:, 0]
        .round()
        .byte()
    )
    # An object in a corner can turn out of the picture; such a picture stays as it was.
    keeps = (planes == OBJECT).flatten(1).any(1) & (planes == BACKGROUND).flatten(1).any(1)
    planes = torch.where(keeps[:, None, None], planes, masks)
    pictures = torch.where(keeps[:, None, None, None], turned.round().byte(), images)
    return pictures, planes
