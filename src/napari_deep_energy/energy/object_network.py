"""The network behind :class:`.object_prior.ObjectPrior`: which pixels are of the object in mind.

An encoder and a decoder with skips (Ronneberger, Fischer, Brox, "U-Net", 2015), at half the
resolution of a picture that is small already: what the picture shows varies slowly, and the edges
are the energy's business.
"""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn
from torch.nn.functional import interpolate
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..errors import InvalidInput

FORMAT = "napari-deep-energy/objects/1"
BUNDLED = Path(__file__).parent.parent / "weights" / "objects.safetensors"
CHANNELS = 11
"""See :func:`.object_prior.features`."""
WIDTHS = (24, 48, 96, 144)
"""Channels at a half, a quarter, an eighth and a sixteenth of the picture's sides."""


class ObjectNetwork(nn.Module):
    """Features (B, ``CHANNELS``, H, W) -> (B, 2, H, W): see :func:`.object_prior.corrected`."""

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = WIDTHS
        self.e1 = block(CHANNELS, half, stride=2)
        self.e2 = nn.Sequential(block(half, quarter, stride=2), Residual(quarter))
        self.e3 = nn.Sequential(
            block(quarter, eighth, stride=2), Residual(eighth), Residual(eighth)
        )
        self.e4 = nn.Sequential(
            block(eighth, sixteenth, stride=2), Residual(sixteenth), Residual(sixteenth, 2)
        )
        self.whole = nn.Linear(sixteenth, sixteenth)
        self.n3, self.d3 = narrowed(sixteenth, eighth)
        self.n2, self.d2 = narrowed(eighth, quarter)
        self.n1, self.d1 = narrowed(quarter, half)
        self.out = nn.Conv2d(half, 2, 3, padding=1)
        # To begin with, what the strokes say by themselves: nothing is added, times one.
        nn.init.zeros_(self.out.weight)
        with torch.no_grad():
            assert self.out.bias is not None
            self.out.bias.copy_(torch.tensor([0.0, 1.0]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What is added to the strokes' own logit, and what that is multiplied by."""
        e1 = self.e1(x)
        e2 = self.e2(e1)
        e3 = self.e3(e2)
        e4 = self.e4(e3)
        everywhere = self.whole(e4.mean((2, 3)))[:, :, None, None]
        d = torch.relu(e4 + everywhere)
        for narrow, decode, skip in (
            (self.n3, self.d3, e3),
            (self.n2, self.d2, e2),
            (self.n1, self.d1, e1),
        ):
            d = decode(torch.cat([enlarged(narrow(d), skip), skip], 1))
        return enlarged(self.out(d).float(), x)


def enlarged(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """At the size of another."""
    return interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


def block(before: int, after: int, stride: int = 1, dilation: int = 1, size: int = 3) -> nn.Module:
    """Convolution, normalisation over the batch, and what is positive."""
    return nn.Sequential(*_normalised(before, after, stride, dilation, size), nn.ReLU(inplace=True))


def _normalised(
    before: int, after: int, stride: int = 1, dilation: int = 1, size: int = 3
) -> list[nn.Module]:
    padding = dilation * (size // 2)
    convolution = nn.Conv2d(before, after, size, stride, padding, dilation, bias=False)
    return [convolution, nn.BatchNorm2d(after)]


def narrowed(below: int, skip: int) -> tuple[nn.Module, nn.Module]:
    """What comes from below with half the channels of the skip, and both joined."""
    return block(below, skip // 2, size=1), block(skip // 2 + skip, skip)


class Residual(nn.Module):
    """x + f(x) of two convolutions (He, Zhang, Ren, Sun, 2016)."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = block(channels, channels, dilation=dilation)
        self.second = nn.Sequential(*_normalised(channels, channels, dilation=dilation))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) -> the same."""
        return torch.relu(x + self.second(self.first(x)))


def folded(network: nn.Module) -> nn.Module:
    """A copy to be used: each normalisation is taken into the convolution before it."""
    network = copy.deepcopy(network).eval()
    for part in network.modules():
        if isinstance(part, nn.Sequential):
            for k in range(len(part) - 1):
                first, second = part[k], part[k + 1]
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    part[k], part[k + 1] = fuse_conv_bn_eval(first, second), nn.Identity()
    return network


@cache
def bundled_network(device: torch.device) -> nn.Module:
    """The trained network that comes with the plugin, in evaluation mode."""
    return load_network(BUNDLED).to(device)


def load_network(path: Path) -> nn.Module:
    """A folded network as the training writes it; a pickle is never loaded.

    Raises
    ------
    InvalidInput
        If the file holds anything else.
    """
    try:
        with safe_open(path, "pt") as file:
            known = (file.metadata() or {}).get("format")
            tensors = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InvalidInput(f"{path.name} is no network ({error}); train it anew.") from error
    if known != FORMAT:
        raise InvalidInput(
            f"{path.name} has format {known!r}, not {FORMAT!r}; train it anew by train-objects."
        )
    network = folded(ObjectNetwork())
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise InvalidInput(f"{path.name} is damaged; train it anew by train-objects.") from error
    network.requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval()


def metadata_of(path: Path) -> dict[str, Any]:
    """How the network in a file was trained."""
    with safe_open(path, "pt") as file:
        found: dict[str, Any] = json.loads((file.metadata() or {}).get("training", "{}"))
    return found
