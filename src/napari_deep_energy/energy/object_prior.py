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
ALIKE = (0.02, 0.10)
"""Share of a region in things like those with strokes, up to which it is one object, and from which
it is many alike things; see :func:`object_share`."""
LIKE = 3.0
"""Things are alike if none is larger by more than this factor."""
REACH = 12.0
"""Pixels of the small picture within which a stroke is near."""
EVEN = 1e-5
"""A picture that is brighter on one side by no more than this has no bright side."""
MOST_CLASSES = 6
"""Each class costs a look."""


class ObjectPrior:
    """The objects of a batch of pictures, ready for strokes on them.

    Of more than ``MOST_CLASSES`` classes, what the strokes say by themselves holds.

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
        """What they say by themselves, made when there are too many classes."""
        return StrokePrior(self._image, self._long_side)

    def targets(self, seeds: torch.Tensor, bandwidth: float) -> torch.Tensor:
        """As :meth:`.stroke_prior.Targets.targets`."""
        if not can_tell_apart(seeds.shape[1]):
            return self.strokes.targets(seeds, bandwidth)
        painted = adaptive_max_pool2d(seeds.float(), self.scene.size)
        logits = self.scene.logits(painted, bandwidth)
        wide = interpolate(logits, seeds.shape[2:], mode="bilinear", align_corners=False)
        return probabilities(wide).to(seeds.dtype)


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

    def logits(self, painted: torch.Tensor, bandwidth: float) -> torch.Tensor:
        """Of each class against the rest, (B, K, h, w), from where each is painted.

        No class is the object by its number, and a mirrored picture has mirrored objects.
        """
        x = features(self.strokes, self.image, painted, bandwidth)
        views = x.flatten(0, 1)
        found = 4 * views[:, 4:5]  # by the strokes
        share = object_share(found, views[:, 9:])
        (on_objects,) = share.flatten().nonzero(as_tuple=True)
        if len(on_objects):
            known = by_objects(views[on_objects])
            found[on_objects] = torch.lerp(found[on_objects], known, share[on_objects])
        return found.view_as(painted)


def by_objects(x: torch.Tensor) -> torch.Tensor:
    """What the network says, (N, 1, h, w), of features (N, 11, h, w)."""
    found = torch.zeros_like(x[:, :1])
    looks = [(n, mirrors(each[:3])) for n, each in enumerate(x)]
    seen = torch.stack([x[n].flip(axes) for n, ways in looks for axes in ways])
    with torch.no_grad():
        said = iter(logits(bundled_network(x.device), seen.to(memory_format=torch.channels_last)))
    for n, ways in looks:
        for axes in ways:
            found[n] += next(said).flip(axes) / len(ways)
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


def object_share(by_strokes: torch.Tensor, painted: torch.Tensor) -> torch.Tensor:
    """How far the strokes are on single things, rather than on some of many alike: (N, 1, 1, 1).

    It goes by the smaller one of the two regions that the strokes make out by themselves. If
    strokes are on two or more of its parts, and other parts are about as large, they are on some of
    many: of cells, say. Of clutter, the other parts are of any size.

    Parameters
    ----------
    by_strokes
        (N, 1, h, w) logit of a class against the rest.
    painted
        (N, 2, h, w): 1 where the class is painted, and where the rest is.
    """
    shares = []
    for logit, strokes in zip(by_strokes[:, 0].cpu().numpy(), painted.cpu().numpy(), strict=True):
        found = [
            _alike(region, stroke > 0)
            for region, stroke in zip((logit > 0, logit < 0), strokes, strict=True)
        ]
        shares.append(min(found)[1])
    one, many = ALIKE
    share = (many - torch.tensor(shares)) / (many - one)
    return share.clamp(0, 1).view(-1, 1, 1, 1).to(by_strokes)


def _alike(region: NDArray[np.bool_], stroke: NDArray[np.bool_]) -> tuple[int, float]:
    """Pixels of a region, and the share of them in parts like those with a stroke, but without."""
    parts, count = label(region)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    size = int(sizes[1:].sum())
    touched = np.unique(parts[stroke & region])
    if len(touched) < 2:
        return size, 0.0
    usual = np.median(sizes[touched])
    alike = (sizes > usual / LIKE) & (sizes < usual * LIKE)
    alike[0] = alike[touched] = False
    return size, float(sizes[alike].sum()) / size


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
    painted = (painted > 0).float()
    painted = painted * (painted.sum(1, keepdim=True) < 2)  # of two strokes in a cell neither
    by_colour = posterior(strokes.palette, painted, bandwidth)
    distance = strokes.distances(painted, by_colour)
    by_both, by_way, near = weigh(by_colour, distance), torch.exp(-4 * distance), nearness(painted)
    colours = (2 * image - 1).expand(-1, 3, -1, -1)
    seen = []
    for k in range(painted.shape[1]):
        ratios = [log_ratio(likely, k) / 4 for likely in (by_colour, by_both)]
        nearest = [of_class_and_rest(each, k) for each in (by_way, near, painted)]
        seen.append(torch.cat([colours, *ratios, *nearest], 1))
    return torch.stack(seen, 1)


def logits(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Of the class, (N, 1, h, w): the strokes' own, corrected by the network."""
    correction: torch.Tensor = network(x)
    return correction[:, :1] + correction[:, 1:] * 4 * x[:, 4:5]


def probabilities(logits: torch.Tensor) -> torch.Tensor:
    """Of classes, each against the rest, (B, K, *S): they sum to one."""
    likely = logits.sigmoid()
    return likely / likely.sum(1, keepdim=True)


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
