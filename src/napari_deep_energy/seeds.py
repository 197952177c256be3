"""What the user painted: label images and trimaps <-> one-hot seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .errors import InvalidInput, TooFewLabels
from .images import as_array
from .stopping import check, never
from .strips import empty, strips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .stopping import Stop

CPU = torch.device("cpu")
MAX_CLASSES = 64
LARGEST_LABEL = 2**31 - 1
"""What results are written as."""
FOREGROUND, BACKGROUND = 1, 2
"""Label values of a matting scribble."""
TRIMAP_FOREGROUND = 255
"""Grey of an 8-bit trimap; its background is 0."""


def check_labels(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Check a label image (0 unlabelled, 1..K) and return it as int64; see :func:`checked`."""
    return checked(labels)[0]


def checked(labels: NDArray[Any], stop: Stop = never) -> tuple[NDArray[np.int64], list[int]]:
    """A label image (0 unlabelled, 1..K) as int64, and the values in it, ascending, without 0.

    ``stop`` is polled between strips of it.

    Raises
    ------
    InvalidInput
        If it is not 2D, not integer, negative, or holds fewer than two or more than
        ``MAX_CLASSES`` classes.
    """
    labels = as_array(labels, "seeds")
    if labels.dtype.kind not in "bui":
        raise InvalidInput(f"the strokes have type {labels.dtype}; use an integer label image.")
    if labels.size and labels.dtype.kind == "i" and labels.min() < 0:
        raise InvalidInput(
            f"the strokes hold the negative label {labels.min()}; use 0 for unlabelled and "
            "1, 2, ... for the classes."
        )
    if labels.size and labels.max() > LARGEST_LABEL:
        raise InvalidInput(
            f"the strokes hold the label {labels.max()}; number the classes 1, 2, ... up to "
            f"{LARGEST_LABEL}."
        )
    check(stop)
    labels = labels.astype(np.int64, copy=False)
    found = class_values(labels, stop)
    if len(found) < 2:
        have = f"the strokes hold only label {found[0]}" if found else "nothing is painted"
        raise TooFewLabels(f"{have}; paint at least two labels.")
    if len(found) > MAX_CLASSES:
        raise InvalidInput(
            f"the strokes hold {len(found)} classes; at most {MAX_CLASSES} can be told apart at "
            "once. Is this an instance segmentation instead of strokes?"
        )
    return labels, found


def class_values(labels: NDArray[Any], stop: Stop = never) -> list[int]:
    """Label values present in a label image, ascending, without 0."""
    # Of most pictures few pixels are painted: sorting those alone takes a tenth of the time.
    labels = np.atleast_1d(labels)
    parts = [labels[rows] for rows in strips(labels.shape, CPU, stop)]
    return sorted({int(value) for part in parts for value in np.unique(part[part != 0])})


def one_hot(
    labels: NDArray[np.int64], values: Sequence[int], like: torch.Tensor, stop: Stop = never
) -> torch.Tensor:
    """Seed image of each class, (1, K, *S) with ones where its strokes are, as ``like``."""
    # To a graphics card they travel as bytes.
    kind = like.dtype if like.device.type == "cpu" else torch.bool
    planes = empty((1, len(values), *labels.shape), torch.empty(0, device=CPU), kind)
    for rows in strips(labels.shape, CPU, stop):
        for plane, value in zip(planes[0], values, strict=True):
            plane[rows] = torch.from_numpy(labels[rows] == value)
    return planes.to(like.device).to(like.dtype)


def is_trimap_of(values: Sequence[int]) -> bool:
    """Whether matting strokes with these labels, ascending, are a trimap in a layer of labels.

    Foreground is 255 then, background 0; a scribble would hold 1 or 2.
    """
    return values[0] > BACKGROUND and values[-1] == TRIMAP_FOREGROUND


def labels_from_trimap(trimap: NDArray[Any]) -> NDArray[np.int64]:
    """Trimap -> matting scribble (1 foreground, 2 background, 0 unknown).

    Parameters
    ----------
    trimap
        (H, W): 0 background and the type's largest value (255, or 1 for floats) foreground;
        anything between is unknown.

    Raises
    ------
    InvalidInput
        If it is not a single plane, or lacks a foreground or a background.
    """
    trimap = as_array(trimap, "the trimap")
    if trimap.ndim == 3 and (trimap[..., :3] == trimap[..., :1]).all():
        trimap = trimap[..., 0]  # a grey picture saved as RGB
    if trimap.ndim != 2:
        raise InvalidInput(f"the trimap has shape {trimap.shape}; it must be a grey picture.")
    if trimap.dtype.kind not in "buif":
        raise InvalidInput(f"the trimap has type {trimap.dtype}; use 8-bit grey.")
    if trimap.size == 0:
        raise InvalidInput(f"the trimap is empty (shape {trimap.shape}); give one with pixels.")
    if trimap.dtype.kind == "f" and not np.isfinite(trimap).all():
        raise InvalidInput("the trimap holds NaN or infinite values; use 0, 0.5 and 1.")
    top = 1.0 if trimap.dtype.kind in "bf" else float(np.iinfo(trimap.dtype).max)
    labels = np.zeros(trimap.shape, np.int64)
    labels[trimap >= top] = FOREGROUND
    labels[trimap <= 0] = BACKGROUND
    for value, word, grey in ((FOREGROUND, "foreground", top), (BACKGROUND, "background", 0)):
        if not (labels == value).any():
            raise InvalidInput(
                f"the trimap has no {word} pixel (grey {grey:g}); its values run from "
                f"{trimap.min():g} to {trimap.max():g}. Mark some certain {word}."
            )
    return labels


def is_trimap(strokes: NDArray[Any]) -> bool:
    """Whether an 8-bit grey picture is a trimap rather than a label image: it reaches 255."""
    return bool(strokes.dtype == np.uint8 and strokes.size and strokes.max() == TRIMAP_FOREGROUND)
