"""A session file's layers in the viewer -> settings, results and strokes of the dock again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Layer

from ..layers import METADATA
from ..sessions.contribution import read_layers
from . import saved_choices, strokes_record

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Labels

    from ..sessions import StrokeHistory
    from .session import Session

MOST_UNDO = 100
"""Steps back, as many as napari keeps."""


def add_layers(session: Session, path: Path) -> None:
    """Open a session file into the viewer; the dock takes it up.

    Raises
    ------
    InvalidInput
        If the file is damaged or no session.
    """
    for layer in read_layers(str(path)):
        session.subject.viewer.add_layer(Layer.create(*layer))


def give_undo(strokes: Labels, history: StrokeHistory | None) -> None:
    """Let Ctrl+Z go back through the strokes that were painted before they were saved."""
    data = strokes.data
    is_writable = isinstance(data, np.ndarray) and data.flags.c_contiguous and data.flags.writeable
    if history is None or history.shape != data.shape or not is_writable:
        return
    saved, flat = data.copy(), data.reshape(-1)
    changes = list(history.changes())
    with strokes.events.blocker_all():
        flat[:] = 0
        for positions, labels in changes[:-MOST_UNDO]:
            flat[positions] = labels
        for positions, labels in changes[-MOST_UNDO:]:
            strokes.data_setitem(np.unravel_index(positions, history.shape), labels)
        if (differs := data != saved).any():  # what the history does not know of
            strokes.data_setitem(np.nonzero(differs), saved[differs])
    strokes.refresh()


def take_up(session: Session) -> None:
    """Use settings and results that came with the strokes; once, and only from a session file."""
    seeds, image = session.subject.seeds, session.subject.image
    if seeds is None or "session" not in seeds.metadata.get(METADATA, {}):
        return
    own = strokes_record.of(seeds)
    mark = own.pop("session")
    session.set_choices(saved_choices.from_plain(own.get("settings", {}), session.choices))
    give_undo(seeds, own.get("history"))
    if image is None:
        return
    for layer in list(session.subject.viewer.layers):
        result = layer.metadata.get(METADATA, {})
        if result.get("session") == mark and "kind" in result:
            session.results.adopt((result.get("engine", ""), result["kind"]), layer, image)
