"""What all networks share: picture and seeds go in, probabilities or alpha come out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from .architecture import Architecture

DOUBT = 1e-3
"""However sure the prior is, the network can still turn it over."""


class SeededNetwork(nn.Module, ABC):
    """Picture and seeds -> probabilities or alpha; fully convolutional, any size.

    With a prior, the scores are added to the prior's log-odds: the network starts from what the
    strokes say of each pixel by itself, and learns what the pixels say of each other.
    """

    output: nn.Conv2d

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture

    @abstractmethod
    def features(self, planes: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H, W) -> (B, width, H, W)."""

    @property
    @abstractmethod
    def reach(self) -> int:
        """How many pixels away from a seed the answer can still depend on it."""

    @property
    @abstractmethod
    def stride(self) -> int:
        """A picture moved by this many pixels has the same answer, moved as far."""

    def forward(self, picture_and_seeds: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H, W)."""
        features = self.features(picture_and_seeds)
        # Whatever precision the features have: the energy of a matte would be that of rounding.
        with torch.autocast(features.device.type, enabled=False):
            scores = self.output(features.float())
        if self.architecture.sees_prior:
            likely = picture_and_seeds[:, -1:].clamp(DOUBT, 1 - DOUBT)
            scores = scores + torch.cat([likely, 1 - likely], 1).log()
        answer: torch.Tensor = scores.softmax(1) if self.architecture.softmax else scores
        return answer


def convolution(channels: int, width: int, dilation: int = 1, stride: int = 1) -> list[nn.Module]:
    """A 3x3 convolution with batch-norm, whose shift makes a bias needless."""
    return [
        nn.Conv2d(channels, width, 3, stride, padding=dilation, dilation=dilation, bias=False),
        nn.BatchNorm2d(width),
    ]


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
