"""Reader and writer of session files, as the manifest offers them to napari."""

from __future__ import annotations

import uuid
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..layers import METADATA, LayerDataTuple
from .session_file import SUFFIX, SavedSession, read_session, write_session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def get_reader(path: str | list[str]) -> Callable[[Any], list[LayerDataTuple]] | None:
    """The reader, if this is one session file."""
    if isinstance(path, str) and path.lower().endswith(SUFFIX):
        return read_layers
    return None


def read_layers(path: str) -> list[LayerDataTuple]:
    """Layers of a session, strokes last; the dock takes up the settings that they carry.

    Raises
    ------
    InvalidInput
        If the file is damaged or no session.
    """
    session = read_session(Path(path))
    if session.missing:
        warnings.warn(f"Opened without its picture: {session.missing}", stacklevel=2)
    mark = uuid.uuid4().hex  # tells results of this session from those of another
    layers: list[LayerDataTuple] = []
    strokes: list[LayerDataTuple] = []
    for data, attributes, kind in session.layers:
        own = {**attributes.get("metadata", {}).get(METADATA, {}), "session": mark}
        is_strokes = kind == "labels" and "kind" not in own
        if is_strokes:
            own |= {
                "task": session.settings.get("task"),
                "settings": dict(session.settings),
                "names": dict(session.names),
                "history": session.history,
            }
        placed = (data, attributes | {"metadata": {METADATA: own}}, kind)
        (strokes if is_strokes else layers).append(placed)
    return layers + strokes


def write_layers(path: str, layers: Sequence[LayerDataTuple]) -> list[str]:
    """Save layers as a session; the settings are those that the strokes were last solved with."""
    write_session(Path(path), session_of_layers(layers))
    return [path]


def session_of_layers(layers: Sequence[LayerDataTuple]) -> SavedSession:
    """Layers with what their metadata say about them."""
    own: dict[str, Any] = {}
    for _, attributes, kind in layers:
        mine = attributes.get("metadata", {}).get(METADATA, {})
        if kind == "labels" and "kind" not in mine:
            own = mine
    kept = [layer for layer in layers if not _is_derived(layer)]
    picture = own.get("picture")
    return SavedSession(
        kept,
        own.get("settings") or {"task": own.get("task")},  # sample strokes know their task only
        own.get("history"),
        own.get("names", {}),
        Path(picture) if picture else None,
    )


def _is_derived(layer: LayerDataTuple) -> bool:
    """The backdrop is made anew with the cut-out."""
    own = layer[1].get("metadata", {}).get(METADATA, {})
    return bool(own.get("kind") == "backdrop")
