"""The answer on view -> a folder of files, as the command line writes them."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from ..crops import Crop
from ..errors import InvalidInput
from ..files import file_name_of
from ..folders import replacing_folder
from . import picking, wording
from .choices import spec_of
from .solving import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..pixel_size import PixelSize
    from .session import Session
    from .solving import Answer


def writer(session: Session, parent: Path) -> Callable[[object, object], Path]:
    """Work for a thread: to write the answer on view, and return the new folder in ``parent``.

    Raises
    ------
    InvalidInput
        If there is no answer, or it is of a part of the picture.
    """
    answer, image = session.answer, session.subject.image
    if answer is None or image is None:
        raise InvalidInput(wording.NO_ANSWER)
    if isinstance(answer.request.picture.data, Crop):
        raise InvalidInput(wording.PART)
    size = picking.pixel_size_of(image, 2)
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


def _free(parent: Path, name: str) -> Path:
    """A folder that is not there yet: nothing is written over."""
    names = (name if n == 1 else f"{name}-{n}" for n in count(1))
    return next(parent / name for name in names if not (parent / name).exists())
