"""A picture and what was painted on it, from their files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import InvalidInput
from .images import MOST_CHANNELS, channels_first
from .lazy_pictures import pixel_size_of
from .picture_files import axes_of, read_image, read_strokes
from .pixel_size import UNTOLD, PixelSize
from .seeds import is_trimap, labels_from_trimap

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Inputs:
    """A picture and its strokes; both have planes before H if it is a stack."""

    image: NDArray[Any]
    """The strokes' shape, with channels first or last if there are any."""
    strokes: NDArray[Any]
    """(H, W) or (N, H, W) labels."""
    name: str
    size: PixelSize = UNTOLD
    axes: str = "YX"
    """Of the strokes: "YX", "ZYX" or "TYX"."""


def read_inputs(image: Path, strokes: Path, task: str, channels: bool = False) -> Inputs:
    """Read both files; for matting, a trimap becomes strokes.

    Parameters
    ----------
    image, strokes
        Paths of picture and labels, or for matting of a trimap.
    task
        ``"segment"`` or ``"matte"``.
    channels
        Whether planes are known to be the channels of one picture, however many.

    Raises
    ------
    InvalidInput
        If one of them cannot be read, or they do not fit together.
    """
    picture, labels = read_image(image), read_strokes(strokes)
    channels_first(picture, labels.shape)  # before anything slow: do they fit?
    if picture.shape[1:] == labels.shape and not channels:
        _refuse_stack(image, picture.shape)
    return Inputs(
        picture, without_trimap(labels, task, strokes.name), image.name, pixel_size_of(image)
    )


def without_trimap(strokes: NDArray[Any], task: str, name: str) -> NDArray[Any]:
    """Strokes that were read from the file ``name``; for matting, a trimap becomes strokes.

    Raises
    ------
    InvalidInput
        If it is a trimap, and the task is to segment.
    """
    if not is_trimap(strokes):
        return strokes
    if task != "matte":
        raise InvalidInput(
            f"{name} reaches 255 like a trimap; to segment, give labels 1, 2, ... (or use matte)."
        )
    return labels_from_trimap(strokes)


def _refuse_stack(path: Path, shape: tuple[int, ...]) -> None:
    if shape[0] > MOST_CHANNELS or axes_of(path)[:1] in ("Z", "T"):
        raise InvalidInput(
            f"{path.name} holds {shape[0]} planes of {shape[1]} x {shape[2]} pixels; segment a "
            "stack with the command volume, or say --channels if they are channels of one picture."
        )
