"""What the strokes say of every pixel, by someone who has seen objects before.

Colours and edges say where a region ends, not what belongs together: a shirt and the face above it
are one person. A small network has learnt that from pictures with masks, and corrects what
:class:`.stroke_prior.StrokePrior` makes of the strokes. The energy stays the same (Grady 2005),
with other targets; so the answer still keeps to the strokes and to the picture's edges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from scipy.ndimage import distance_transform_edt
from torch.nn.functional import adaptive_avg_pool2d, adaptive_max_pool2d, interpolate

from .colour_prior import posterior
from .object_network import bundled_network
from .stroke_prior import LONG_SIDE, StrokePrior, small_size, weigh

if TYPE_CHECKING:
    from torch import nn

SURE = 8.0
"""Logits beyond this are all the same to the network."""
FINER = 1.5
"""How much finer the network's picture is than that on which distances are measured otherwise: it
also has to see where an object ends."""
TINT = 0.005
"""Mean difference of neighbouring channels up to which a picture is grey."""
REACH = 12.0
"""Pixels of the small picture within which a stroke is near."""
SWAPPED = [0, 1, 2, 3, 4, 6, 5, 8, 7, 10, 9]
"""Channels of :func:`features` when the two classes trade places."""


class ObjectPrior:
    """The objects of a batch of pictures, ready for strokes on one of them and on the rest.

    With any other number of classes than two, what the strokes say by themselves holds; and of grey
    pictures, which come from microscopes and scanners rather than from the world of objects.

    Parameters
    ----------
    image
        (B, 3, H, W) in [0, 1].
    long_side
        Pixels of the small picture on which other classes' distances are measured.
    """

    def __init__(self, image: torch.Tensor, long_side: int = LONG_SIDE) -> None:
        self.strokes = StrokePrior(image, long_side)
        size = scene_size((image.shape[2], image.shape[3]), long_side)
        self.scene = Scene(adaptive_avg_pool2d(image.detach().float(), size))
        self._knows = is_coloured(self.scene.image)
        bundled_network(image.device)  # read now, not at the first stroke

    def targets(self, seeds: torch.Tensor, bandwidth: float) -> torch.Tensor:
        """As :meth:`.stroke_prior.Targets.targets`."""
        if seeds.shape[1] != 2 or not self._knows:
            return self.strokes.targets(seeds, bandwidth)
        painted = adaptive_max_pool2d(seeds.float(), self.scene.size)
        logit = self.scene.logit(painted, bandwidth)
        wide = interpolate(logit, seeds.shape[2:], mode="bilinear", align_corners=False)
        return both(wide).to(seeds.dtype)


def scene_size(size: tuple[int, int], long_side: int = LONG_SIDE) -> tuple[int, int]:
    """Size of the picture that the network looks at."""
    height, width = small_size(size, round(FINER * long_side))
    return height, width


def is_coloured(image: torch.Tensor) -> bool:
    """Whether pictures (B, 3, h, w) in [0, 1] have colours, rather than grey saved as RGB."""
    return bool(image.diff(dim=1).abs().mean() > TINT)


class Scene:
    """The small picture that the network looks at.

    Parameters
    ----------
    image
        (B, 3, h, w) in [0, 1], float32.
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
        pair = torch.cat([x, swapped(x)]).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            first, second = logits(bundled_network(x.device), pair).chunk(2)
        return (first - second) / 2


def features(
    strokes: StrokePrior, image: torch.Tensor, painted: torch.Tensor, bandwidth: float
) -> torch.Tensor:
    """What the network sees, (B, 11, h, w) float32.

    Three colours; the logits of the first class by colour alone and by the strokes' prior; how near
    the strokes of each class are by the way there, and as the crow flies; and the strokes.

    Parameters
    ----------
    strokes
        Of the small ``image``, (B, 3, h, w) in [0, 1].
    painted
        (B, 2, h, w): 1 where a class is painted.
    """
    painted = (painted > 0).float()
    painted = painted * (1 - painted.prod(1, keepdim=True))  # of two strokes in a cell neither
    by_colour = posterior(strokes.palette, painted, bandwidth)
    distance = strokes.distances(painted, by_colour)
    return torch.cat(
        [
            2 * image - 1,
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
