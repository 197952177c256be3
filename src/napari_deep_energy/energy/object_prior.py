"""What the strokes say of every pixel, by someone who has seen objects before.

Colours and edges say where a region ends, not what belongs together: a shirt and the face above it
are one person. A small network has learnt that from pictures with masks, and corrects what
:class:`.stroke_prior.StrokePrior` makes of the strokes. The energy stays the same (Grady 2005),
with other targets; so the answer still keeps to the strokes and to the picture's edges.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, label
from torch.nn.functional import adaptive_avg_pool2d, adaptive_max_pool2d, interpolate

from .colour_prior import posterior
from .object_network import bundled_network
from .stroke_prior import LONG_SIDE, StrokePrior, small_size, weigh

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

SURE = 8.0
"""Logits beyond this are all the same to the network."""
FINER = 1.5
"""How much finer the network's picture is than that on which distances are measured otherwise: it
also has to see where an object ends."""
TOGETHER = (0.55, 0.75)
"""Share of a region in parts with a stroke, below which it is many alike things, and above which it
is one; see :func:`object_share`."""
REACH = 12.0
"""Pixels of the small picture within which a stroke is near."""
SWAPPED = [0, 1, 2, 3, 4, 6, 5, 8, 7, 10, 9]
"""Channels of :func:`features` when the two classes trade places."""


class ObjectPrior:
    """The objects of a batch of pictures, ready for strokes on one of them and on the rest.

    With any other number of classes than two, what the strokes say by themselves holds.

    Parameters
    ----------
    image
        (B, C, H, W) in [0, 1], grey or RGB.
    long_side
        Pixels of the small picture on which other classes' distances are measured.
    """

    def __init__(self, image: torch.Tensor, long_side: int = LONG_SIDE) -> None:
        self._image, self._long_side = image, long_side
        size = scene_size((image.shape[2], image.shape[3]), long_side)
        self.scene = Scene(adaptive_avg_pool2d(image.detach().float(), size))
        bundled_network(image.device)  # read now, not at the first stroke

    @cached_property
    def strokes(self) -> StrokePrior:
        """What they say by themselves, made when a third class is painted."""
        return StrokePrior(self._image, self._long_side)

    def targets(self, seeds: torch.Tensor, bandwidth: float) -> torch.Tensor:
        """As :meth:`.stroke_prior.Targets.targets`."""
        if seeds.shape[1] != 2:
            return self.strokes.targets(seeds, bandwidth)
        painted = adaptive_max_pool2d(seeds.float(), self.scene.size)
        logit = self.scene.logit(painted, bandwidth)
        wide = interpolate(logit, seeds.shape[2:], mode="bilinear", align_corners=False)
        return both(wide).to(seeds.dtype)


def scene_size(size: tuple[int, int], long_side: int = LONG_SIDE) -> tuple[int, int]:
    """Size of the picture that the network looks at."""
    height, width = small_size(size, round(FINER * long_side))
    return height, width


class Scene:
    """The small picture that the network looks at.

    Parameters
    ----------
    image
        (B, C, h, w) in [0, 1], float32; grey or RGB.
    """

    def __init__(self, image: torch.Tensor) -> None:
        self.size = (image.shape[2], image.shape[3])
        self.image = image
        self.strokes = StrokePrior(image, max(self.size))

    def logit(self, painted: torch.Tensor, bandwidth: float) -> torch.Tensor:
        """Of the first class against the second, (B, 1, h, w), from where each is painted.

        Neither is the object by its number: with the classes swapped it is the negative.
        """
        x = features(self.strokes, self.image, painted, bandwidth)
        by_strokes = 4 * x[:, 4:5]
        share = object_share(by_strokes, x[:, 9:])
        if not share.any():
            return by_strokes
        pair = torch.cat([x, swapped(x)]).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            first, second = logits(bundled_network(x.device), pair).chunk(2)
        return torch.lerp(by_strokes, (first - second) / 2, share)


def object_share(by_strokes: torch.Tensor, painted: torch.Tensor) -> torch.Tensor:
    """How far the strokes are on single things, rather than on some of many alike: (B, 1, 1, 1).

    It goes by the smaller one of the two regions that the strokes make out by themselves: how much
    of it hangs together with strokes. Of cells, two of which are painted, most lies apart.

    Parameters
    ----------
    by_strokes
        (B, 1, h, w) logit of the first class.
    painted
        (B, 2, h, w): 1 where a class is painted.
    """
    shares = []
    for logit, strokes in zip(by_strokes[:, 0].cpu().numpy(), painted.cpu().numpy(), strict=True):
        found = [
            _together(region, stroke > 0)
            for region, stroke in zip((logit > 0, logit < 0), strokes, strict=True)
        ]
        shares.append(min(found)[1])
    low, high = TOGETHER
    share = (torch.tensor(shares) - low) / (high - low)
    return share.clamp(0, 1).view(-1, 1, 1, 1).to(by_strokes)


def _together(region: NDArray[np.bool_], stroke: NDArray[np.bool_]) -> tuple[int, float]:
    """Pixels of a region, and the share of them in parts with a stroke."""
    size = int(region.sum())
    parts, _ = label(region)
    painted = np.unique(parts[stroke & region])
    return size, float(np.isin(parts, painted[painted > 0]).sum()) / max(size, 1)


def features(
    strokes: StrokePrior, image: torch.Tensor, painted: torch.Tensor, bandwidth: float
) -> torch.Tensor:
    """What the network sees, (B, 11, h, w) float32.

    Three colours; the logits of the first class by colour alone and by the strokes' prior; how near
    the strokes of each class are by the way there, and as the crow flies; and the strokes.

    Parameters
    ----------
    strokes
        Of the small ``image``, (B, C, h, w) in [0, 1].
    painted
        (B, 2, h, w): 1 where a class is painted.
    """
    painted = (painted > 0).float()
    painted = painted * (1 - painted.prod(1, keepdim=True))  # of two strokes in a cell neither
    by_colour = posterior(strokes.palette, painted, bandwidth)
    distance = strokes.distances(painted, by_colour)
    return torch.cat(
        [
            (2 * image - 1).expand(-1, 3, -1, -1),
            log_ratio(by_colour) / 4,
            log_ratio(weigh(by_colour, distance)) / 4,
            torch.exp(-4 * distance),
            nearness(painted),
            painted,
        ],
        1,
    )


def logits(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Of the first class, (B, 1, h, w): the strokes' own, corrected by the network."""
    correction: torch.Tensor = network(x)
    return correction[:, :1] + correction[:, 1:] * 4 * x[:, 4:5]


def swapped(x: torch.Tensor) -> torch.Tensor:
    """Features with the first class for the second and the other way round."""
    other = x[:, SWAPPED].clone()
    other[:, 3:5] *= -1
    return other


def both(logit: torch.Tensor) -> torch.Tensor:
    """Probabilities of the two classes, (B, 2, *S)."""
    return torch.cat([logit.sigmoid(), (-logit).sigmoid()], 1)


def log_ratio(likely: torch.Tensor) -> torch.Tensor:
    """Logit of the first of two classes, (B, 1, *S)."""
    log = likely.clamp_min(1e-4).log()
    return (log[:, :1] - log[:, 1:]).clamp(-SURE, SURE)


def nearness(painted: torch.Tensor) -> torch.Tensor:
    """1 on the strokes of each class, and less the farther away: (B, K, h, w)."""
    near = torch.zeros_like(painted)
    for b, k in painted.flatten(2).any(2).nonzero().tolist():
        away = distance_transform_edt(painted[b, k].cpu().numpy() == 0)
        near[b, k] = torch.exp(torch.from_numpy(-away / REACH)).to(near)
    return near
