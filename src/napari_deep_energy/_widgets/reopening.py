"""A session file's layers in the viewer -> settings, results and strokes of the dock again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.layers import Layer

from ..layers import METADATA
from ..sessions.contribution import read_layers
from . import saved_choices, strokes_record

if TYPE_CHECKING:
    from pathlib import Path

    from .session import Session


def add_layers(session: Session, path: Path) -> None:
    """Open a session file into the viewer; the dock takes it up.

    Raises
    ------
    InvalidInput
        If the file is damaged or no session.
    """
    for layer in read_layers(str(path)):
        session.subject.viewer.add_layer(Layer.create(*layer))


def take_up(session: Session) -> None:
    """Use settings and results that came with the strokes; once, and only from a session file."""
    seeds, image = session.subject.seeds, session.subject.image
    if seeds is None or "session" not in seeds.metadata.get(METADATA, {}):
        return
    own = strokes_record.of(seeds)
    mark = own.pop("session")
    session.set_choices(saved_choices.from_plain(own.get("settings", {}), session.choices))
    if image is None:
        return
    for layer in session.subject.viewer.layers:
        result = layer.metadata.get(METADATA, {})
        if result.get("session") == mark and "kind" in result:
            session.results.adopt((result.get("engine", ""), result["kind"]), layer, image)
