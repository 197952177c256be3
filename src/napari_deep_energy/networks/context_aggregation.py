"""Context Aggregation Network: paper section 3.4 and Fig. 1, after Yu and Koltun 2015."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from .seeded import SeededNetwork, convolution

if TYPE_CHECKING:
    import torch

    from .architecture import Architecture


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with batch-norm and ReLU, a dilated one with batch-norm, and a skip."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *convolution(width, width),
            nn.ReLU(inplace=True),
            *convolution(width, width),
            nn.ReLU(inplace=True),
            *convolution(width, width, dilation),
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, width, H, W) -> (B, width, H, W)."""
        return features + self.body(features)  # type: ignore[no-any-return]


class ContextAggregationNetwork(SeededNetwork):
    """The paper's network: one scale, and dilated convolutions to reach far."""

    stride = 1

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        width = architecture.width
        self.input = nn.Sequential(
            *convolution(architecture.in_channels, width), nn.ReLU(inplace=True)
        )
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, 2**d) for d in range(architecture.depth))
        )
        self.output = nn.Conv2d(width, architecture.out_channels, 1)

    def features(self, planes: torch.Tensor) -> torch.Tensor:
        return self.blocks(self.input(planes))  # type: ignore[no-any-return]

    @property
    def reach(self) -> int:
        depth = self.architecture.depth
        return int(2 * depth + 2**depth)
