"""A pyramid of scales, after Ronneberger, Fischer, Brox, "U-Net" (2015), with residual blocks.

Beside the paper's network: the same input, output and training. Most of its layers see a reduced
picture, so that it is several times cheaper, and strokes reach further.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn
from torch.nn.functional import interpolate, pad

from .seeded import SeededNetwork

if TYPE_CHECKING:
    import torch

    from .architecture import Architecture

WIDEST = 64
"""Channels of the coarse scales; the fine ones double from ``width`` up to this."""


class PixelNorm(nn.LayerNorm):
    """The channels of each pixel brought to mean 0 and variance 1 (Ba, Kiros, Hinton 2016).

    Batch-norm would remember how much border the coarse scales see, which depends on the size.
    """

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        return super().forward(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    """A norm, two 3x3 convolutions, and a skip, which is all that there is at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        last = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(last.weight)
        self.body = nn.Sequential(
            PixelNorm(width), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True), last
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, width, H, W) -> the same shape."""
        return features + self.body(features)  # type: ignore[no-any-return]


class PyramidNetwork(SeededNetwork):
    """Down by halves with a block at each scale, and up again, each scale added to the finer."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        widths = [
            max(architecture.width, min(WIDEST, architecture.width * 2**scale))
            for scale in range(architecture.scales + 1)
        ]
        pairs = list(pairwise(widths))
        self.input = nn.Conv2d(architecture.in_channels, widths[0], 3, padding=1)
        self.down = nn.ModuleList(Block(width) for width in widths)
        self.halve = nn.ModuleList(
            nn.Conv2d(fine, coarse, 3, stride=2, padding=1) for fine, coarse in pairs
        )
        self.widen = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairs)
        self.up = nn.ModuleList(Block(width) for width in widths[:-1])
        self.output = nn.Conv2d(widths[0], architecture.out_channels, 1)

    def features(self, planes: torch.Tensor) -> torch.Tensor:
        height, width = planes.shape[-2:]
        # Each halving then gives whole pixels; the picture goes on past its border as it ends.
        below, right = -height % self.stride, -width % self.stride
        if below or right:
            planes = pad(planes, (0, right, 0, below), "replicate")
        finer = []
        x = self.down[0](self.input(planes))
        for halve, down in zip(self.halve, self.down[1:], strict=True):
            finer.append(x)
            x = down(halve(x))
        for widen, up, skip in reversed(list(zip(self.widen, self.up, finer, strict=True))):
            x = interpolate(widen(x), scale_factor=2, mode="bilinear", align_corners=False)
            x = up(skip + x)
        return x[..., :height, :width]

    @property
    def stride(self) -> int:
        return int(2**self.architecture.scales)

    @property
    def reach(self) -> int:
        # Input, and at each scale two convolutions down, one to the next, two up, and one pixel of
        # interpolation, each in units of its scale.
        scales = self.architecture.scales
        return 1 + sum((2 + 1 + 2 + 2) * 2**scale for scale in range(scales)) + 2 * 2**scales
