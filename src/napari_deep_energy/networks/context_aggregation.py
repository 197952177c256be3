"""Context Aggregation Network: paper section 3.4 and Fig. 1, after Yu and Koltun 2015."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import nn

FLAGS = ("softmax", "sees_prior")
DOUBT = 1e-3
"""However sure the prior is, the network can still turn it over."""
MOST = {"depth": 16}
"""Blocks; of channels 4096. A file may claim any size, and it is believed before the weights."""


@dataclass(frozen=True)
class Architecture:
    """Sizes of the network; the defaults are the paper's."""

    in_channels: int = 5
    """Three of the picture and two of the seeds."""
    out_channels: int = 2
    width: int = 32
    depth: int = 6
    """Number of residual blocks; block d dilates by 2^d, so 6 reach a dilation of 32."""
    softmax: bool = True
    """Whether the scores become probabilities (segmentation) or stay linear (matting)."""
    sees_prior: bool = False
    """Whether the last input channel is the energy's target of the class in question, from which
    the network's scores are then corrections. Not in the paper, whose energy has no prior."""

    def __post_init__(self) -> None:
        for name, value in self.to_dict().items():
            kind, most = (bool, 1) if name in FLAGS else (int, MOST.get(name, 4096))
            if type(value) is not kind or not (kind is bool or 1 <= value <= most):
                raise ValueError(f"the network's {name} is {value!r}")

    def build(self) -> ContextAggregationNetwork:
        """A freshly initialised network."""
        return ContextAggregationNetwork(self)

    def to_dict(self) -> dict[str, int | bool]:
        """Plain values, for checkpoints."""
        return asdict(self)


def _convolution(channels: int, width: int, dilation: int = 1) -> list[nn.Module]:
    # Batch-norm has its own shift, so the convolution needs no bias.
    return [
        nn.Conv2d(channels, width, 3, padding=dilation, dilation=dilation, bias=False),
        nn.BatchNorm2d(width),
    ]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with batch-norm and ReLU, a dilated one with batch-norm, and a skip."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_convolution(width, width),
            nn.ReLU(inplace=True),
            *_convolution(width, width),
            nn.ReLU(inplace=True),
            *_convolution(width, width, dilation),
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, width, H, W) -> (B, width, H, W)."""
        return features + self.body(features)  # type: ignore[no-any-return]


class ContextAggregationNetwork(nn.Module):
    """Picture and seeds -> probabilities or alpha; fully convolutional, any size.

    With a prior, the scores are added to the prior's log-odds: the network starts from what the
    strokes say of each pixel by itself, and learns what the pixels say of each other.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        width = architecture.width
        self.input = nn.Sequential(
            *_convolution(architecture.in_channels, width), nn.ReLU(inplace=True)
        )
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, 2**d) for d in range(architecture.depth))
        )
        self.output = nn.Conv2d(width, architecture.out_channels, 1)

    def forward(self, picture_and_seeds: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H, W)."""
        features = self.blocks(self.input(picture_and_seeds))
        # Whatever precision the features have: the energy of a matte would be that of rounding.
        with torch.autocast(features.device.type, enabled=False):
            scores = self.output(features.float())
        if self.architecture.sees_prior:
            likely = picture_and_seeds[:, -1:].clamp(DOUBT, 1 - DOUBT)
            scores = scores + torch.cat([likely, 1 - likely], 1).log()
        answer: torch.Tensor = scores.softmax(1) if self.architecture.softmax else scores
        return answer

    @property
    def reach(self) -> int:
        """How many pixels away from a seed the answer can still depend on it."""
        depth = self.architecture.depth
        return int(2 * depth + 2**depth)


def network_input(
    image: torch.Tensor, seeds: torch.Tensor, prior: torch.Tensor | None = None
) -> torch.Tensor:
    """Concatenate picture and seeds, paper Fig. 1.

    Parameters
    ----------
    image
        (B, C, H, W) in [0, 1]. The network sees three channels: RGB as it is, any other number
        of channels as their mean, repeated.
    seeds
        (B, 2, H, W): the class in question, and the rest.
    prior
        (B, 1, H, W) in [0, 1]: how likely the class in question is before the network has looked,
        for networks that see it.
    """
    if image.shape[1] != 3:
        image = image.mean(1, keepdim=True).expand(-1, 3, *image.shape[2:])
    return torch.cat([image, seeds] if prior is None else [image, seeds, prior], 1)
