"""Drop-ins for scikit-image's ``random_walker`` and pymatting's ``estimate_alpha_cf``.

Same arguments, axes and results, always by the exact solver:

    from napari_deep_energy.peers import random_walker        # for skimage.segmentation
    from napari_deep_energy.peers import estimate_alpha_cf    # for pymatting
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy import ndimage
from skimage.util import img_as_float

from .energy import ClosedFormMatting, GridLaplacian, QuadraticEnergy
from .errors import InvalidInput
from .minimisers import NestedDissection, Outcome, SparseDirect
from .problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

FLOOR = 1e-10
"""What scikit-image adds to every affinity."""
MODES = ("cg_mg", "cg", "bf", "cg_j", None)


def random_walker(
    data: NDArray[Any],
    labels: NDArray[Any],
    beta: float = 130,
    mode: str | None = "cg_j",
    tol: float = 1e-3,
    copy: bool = True,
    return_full_prob: bool = False,
    spacing: Sequence[float] | None = None,
    *,
    prob_tol: float = 1e-3,
    channel_axis: int | None = None,
) -> NDArray[Any]:
    """Segment an image from seeds, as ``skimage.segmentation.random_walker`` does.

    Parameters
    ----------
    data
        (M, N) or (M, N, P) image, channels in addition where ``channel_axis`` says.
    labels
        Integer seeds of the image's shape: positive for the classes, 0 unlabelled, negative for
        pixels that do not take part.
    beta
        Sharpness, divided by 10 standard deviations of the image as there.
    mode, tol, prob_tol
        Accepted and without effect: the answer is exact.
    copy
        If false, ``labels`` is overwritten with the labels found.
    return_full_prob
        Whether to return the probability of each class instead of the labels.
    spacing
        Distance between pixels along each axis.
    channel_axis
        Axis of the channels, None for a grey image.

    Returns
    -------
    numpy.ndarray
        Classes 1 to K in the order of their labels, 0 for pixels that no seed can reach, negative
        for those that do not take part; or (K, M, N) probabilities.
    """
    if mode not in MODES:
        raise InvalidInput(f"mode is {mode!r}; it must be one of {MODES}.")
    image = _channels_first(np.asarray(data), np.asarray(labels).shape, channel_axis)
    distance = np.ones(image.ndim - 1) if spacing is None else np.asarray(spacing, float)
    if distance.shape != (image.ndim - 1,):
        raise InvalidInput(f"spacing is {spacing}; give one number for each of the image's axes.")
    seeds = _reachable(np.asarray(labels))
    if seeds.is_free.any():
        affinity = _affinities(image, beta, distance, channel_axis is not None)
        probabilities = _walk(image, affinity, seeds)
    else:
        warnings.warn("no seed can reach an unlabelled pixel; labels are returned", stacklevel=2)
        probabilities = seeds.one_hot.astype(float)
    if return_full_prob:
        return probabilities
    found = seeds.numbers.astype(np.asarray(labels).dtype)
    found[seeds.is_free] = probabilities[:, seeds.is_free].argmax(0) + 1
    if not copy:
        labels[...] = found
    return found


@dataclass(frozen=True)
class _Seeds:
    """Seeds with consecutive classes."""

    numbers: NDArray[np.int64]
    """1 to K on seeds, 0 on unlabelled pixels, negative on those that do not take part."""
    is_free: NDArray[np.bool_]
    """Unlabelled pixels that a seed can reach."""
    classes: int

    @property
    def one_hot(self) -> NDArray[np.bool_]:
        """Pixels of each class, (K, *S)."""
        return np.stack([self.numbers == k for k in range(1, self.classes + 1)])


def _channels_first(
    data: NDArray[Any], shape: tuple[int, ...], channel_axis: int | None
) -> NDArray[np.float64]:
    """Image as (C, *S) floats."""
    data = data[None] if channel_axis is None else np.moveaxis(data, channel_axis, 0)
    if data.shape[1:] != shape or data.ndim not in (3, 4):
        raise InvalidInput(
            f"the image has shape {data.shape[1:]} without its channels and labels {shape}; they "
            "must be the same, of 2 or 3 axes."
        )
    return np.asarray(img_as_float(data), np.float64)


def _reachable(labels: NDArray[Any]) -> _Seeds:
    """Seeds with consecutive numbers, and the pixels that a walker from a seed can reach."""
    values, index = np.unique(labels, return_inverse=True)
    if not (values > 0).any():
        raise InvalidInput("labels hold no seed; give at least one positive value.")
    numbers = index.reshape(labels.shape) - int((values < 0).sum())
    if not (values == 0).any():
        numbers[numbers >= 0] += 1
    reached = ndimage.binary_propagation(numbers > 0, mask=numbers >= 0)
    return _Seeds(numbers, reached & (numbers == 0), int((values > 0).sum()))


def _affinities(
    image: NDArray[np.float64], beta: float, spacing: NDArray[np.float64], multichannel: bool
) -> list[NDArray[np.float64]]:
    """exp(-beta |dI|^2) + floor along each axis, beta scaled as in scikit-image."""
    scale = beta / (10 * (image.std() or 1.0))
    if multichannel:
        scale /= np.sqrt(len(image))
    gradients = [np.diff(image, axis=axis + 1) / step for axis, step in enumerate(spacing)]
    return [np.exp(-scale * (gradient**2).sum(0)) + FLOOR for gradient in gradients]


def _walk(
    image: NDArray[np.float64], affinity: list[NDArray[np.float64]], seeds: _Seeds
) -> NDArray[np.float64]:
    """Probability that a walker from each pixel meets each class first, (K, *S)."""
    taking_part = seeds.is_free | (seeds.numbers > 0)
    for axis, weights in enumerate(affinity):
        before, after = (
            taking_part.take(range(start, start + weights.shape[axis]), axis) for start in (0, 1)
        )
        weights *= before & after
    targets = torch.from_numpy(seeds.one_hot.astype(np.float64))[None]
    # A pixel that does not take part touches no other; it is fixed to any class and then cleared.
    targets[:, 0, ~torch.from_numpy(taking_part)] = 1
    is_fixed = torch.from_numpy(~seeds.is_free)[None, None]
    laplacian = GridLaplacian([torch.from_numpy(weights)[None, None] for weights in affinity])
    energy = QuadraticEnergy(laplacian, targets, torch.zeros_like(targets[:, :1]), is_fixed)
    problem = Problem(torch.from_numpy(image)[None], targets, tuple(range(1, seeds.classes + 1)))
    engine = NestedDissection() if image.ndim == 3 else SparseDirect()
    return engine.minimise(problem, energy).x.numpy() * taking_part


def estimate_alpha_cf(
    image: NDArray[Any],
    trimap: NDArray[Any],
    preconditioner: object = None,
    laplacian_kwargs: Mapping[str, Any] | None = None,
    cg_kwargs: Mapping[str, Any] | None = None,
) -> NDArray[Any]:
    """Closed-form matte of an image and a trimap, as ``pymatting.estimate_alpha_cf`` does.

    Parameters
    ----------
    image
        (H, W, C) floats in [0, 1].
    trimap
        (H, W) floats: background up to 0.1, foreground from 0.9, unknown between.
    preconditioner, cg_kwargs
        Accepted and without effect: the answer is exact.
    laplacian_kwargs
        ``epsilon``, default 1e-7; a ``radius`` other than 1 is refused.

    Returns
    -------
    numpy.ndarray
        (H, W) alpha in [0, 1], of the trimap's type; known pixels keep the trimap's value.
    """
    options = dict(laplacian_kwargs or {})
    epsilon, radius = options.pop("epsilon", 1e-7), options.pop("radius", 1)
    if options or radius != 1:
        raise InvalidInput(f"laplacian_kwargs is {laplacian_kwargs}; only epsilon can be set.")
    is_foreground, is_background = trimap >= 0.9, trimap <= 0.1
    for name, mask in (("foreground", is_foreground), ("background", is_background)):
        if not mask.any():
            raise InvalidInput(f"the trimap holds no {name}; mark some of it.")
    planes = torch.from_numpy(np.moveaxis(np.asarray(image, np.float64), 2, 0).copy())[None]
    seeds = torch.from_numpy(np.stack([is_foreground, is_background])).double()[None]
    problem = Problem(planes, seeds, (1, 2))
    energy = ClosedFormMatting(epsilon, hard_seeds=True).energy(problem)
    solution = NestedDissection().minimise(problem, energy)
    if solution.outcome is not Outcome.EXACT:
        warnings.warn(solution.advice, stacklevel=2)
    alpha = np.where(is_foreground | is_background, trimap, solution.x[0].numpy())
    return alpha.clip(0, 1).astype(trimap.dtype)


estimate_alpha = estimate_alpha_cf
