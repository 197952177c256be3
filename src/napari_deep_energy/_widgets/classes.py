"""Names and colours of the classes; both are kept with the strokes layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import CyclicLabelColormap, DirectLabelColormap

from ..layers import METADATA
from ..palette import PALETTE
from . import strokes_record

if TYPE_CHECKING:
    from .session import Session

OURS = {"task", "session"}
"""What the metadata of strokes have that come with a sample or from a session file."""
GREY = (0.5, 0.5, 0.5, 1.0)
NAMED = 255
"""So many labels keep their colours when one of them gets another."""


def labels_in_use(session: Session) -> list[int]:
    """Labels that were solved, have a name, or are in hand; ascending."""
    seeds, answer = session.subject.seeds, session.answer
    if seeds is None:
        return []
    found = {int(seeds.selected_label), *strokes_record.of(seeds).get("names", {})}
    for solution in answer.solutions.values() if answer is not None else ():
        found |= set(solution.values)
    return sorted(found - {0})


def name_of(seeds: Labels, label: int) -> str:
    """The user's name of a class, empty if there is none."""
    return str(strokes_record.of(seeds).get("names", {}).get(label, ""))


def rename(session: Session, label: int, name: str) -> None:
    """Name a class; the status bar shows the name under the cursor."""
    seeds = session.subject.seeds
    if seeds is None:
        return
    names = strokes_record.of(seeds).setdefault("names", {})
    names.pop(label, None)
    if name.strip():
        names[label] = name.strip()
    show_names(session)
    session.autosave.note_change()


def show_names(session: Session) -> None:
    """Give label layers the names as a feature, which napari shows in the status bar."""
    seeds = session.subject.seeds
    if seeds is None:
        return
    names = strokes_record.of(seeds).get("names", {})
    results = (layer for (_, kind), layer in session.results.layers.items() if kind == "labels")
    features = {"index": list(names), "class": list(names.values())}
    for layer in (seeds, *results):
        if list(layer.features.get("class", [])) != features["class"]:
            layer.features = features


def recolour(seeds: Labels, label: int, rgba: tuple[float, float, float, float]) -> None:
    """Give one class another colour; the others keep theirs, results follow."""
    colours: dict[int | None, Any] = {
        other: seeds.get_color(other) for other in range(1, max(NAMED, label) + 1)
    }
    colours |= {None: np.array(GREY), 0: np.zeros(4), label: np.array(rgba)}
    seeds.colormap = DirectLabelColormap(color_dict=colours)


def give_palette(strokes: Labels) -> None:
    """Colour a sample's strokes and a session's as new ones are, unless they have their own."""
    is_ours = not OURS.isdisjoint(strokes.metadata.get(METADATA, {}))
    plain = Labels(np.zeros((1, 1), np.uint8)).colormap
    theirs = strokes.colormap
    is_plain = theirs.name == plain.name and np.array_equal(theirs.colors, plain.colors)
    if is_ours and is_plain:
        strokes.colormap = palette()


def palette() -> CyclicLabelColormap:
    """Colours of overlays, for layers of labels.

    Cyclic as the ones that napari itself begins with: no table of labels to look up.
    """
    opaque = np.column_stack([PALETTE / 255, np.ones(len(PALETTE))])
    return CyclicLabelColormap(colors=np.vstack([np.zeros(4), opaque]))


def colour_of(seeds: Labels, label: int) -> tuple[float, float, float]:
    """Red, green and blue of a class, in 0..1."""
    colour = seeds.get_color(label)
    red, green, blue = (PALETTE[0] / 255 if colour is None else colour)[:3]
    return float(red), float(green), float(blue)
