"""Random-walker energy: Grady, "Random walks for image segmentation", 2006; paper Eq. (3)-(5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import torch

from ..stopping import check, never
from ..strips import strips
from .colour import lab
from .grid import GridLaplacian
from .object_prior import ObjectPrior
from .parameters import check_choice, check_number
from .quadratic import Prior, seeded_energy
from .stroke_prior import LONG_SIDE, StrokePrior, Targets

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..problem import Problem
    from ..stopping import Stop
    from .quadratic import Laplacian, QuadraticEnergy

LUMA = (0.2125, 0.7154, 0.0721)
"""Grey value of RGB, ITU-R BT.709, as scikit-image's ``rgb2gray``."""


def grey(image: torch.Tensor) -> torch.Tensor:
    """(B, C, *S) -> (B, 1, *S): luma of RGB, else the mean of the channels."""
    if image.shape[1] == 3:
        luma = image.new_tensor(LUMA).view(1, 3, *[1] * (image.ndim - 2))
        return (image * luma).sum(1, keepdim=True)
    return image.mean(1, keepdim=True)


AUTO_BETA = 2.0
"""``beta="auto"`` is this over the picture's mean squared step. Of 0.5, 1, 2 and 4 the one with the
best answers to strokes and clicks on photographs and on nuclei."""


@dataclass(frozen=True)
class RandomWalker:
    """Hyper-parameters of seeded segmentation; the defaults are the paper's."""

    task: ClassVar[str] = "segment"

    beta: float | Literal["auto"] = 1000.0
    """Sharpness of the affinity exp(-beta |I_i - I_j|^2), image in [0, 1]; ``"auto"`` takes it
    from each picture, so that its average step counts the same in a sharp and in a faint one."""
    lam: float = 10.0
    """Confidence of a soft seed."""
    hard_seeds: bool = False
    """Seeds keep their value exactly, as in Grady's paper; ``lam`` is then unused."""
    colour: Literal["grey", "channels", "lab"] = "grey"
    """Differences of grey values (paper), the Euclidean distance over all channels, or for RGB
    that in CIE Lab, which is how different two colours look."""
    floor: float = 1e-10
    """Added to each affinity. It joins regions that exp() would cut off, so that every pixel is
    decided by some seed: an isolated region takes the classes across its weakest borders."""
    prior: float = 0.0
    """Confidence, at each unpainted pixel, in the class that its colour and the way to the strokes
    speak for (Grady 2005; see :class:`StrokePrior`); 0 (paper) goes by the affinities alone."""
    bandwidth: float = 0.01
    """How far from a stroke's colour its prior reaches: a standard deviation in colour distance,
    with L in [0, 1]."""
    objects: bool = False
    """Of up to six classes in a grey or RGB picture, whether a network that has seen objects before
    corrects what the strokes speak for; see :class:`ObjectPrior`. Without a ``prior``, nothing."""

    def __post_init__(self) -> None:
        if self.beta != "auto":
            check_number("beta", self.beta, 0, 1e9)
        check_number("lam", self.lam, 1e-9, 1e12)
        check_choice("hard_seeds", self.hard_seeds, (True, False))
        check_choice("colour", self.colour, ("grey", "channels", "lab"))
        check_number("floor", self.floor, 0, 1)
        check_number("prior", self.prior, 0, 1e6)
        check_number("bandwidth", self.bandwidth, 1e-6, 1)
        check_choice("objects", self.objects, (True, False))

    @property
    def has_prior(self) -> bool:
        """Whether unpainted pixels have targets too."""
        return self.prior > 0

    @property
    def known_confidence(self) -> float:
        """Confidence at unpainted pixels, as far as it is known before the first stroke."""
        return self.prior

    def laplacian(
        self,
        image: torch.Tensor,
        spacing: tuple[float, ...] | None = None,
        stop: Stop = never,
    ) -> GridLaplacian:
        """L of a batch of pictures, (B, C, *S) in [0, 1]; it does not depend on the seeds.

        ``spacing`` is the distance of neighbours along each axis, 1 by default: differences are
        taken a unit of length, so that a step between far slices counts less. ``stop`` is polled
        between strips of the picture.
        """
        steps = squared_steps(image, self.features, spacing, stop)
        affinity = affinities(steps, self.beta, self.floor, stop)
        appearance = self.appearance(image, stop=stop) if self.prior else None
        check(stop)
        return GridLaplacian(affinity, appearance)

    def appearance(
        self, image: torch.Tensor, long_side: int = LONG_SIDE, stop: Stop = never
    ) -> Targets:
        """What gives unpainted pixels their targets; distances are measured on ``long_side``."""
        if self.looks_for_objects(image.shape[1], image.ndim - 2):
            return ObjectPrior(image, long_side, stop)
        return StrokePrior(image, long_side)

    def looks_for_objects(self, channels: int, axes: int = 2) -> bool:
        """Whether it does so in pictures like this: they have to be flat, and grey or RGB."""
        return self.objects and axes == 2 and channels in (1, 3)

    def features(self, image: torch.Tensor) -> torch.Tensor:
        """What the affinities compare, (B, D, *S)."""
        if self.colour == "channels":
            return image
        return grey(image) if self.colour == "grey" else lab(image)

    def energy(
        self, problem: Problem, laplacian: Laplacian | None = None, stop: Stop = never
    ) -> QuadraticEnergy:
        """The energy of ``problem``, on its device and in its precision.

        ``laplacian`` is that of the same picture, when it is at hand from an earlier stroke;
        ``stop`` is polled in between.
        """
        laplacian = laplacian or self.laplacian(problem.image, stop=stop)
        prior = None
        if self.prior:
            assert isinstance(laplacian, GridLaplacian)
            assert laplacian.stroke_prior is not None
            targets = laplacian.stroke_prior.targets(problem.seeds, self.bandwidth, stop)
            prior = Prior(targets, self.prior)
        hard = self.hard_seeds
        return seeded_energy(laplacian, problem, problem.seeds, self.lam, hard, prior, stop)


def affinities(
    steps: list[torch.Tensor],
    beta: float | Literal["auto"],
    floor: float,
    stop: Stop = never,
) -> list[torch.Tensor]:
    """w_ij = exp(-beta |I_i - I_j|^2 / h^2) + floor between neighbours, one (B, 1, *S-1) an axis.

    They overwrite the squared ``steps``, see :func:`squared_steps`: no gradient flows to these.
    """
    sharpness = auto_beta(steps) if beta == "auto" else beta
    for step in steps:
        for rows in strips(step.shape[2:], step.device, stop):
            step[:, :, rows].mul_(-sharpness).exp_().add_(floor)
    return steps


def squared_steps(
    image: torch.Tensor,
    features: Callable[[torch.Tensor], torch.Tensor],
    spacing: tuple[float, ...] | None = None,
    stop: Stop = never,
) -> list[torch.Tensor]:
    """|I_i - I_j|^2 / h^2 between neighbours, one (B, 1, *S-1) an axis.

    I are the ``features`` of the picture (B, C, *S), pixel by pixel; h is the ``spacing`` along the
    axis, 1 by default.
    """
    size = tuple(image.shape[2:])
    axes = range(len(size))
    steps = [
        image.new_empty(len(image), 1, *(n - (axis == along) for axis, n in enumerate(size)))
        for along in axes
    ]
    for rows in strips(size, image.device, stop):
        # One row more: the steps to it are this strip's.
        seen = features(image[:, :, rows.start : rows.stop + 1])
        for axis, step, h in zip(axes, steps, spacing or (1.0,) * len(size), strict=True):
            own = step[:, :, rows]
            new = seen.diff(dim=axis + 2).square().sum(1, keepdim=True)
            own.copy_(new[:, :, : own.shape[2]] / h**2)
    return steps


def auto_beta(steps: list[torch.Tensor]) -> torch.Tensor:
    """Beta of each picture from its squared steps, (B, 1, *1), much as in GrabCut (Rother 2004)."""
    count = sum(step[0].numel() for step in steps)
    mean = torch.stack([step.flatten(1).sum(1) for step in steps]).sum(0) / count
    return beta_of(mean).view(-1, *[1] * (steps[0].ndim - 1))


def beta_of(mean: torch.Tensor) -> torch.Tensor:
    """Beta of pictures with this mean squared step."""
    return AUTO_BETA / mean.clamp_min(1e-8)
