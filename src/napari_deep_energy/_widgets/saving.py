"""The answer on view -> a folder of files, as the command line writes them."""

from __future__ import annotations

import math
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from ..crops import Crop
from ..errors import InvalidInput
from ..files import file_name_of
from ..folders import replacing_folder
from . import picking, whole_layers, wording
from .choices import spec_of
from .solving import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..layers import Picture
    from ..pixel_size import PixelSize
    from .session import Session
    from .solving import Answer


MOST_PIXELS = 2**28
"""Larger pictures stay in the folder that they were answered into."""


def writer(session: Session, parent: Path) -> Callable[[object, object], Path]:
    """Work for a thread: to write the answer on view, and return the new folder in ``parent``.

    Of a picture that is so large that only a part is answered live, it is that of the whole.

    Raises
    ------
    InvalidInput
        If there is no answer, or it is of a part of the picture and the whole has none.
    """
    answer, image, plane = session.answer, session.subject.image, session.subject.plane()
    if image is None or plane is None:
        raise InvalidInput(wording.NO_ANSWER)
    size = picking.pixel_size_of(image, 2)
    picture = session.subject.picture()
    if picture is not None and isinstance(picture.data, Crop):
        whole = whole_layers.latest_of(session)
        if whole is None:
            raise InvalidInput(wording.PART)
        if whole.ndim != 2 or math.prod(plane.shape) > MOST_PIXELS:
            raise InvalidInput(wording.TOO_LARGE.format(whole.name))
        return partial(_write_whole, parent, image.name, picking.array_of(whole), plane, size)
    if answer is None:
        raise InvalidInput(wording.NO_ANSWER)
    return partial(_write, parent, image.name, answer, session.results.shown, size)


def _write(
    parent: Path,
    name: str,
    answer: Answer,
    engine: str,
    size: PixelSize,
    report: object,
    stop: object,
) -> Path:
    from ..inputs import Inputs  # torch comes with it
    from ..results import write_solution

    request, solution = answer.request, answer.solution_of(engine)
    exact = answer.solutions.get("analytic")
    gap = None if exact is None else solution.energy - exact.energy
    inputs = Inputs(load(request.picture), request.labels, name, size)
    folder = _free(parent, f"{file_name_of(name)}-{request.choices.task}")
    with replacing_folder(folder) as draft:
        write_solution(draft, inputs, solution, spec_of(request.choices), gap)
    return folder


def _write_whole(
    parent: Path,
    name: str,
    values: Any,
    plane: Picture,
    size: PixelSize,
    report: object,
    stop: object,
) -> Path:
    from ..outputs import write_whole

    found = np.asarray(values)
    task = "segment" if np.issubdtype(found.dtype, np.integer) else "matte"
    folder = _free(parent, f"{file_name_of(name)}-{task}")
    with replacing_folder(folder) as draft:
        write_whole(draft, found, load(plane), size)
    return folder


def _free(parent: Path, name: str) -> Path:
    """A folder that is not there yet: nothing is written over."""
    names = (name if n == 1 else f"{name}-{n}" for n in count(1))
    return next(parent / name for name in names if not (parent / name).exists())
