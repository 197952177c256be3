"""Object by object: finished ones go to a layer that stays, and the strokes start afresh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer
from qtpy.QtCore import QObject

from ..crops import Crop
from ..layers import result_tuple
from . import strokes_edits, wording
from .wanted import NO_ENGINE
from .wording import State

if TYPE_CHECKING:
    from napari.layers import Labels
    from numpy.typing import NDArray

    from .session import Session

OBJECTS = (NO_ENGINE, "objects")


@dataclass
class _Step:
    """A new object, to be taken back when the strokes come back."""

    before: int
    """Fingerprint of the strokes that it was made of."""
    after: int
    layer: Labels
    places: tuple[NDArray[Any], ...]
    old: NDArray[Any]
    new: int
    is_done: bool = True


class Committing(QObject):
    """Commits regions; undo and redo of "new object" take the committed region along."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._last: _Step | None = None
        session.subject.touched.connect(self._on_touch)

    def commit(self) -> int:
        """Put the region of the label in hand into the layer of objects.

        Returns
        -------
        int
            The object's number, 0 if there is nothing to commit.
        """
        step = self._commit()
        return step.new if step else 0

    def new_object(self) -> int:
        """Commit, clear the strokes and take label 1 in hand; one undo reverts all of it."""
        step = self._commit()
        seeds = self._session.subject.seeds
        if step is None or seeds is None:
            return 0
        strokes_edits.clear_all(self._session)
        step.after = strokes_edits.fingerprint(self._session, seeds)
        self._last = step
        seeds.selected_label = 1
        return step.new

    def _commit(self) -> _Step | None:
        session = self._session
        seeds, answer = session.subject.seeds, session.answer
        if seeds is None or answer is None or session.subject.image is None:
            session.say(State("hint", wording.NO_ANSWER))
            return None
        if isinstance(answer.request.picture.data, Crop):
            session.say(State("hint", wording.PART))
            return None
        mask = self._region(int(seeds.selected_label))
        if mask is None or not mask.any():
            session.say(
                State("hint", f"Label {seeds.selected_label} has no region; choose one that has.")
            )
            return None
        layer = self._layer(seeds)
        before = strokes_edits.fingerprint(session, seeds)
        places = strokes_edits.places(session, layer, np.nonzero(mask))
        number = int(np.max(layer.data)) + 1
        step = _Step(before, before, layer, places, np.array(layer.data[places]), number)
        layer.data_setitem(places, number)
        session.say(State("done", f"Object {number} is in the layer {layer.name}."))
        return step

    def _region(self, label: int) -> NDArray[np.bool_] | None:
        session, answer = self._session, self._session.answer
        assert answer is not None  # _commit() has looked
        solution = answer.solution_of(session.results.shown)
        if label not in solution.values:
            return None
        if len(solution.x) > 1:
            return np.asarray(solution.labels == label)
        inside = solution.alpha > 0.5
        return inside if label == solution.values[0] else ~inside

    def _layer(self, seeds: Labels) -> Labels:
        session = self._session
        layer = session.results.layers.get(OBJECTS)
        if layer is None or layer not in session.subject.viewer.layers:
            picture = session.subject.picture()
            image = session.subject.image
            assert picture is not None  # _commit() has looked
            assert image is not None
            data = np.zeros(picture.shape, np.int32)
            layer = Layer.create(*result_tuple("objects", "objects", data, image))
            session.results.add(OBJECTS, layer, image, seeds)
        return layer

    def _on_touch(self) -> None:
        step, seeds = self._last, self._session.subject.seeds
        if step is None or seeds is None or step.layer not in self._session.subject.viewer.layers:
            return
        now = strokes_edits.fingerprint(self._session, seeds)
        if now == (step.before if step.is_done else step.after):
            step.is_done = not step.is_done
            step.layer.data[step.places] = step.new if step.is_done else step.old
            step.layer.refresh()
