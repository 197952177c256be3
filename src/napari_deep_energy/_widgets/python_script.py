"""The answer on screen as a Python script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidInput
from ..files import file_name_of, replacing
from ..layers import checksum
from ..sessions.picture_reference import PictureReference
from ..sessions.script import as_python
from .choices import call_arguments
from .data_folder import data_folder
from .wording import NO_ANSWER

if TYPE_CHECKING:
    from types import EllipsisType

    from ..layers import Picture
    from .session import Session


def script_of(session: Session) -> str:
    """Script that gives the latest answer.

    A picture that has no file is written to the user's data folder, for the script to read.

    Raises
    ------
    InvalidInput
        If nothing was solved yet, or that folder cannot be written to.
    """
    answer, image = session.answer, session.subject.image
    if answer is None or image is None:
        raise InvalidInput(NO_ANSWER)
    request = answer.request
    path, index = _source(request.picture, image.source.path, image.name)
    return as_python(
        path,
        index,
        request.labels,
        request.choices.task,
        tuple(answer.solutions),
        call_arguments(request.choices),
    )


def _source(
    picture: Picture, path: str | None, name: str
) -> tuple[Path, tuple[int | slice | EllipsisType, ...]]:
    """File to read the picture from, and what of its array to take."""
    if path and isinstance(picture.data, np.ndarray):
        file = Path(path).resolve()
        if PictureReference.to(file, picture.data, file) is not None:
            lead = (slice(None),) if picture.channels else ()
            return file, (*_plane(lead, picture), *((..., slice(3)) if picture.rgb else ()))
    pixels = picture.load()
    file = data_folder() / "pictures" / f"{file_name_of(name)}-{checksum(pixels):08x}.tif"
    if not file.exists():
        import tifffile

        with replacing(file) as draft:
            tifffile.imwrite(draft, pixels, compression="zlib", metadata=None)
    return file, ()


def _plane(lead: tuple[slice, ...], picture: Picture) -> tuple[int | slice, ...]:
    """The place of the plane, empty where the picture is nothing else."""
    return (*lead, *picture.index) if any(isinstance(p, int) for p in picture.index) else ()
