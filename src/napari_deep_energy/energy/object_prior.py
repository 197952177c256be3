"""What the strokes say of every pixel, by someone who has seen objects before.

Colours and edges say where a region ends, not what belongs together: a shirt and the face above it
are one person. A small network has learnt that from pictures with masks, and corrects what
:class:`.stroke_prior.StrokePrior` makes of the strokes. The energy stays the same (Grady 2005),
with other targets; so the answer still keeps to the strokes and to the picture's edges.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import torch
from scipy.ndimage import distance_transform_edt
from torch.nn.functional import adaptive_avg_pool2d, logsigmoid

from ..stopping import check, never
from ..strips import converted, empty
from .alike_things import object_share
from .colour_prior import posterior
from .enlarging import enlarged
from .object_network import bundled_network
from .stroke_prior import LONG_SIDE, StrokePrior, small_size, weigh

if TYPE_CHECKING:
    from torch import nn

    from ..stopping import Stop

SURE = 8.0
"""Logits beyond this are all the same to the network."""
FINER = 1.5
"""How much finer the network's picture is than that on which distances are measured otherwise: it
also has to see where an object ends."""
REACH = 12.0
"""Pixels of the small picture within which a stroke is near."""
EVEN = 1e-5
"""A picture that is brighter on one side by no more than this has no bright side. It is small, as
beside it each further look costs time; of two nearly even pictures the looks can differ."""
BY_STROKES, PAINTED = slice(4, 5), slice(9, 11)
"""Channels of :func:`features`: the logit by the strokes' prior over ``SCALE``, and the strokes."""
SCALE = 4.0
"""Logits over this are as large as the other features."""
MOST_CLASSES = 6
"""Each class costs a look."""


class ObjectPrior:
    """The objects of a batch of pictures, ready for strokes on them.

    Parameters
    ----------
    image
        (B, C, H, W) in [0, 1], grey or RGB.
    long_side
        Pixels of the small picture on which the strokes' distances are measured; the network's is
        ``FINER`` times as large.
    stop
        Polled in between.
    """

    def __init__(self, image: torch.Tensor, long_side: int = LONG_SIDE, stop: Stop = never) -> None:
        self._image, self._long_side = image, long_side
        size = scene_size((image.shape[2], image.shape[3]), long_side)
        single = converted(image.detach(), image.new_empty(0, dtype=torch.float32), stop)
        check(stop)
        self.scene = Scene(adaptive_avg_pool2d(single, size))
        check(stop)
        bundled_network(image.device)  # read now, not at the first stroke

    @cached_property
    def strokes(self) -> StrokePrior:
        """What they say by themselves, made when it is asked for."""
        return StrokePrior(self._image, self._long_side)

    def targets(self, seeds: torch.Tensor, bandwidth: float, stop: Stop = never) -> torch.Tensor:
        """As :meth:`.stroke_prior.Targets.targets`.

        Strokes on some of many alike things, and those of more than ``MOST_CLASSES`` classes, speak
        for themselves.
        """
        if not can_tell_apart(seeds.shape[1]):
            return self.strokes.targets(seeds, bandwidth, stop)
        cover = adaptive_avg_pool2d(converted(seeds, self.scene.image, stop), self.scene.size)
        check(stop)
        logits, share = self.scene.look(cover, bandwidth)
        found = empty(tuple(seeds.shape), seeds)
        for rows, wide in enlarged(logits, (seeds.shape[2], seeds.shape[3]), stop):
            found[:, :, rows] = probabilities(wide)
        if share.amin() == 1:
            return found
        return mixed(self.strokes.targets(seeds, bandwidth, stop), found, share)


def can_tell_apart(classes: int) -> bool:
    """Whether a network is asked about so many classes."""
    return 2 <= classes <= MOST_CLASSES


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
        self._ways = [mirrors(each) for each in image]

    def look(self, cover: torch.Tensor, bandwidth: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of each class against the rest, (B, K, h, w), and how far they count.

        No class is the object by its number, and a mirrored picture has mirrored objects. How far
        they count, (B, K, 1, 1), is for :func:`object_share` to say.

        Parameters
        ----------
        cover
            (B, K, h, w) how much of each cell a class is painted on, 0..1.
        bandwidth
            See :func:`colour_prior.posterior`.
        """
        x = features(self.strokes, self.image, owned(cover), bandwidth)
        classes, x = x.shape[1], x.flatten(0, 1)
        found = SCALE * x[:, BY_STROKES]
        share = object_share(found, x[:, PAINTED])
        asked: list[int] = share.flatten().nonzero()[:, 0].tolist()
        if asked:
            found[asked] = self._by_network(x[asked], [self._ways[n // classes] for n in asked])
        return found.view_as(cover), share.view(*cover.shape[:2], 1, 1)

    def _by_network(self, x: torch.Tensor, ways: list[list[tuple[int, ...]]]) -> torch.Tensor:
        """What the network says of features (N, 11, h, w), seen in these ways: (N, 1, h, w)."""
        looks = [(n, axes) for n in range(len(x)) for axes in ways[n]]
        seen = torch.stack([x[n].flip(axes) for n, axes in looks])
        with torch.no_grad():
            seen = seen.contiguous(memory_format=torch.channels_last)
            said = corrected(bundled_network(x.device), seen)
        found = torch.zeros_like(x[:, :1])
        for (n, axes), one in zip(looks, said, strict=True):
            found[n] += one.flip(axes) / len(ways[n])
        return found


def mirrors(colours: torch.Tensor) -> list[tuple[int, ...]]:
    """Along which axes a picture, (C, h, w), is flipped to have its bright sides above and left.

    So a picture and its mirror image look the same. Where neither side is brighter, there are
    several ways, and the mean over them is the same for both.
    """
    found: list[tuple[int, ...]] = [()]
    for axis, size in ((1, colours.shape[1]), (2, colours.shape[2])):
        place = torch.linspace(-1, 1, size).to(colours)
        lines = colours.mean(0).mean(2 - axis)
        tilt = float((place * lines).mean())
        flipped = [(*axes, axis) for axes in found]
        if tilt > EVEN:
            found = flipped
        elif tilt >= -EVEN:
            found += flipped
    return found


def owned(cover: torch.Tensor) -> torch.Tensor:
    """Whose each cell is, (B, K, h, w) of 0 and 1: the class's that covers most of it.

    A cell of which two cover as much is nobody's, unless a class had no cell at all then.
    """
    most = cover.amax(1, keepdim=True)
    own = (cover > 0) & (cover >= 0.999 * most)  # the same cover, but for rounding
    own &= own.sum(1, keepdim=True) == 1
    without = ~own.flatten(2).any(2)[..., None, None]
    return (own | (without & (cover > 0))).float()


def features(
    strokes: StrokePrior, image: torch.Tensor, painted: torch.Tensor, bandwidth: float
) -> torch.Tensor:
    """What the network sees of each class against the rest, (B, K, 11, h, w) float32.

    Three colours; the logits of the class by colour alone and by the strokes' prior; and of the
    class and of the nearest other one, how near the strokes are by the way there, and as the crow
    flies; and the strokes.

    Parameters
    ----------
    strokes
        Of the small ``image``, (B, C, h, w) in [0, 1].
    painted
        (B, K, h, w): 1 where a class is painted.
    """
    by_colour = posterior(strokes.palette, painted, bandwidth)
    distance = strokes.distances(painted, by_colour)
    by_both, by_way, near = weigh(by_colour, distance), torch.exp(-4 * distance), nearness(painted)
    colours = (2 * image - 1).expand(-1, 3, -1, -1)
    seen = []
    for k in range(painted.shape[1]):
        ratios = [log_ratio(likely, k) / SCALE for likely in (by_colour, by_both)]
        nearest = [of_class_and_rest(each, k) for each in (by_way, near, painted)]
        seen.append(torch.cat([colours, *ratios, *nearest], 1))
    return torch.stack(seen, 1)


def corrected(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Logit of the class, (N, 1, h, w): the strokes' own, corrected by the network."""
    correction: torch.Tensor = network(x)
    return correction[:, :1] + correction[:, 1:] * SCALE * x[:, BY_STROKES]


def probabilities(logits: torch.Tensor) -> torch.Tensor:
    """Of classes, each against the rest, (B, K, *S): sigmoid(z_k) / sum_j sigmoid(z_j)."""
    return logsigmoid(logits).softmax(1)


def mixed(by_strokes: torch.Tensor, found: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Probabilities (B, K, *S) by the strokes, with that share of what was found, (B, K, *1)."""
    both = torch.lerp(by_strokes, found, share.to(found))
    return both / both.sum(1, keepdim=True)


def log_ratio(likely: torch.Tensor, k: int) -> torch.Tensor:
    """Logit of class k, (B, 1, *S), by probabilities (B, K, *S)."""
    one, rest = likely[:, k : k + 1], likely[:, others(k, likely)].sum(1, keepdim=True)
    log = one.clamp_min(1e-4).log() - rest.clamp_min(1e-4).log()
    return log.clamp(-SURE, SURE)


def of_class_and_rest(x: torch.Tensor, k: int) -> torch.Tensor:
    """Of class k, and the most of any other: (B, K, *S) -> (B, 2, *S)."""
    return torch.cat([x[:, k : k + 1], x[:, others(k, x)].amax(1, keepdim=True)], 1)


def others(k: int, x: torch.Tensor) -> list[int]:
    """The classes of (B, K, *S) but k."""
    return [other for other in range(x.shape[1]) if other != k]


def nearness(painted: torch.Tensor) -> torch.Tensor:
    """1 on the strokes of each class, and less the farther away: (B, K, h, w)."""
    near = torch.zeros_like(painted)
    for b, k in painted.flatten(2).any(2).nonzero().tolist():
        away = distance_transform_edt(painted[b, k].cpu().numpy() == 0)
        near[b, k] = torch.exp(torch.from_numpy(-away / REACH)).to(near)
    return near
