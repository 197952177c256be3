"""Pictures as users have them -> float32 channels-first arrays in [0, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InvalidInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CHANNELS = 16
"""A longer first axis is taken for the planes of a stack, unless the user says otherwise."""
PERCENTILES = (0.1, 99.9)
LARGEST = 1e300
"""Above it, the difference of two intensities could overflow."""


def normalise(image: NDArray[Any], name: str = "image") -> NDArray[np.float32]:
    """Scale intensities to [0, 1], the range that ``beta`` and ``epsilon`` refer to.

    Parameters
    ----------
    image
        Any shape. ``bool`` becomes 0 and 1; ``uint8`` is divided by 255; floats that already
        lie in [0, 1] are taken as they are. Everything else (16-bit, other floats, signed
        integers) is stretched linearly so that its 0.1 and 99.9 percentiles become 0 and 1,
        and clipped: 12-bit data stored in 16 bits would otherwise be all but black.
    name
        What to call the picture in an error.

    Raises
    ------
    InvalidInput
        If the picture is empty, complex, not numeric, or holds NaN or infinity.
    """
    image = as_array(image, name)
    if image.size == 0:
        raise InvalidInput(f"{name} is empty (shape {image.shape}); open a picture with pixels.")
    check_type(image.dtype, name)
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        bad = int(image.size - np.isfinite(image).sum())
        raise InvalidInput(
            f"{name} holds {bad} NaN or infinite values; replace them, for example with "
            "numpy.nan_to_num."
        )
    if image.dtype == np.bool_:
        return image.astype(np.float32)
    if image.dtype == np.uint8:
        return image.astype(np.float32) / np.float32(255)
    if image.dtype.kind == "f" and image.min() >= 0 and image.max() <= 1:
        return image.astype(np.float32)
    return _stretch(image)


def check_type(dtype: np.dtype[Any], name: str = "image") -> None:
    """Refuse what has no order, such as complex numbers or text.

    Raises
    ------
    InvalidInput
        Naming the type.
    """
    if dtype.kind not in "buif":
        raise InvalidInput(
            f"{name} has type {dtype}; convert it to an integer or float type first."
        )


def as_array(values: object, name: str) -> NDArray[Any]:
    """Anything array-like as an array.

    Raises
    ------
    InvalidInput
        If its rows have different lengths.
    """
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InvalidInput(
            f"{name} is no array: its rows have different lengths; give rows of one length."
        ) from error


def _stretch(image: NDArray[Any]) -> NDArray[np.float32]:
    is_wide = image.dtype.kind == "f" and image.dtype.itemsize >= 8
    peak = max(image.max(), -image.min()) if is_wide else 0
    values = (image / peak if peak > LARGEST else image).astype(np.float64)
    low, high = np.percentile(values, PERCENTILES)
    if high <= low:  # a few bright pixels on a constant ground, or a constant picture
        low, high = values.min(), values.max()
    if high <= low:
        return np.zeros(image.shape, np.float32)
    scaled: NDArray[np.float64] = (values - low) / (high - low)
    return scaled.clip(0, 1).astype(np.float32)


def channels_first(image: NDArray[Any], spatial: tuple[int, ...]) -> NDArray[Any]:
    """Bring a picture to (C, *spatial), finding its channel axis from the seeds' shape.

    Parameters
    ----------
    image
        Shape ``spatial``, ``spatial + (C,)`` or ``(C,) + spatial``.
    spatial
        The seeds' shape, (H, W).

    Raises
    ------
    InvalidInput
        If the shapes do not go together.
    """
    axis = channel_axis(image.shape, spatial)
    return image[None] if axis is None else np.moveaxis(image, axis, 0)


def channel_axis(shape: tuple[int, ...], spatial: tuple[int, ...]) -> int | None:
    """Which axis of a picture of ``shape`` holds the channels, the last or 0; None if none does.

    Raises
    ------
    InvalidInput
        As :func:`channels_first`.
    """
    for axis, rest in ((None, shape), (len(shape) - 1, shape[:-1]), (0, shape[1:])):
        if tuple(rest) == tuple(spatial):
            return axis
    raise InvalidInput(
        f"the strokes have shape {spatial} but the image has shape {shape}; paint them on a "
        "layer of the picture's own height and width."
    )


def opacity_of(image: NDArray[Any]) -> NDArray[np.float32] | None:
    """Opacity of an RGBA picture, (H, W, 4) -> (H, W) in [0, 1]; None if it has none."""
    if image.ndim != 3 or image.shape[-1] != 4:
        return None
    alpha = image[..., 3]
    top = np.iinfo(alpha.dtype).max if alpha.dtype.kind in "ui" else 1
    return (alpha.astype(np.float32) / np.float32(top)).clip(0, 1)


def without_alpha(image: NDArray[Any]) -> NDArray[Any]:
    """Drop the opacity channel of an RGBA picture, (H, W, 4) -> (H, W, 3)."""
    return image[..., :3] if image.ndim == 3 and image.shape[-1] == 4 else image
