"""What the plugin writes into the strokes layer on request: each edit is one step of its undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import picking
from .wording import NO_ANSWER, State

if TYPE_CHECKING:
    from napari.layers import Labels
    from numpy.typing import NDArray

    from .session import Session

CERTAIN = 0.95
"""Pixels whose class is at least this probable are accepted as strokes."""


def clear_class(session: Session) -> None:
    """Erase the strokes of the label in hand, in the plane on display."""
    seeds = session.subject.seeds
    if seeds is None:
        return
    label = int(seeds.selected_label)
    count = write(session, seeds, plane(session, seeds) == label, 0)
    if not count:
        session.say(State("hint", f"There are no strokes of label {label} to clear."))


def clear_all(session: Session) -> bool:
    """Erase all strokes in the plane on display; whether there were any."""
    seeds = session.subject.seeds
    return seeds is not None and write(session, seeds, plane(session, seeds) != 0, 0) > 0


def accept(session: Session) -> None:
    """Turn the certain part of the result on view into strokes, where nothing is painted."""
    seeds, answer = session.subject.seeds, session.answer
    if seeds is None or answer is None:
        session.say(State("hint", NO_ANSWER))
        return
    solution = answer.solution_of(session.results.shown)
    probabilities = solution.probabilities
    if len(probabilities) == 1:  # opacity: label 1 is foreground, 2 background
        alpha = probabilities[0]
        labels, best = np.where(alpha > 0.5, *solution.values), np.maximum(alpha, 1 - alpha)
    else:
        labels, best = solution.labels, probabilities.max(0)
    if best.shape == plane(session, seeds).shape:
        certain = (plane(session, seeds) == 0) & (best >= CERTAIN)
        write(session, seeds, certain, labels[certain])


def plane(session: Session, layer: Labels) -> NDArray[Any]:
    """The layer's plane on display, (H, W); a view where that can be."""
    array = picking.array_of(layer)
    labels: NDArray[Any] = np.asarray(array[session.subject.index_of(layer, array.shape)])
    return labels


def write(session: Session, layer: Labels, mask: NDArray[Any], value: Any) -> int:
    """Set the pixels of ``mask`` (H, W) in the plane on display, as one step of undo.

    Returns
    -------
    int
        How many pixels there were.
    """
    inside = np.nonzero(mask)
    if not len(inside[0]):
        return 0
    layer.data_setitem(places(session, layer, inside), value)
    return len(inside[0])


def places(
    session: Session, layer: Labels, inside: tuple[NDArray[Any], ...]
) -> tuple[NDArray[Any], ...]:
    """Pixels of the plane on display -> their indices in the layer's whole array."""
    rest = iter(inside)
    shape = picking.array_of(layer).shape
    return tuple(
        next(rest) if isinstance(part, slice) else np.full(len(inside[0]), part)
        for part in session.subject.index_of(layer, shape)
    )
