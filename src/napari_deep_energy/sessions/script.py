"""A session as a Python script that gives the same result, to keep, to share or to loop over."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import EllipsisType

    from numpy.typing import NDArray

WIDTH = 88
"""Characters of a line of packed strokes."""
WRITER = "the napari plugin Deep Energy"
TEMPLATE = """\
{title!r}

import base64
import zlib
from pathlib import Path

import numpy as np

from napari_deep_energy import {task}
from napari_deep_energy.picture_files import read_array

image = read_array(Path({path!r})){index}
packed = (
{packed}
)
strokes = np.frombuffer(zlib.decompress(base64.b64decode(packed)), {dtype!r}).reshape({shape})
{calls}
"""
CALL = "{engine} = {task}(image, strokes, engine={engine!r}{options}){result}"
RESULTS = {"segment": "labels", "matte": "alpha"}


def as_python(
    image: Path,
    index: tuple[int | slice | EllipsisType, ...],
    strokes: NDArray[Any],
    task: str,
    engines: Sequence[str],
    options: Mapping[str, object],
) -> str:
    """Script whose variables, named like the ``engines``, hold the results.

    Parameters
    ----------
    image
        File of the picture.
    index
        The plane that was solved, in the file's array; empty for all of it.
    strokes
        (H, W) labels; they are written into the script.
    task
        ``"segment"`` (the results are labels) or ``"matte"`` (alpha).
    engines
        ``"network"``, ``"analytic"`` or both.
    options
        Further arguments of the call; those that are None are left out.
    """
    from .. import __version__

    given = "".join(f", {name}={value!r}" for name, value in options.items() if value is not None)
    result = f".{RESULTS[task]}"
    calls = [CALL.format(engine=e, task=task, options=given, result=result) for e in engines]
    return TEMPLATE.format(
        task=task,
        # As a literal: a file's name may hold quotes, and whatever comes after them.
        title=f"{task} {image.name}; written by {WRITER}, version {__version__}.",
        path=str(image),
        index=_shown(index),
        packed=_packed(strokes),
        dtype=strokes.dtype.name,
        shape=strokes.shape,
        calls="\n".join(calls),
    )


def _shown(index: tuple[int | slice | EllipsisType, ...]) -> str:
    return f"[{', '.join(map(_part, index))}]" if index else ""


def _part(part: int | slice | EllipsisType) -> str:
    if isinstance(part, slice):
        return f":{part.stop}" if part.stop is not None else ":"
    return "..." if part is ... else str(part)


def _packed(strokes: NDArray[Any]) -> str:
    """Strokes as text literals, a line each; mostly zeros, they take little room."""
    text = base64.b64encode(zlib.compress(np.ascontiguousarray(strokes).tobytes(), 9)).decode()
    lines = [text[start : start + WIDTH] for start in range(0, len(text), WIDTH)]
    return "\n".join(f'    "{line}"' for line in lines)
