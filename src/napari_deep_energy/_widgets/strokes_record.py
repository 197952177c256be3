"""What a strokes layer carries in its metadata, so that a session file can be made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..layers import METADATA
from ..sessions.history import StrokeHistory
from . import picking, saved_choices

if TYPE_CHECKING:
    from napari.layers import Labels

    from .choices import Choices
    from .subject import Subject


def record(subject: Subject, choices: Choices) -> bool:
    """Note settings, picture and changed strokes; whether strokes have changed."""
    seeds, image = subject.seeds, subject.image
    if seeds is None or image is None:
        return False
    own = of(seeds)
    own["settings"] = saved_choices.to_plain(choices)
    own["picture"] = image.source.path
    array = picking.array_of(seeds)
    index = subject.index_of(seeds, array.shape)
    history = own.get("history")
    if history is None or history.shape != tuple(array.shape):
        own["history"] = history = StrokeHistory(tuple(array.shape))
    return bool(history.note(array[index], index))


def of(seeds: Labels) -> dict[str, Any]:
    """The plugin's part of the layer's metadata; writing into it is writing there."""
    own: dict[str, Any] = seeds.metadata.setdefault(METADATA, {})
    return own
