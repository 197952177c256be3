"""Picture and strokes of a job, from their files: one plane, or a T or Z stack of planes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidInput
from ..images import MOST_CHANNELS, channels_first, without_alpha
from ..inputs import Inputs, without_trimap
from ..lazy_pictures import open_picture, pixel_size_of
from ..picture_files import TIFF, axes_of, read_array, read_image, read_strokes
from .rules import seeds_by_rule

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .jobs import Job

MOST_COLOURS = 4
"""A last axis of at most this length holds the colours of a pixel."""


def read_inputs(job: Job) -> Inputs:
    """Read both files, or make strokes by the batch's rule.

    Raises
    ------
    InvalidInput
        If one of them cannot be read, or they do not fit together.
    """
    path, batch = job.pair.image, job.batch
    image, axes = _read_picture(path)
    size = pixel_size_of(path)
    shape = _spatial(image, axes)
    if job.pair.strokes is not None:
        strokes = _read_strokes(job.pair.strokes, shape if len(axes) == 3 else None)
        if strokes.ndim < len(axes):
            raise InvalidInput(
                f"{path.name} is a stack of shape {shape}, but its strokes are one plane; give a "
                "TIFF of the stack's shape, painted on the planes that matter."
            )
        channels_first(image, strokes.shape)
        strokes = without_trimap(strokes, batch.spec.task, job.pair.strokes.name)
        return Inputs(image, strokes, path.name, size, axes)
    if batch.rule is None:
        raise InvalidInput(
            f"{path.name} has no strokes; paint {job.pair.name}.strokes.png, give a folder of "
            "strokes, or choose a rule."
        )
    return Inputs(image, _by_rule(batch.rule, image, shape), path.name, size, axes)


def _spatial(image: NDArray[Any], axes: str) -> tuple[int, ...]:
    """The picture's shape without its channels."""
    if image.ndim == len(axes):
        return image.shape
    is_last = image.shape[-1] <= MOST_COLOURS < image.shape[0]
    return image.shape[:-1] if is_last else image.shape[1:]


def _read_picture(path: Path) -> tuple[NDArray[Any], str]:
    """A picture, channels first or last, and its spatial axes: "YX", "ZYX" or "TYX"."""
    if not path.is_dir() and path.suffix.lower() not in TIFF:
        return read_image(path), "YX"
    picture = open_picture(path)
    sizes = dict(zip(picture.axes, picture.data.shape, strict=True))
    planes = [axis for axis in "TZ" if sizes.get(axis, 1) > 1]
    if len(planes) > 1:
        raise InvalidInput(
            f"{path.name} has axes {picture.axes} and shape {tuple(picture.data.shape)}; give the "
            "stack of one time, or one plane over time."
        )
    if planes and not path.is_dir() and planes[0] not in axes_of(path):
        # The file does not say what its planes are: of a few, the channels of one picture.
        planes = planes if sizes[planes[0]] > MOST_CHANNELS else []
    if not planes and not path.is_dir():
        return read_image(path), "YX"
    spatial = "".join([*planes, "YX"])
    image = np.asarray(picture.arranged(spatial))
    if not planes:
        return without_alpha(image), spatial
    return (image[..., :3] if image.ndim == 4 and picture.axes[-1] == "S" else image), spatial


def _read_strokes(path: Path, planes: tuple[int, ...] | None) -> NDArray[Any]:
    """Strokes (H, W), or (N, H, W) if the picture is a stack of such planes."""
    if planes is None or path.suffix.lower() not in TIFF:
        return read_strokes(path)
    strokes = np.squeeze(read_array(path))
    return strokes if strokes.shape == planes else read_strokes(path)


def _by_rule(rule: str, image: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Strokes by a rule, of each plane by itself."""
    if len(shape) == 2:
        return seeds_by_rule(rule, image, (shape[0], shape[1]))
    planes = channels_first(image, shape)
    return np.stack(
        [seeds_by_rule(rule, planes[:, n], (shape[1], shape[2])) for n in range(shape[0])]
    )
