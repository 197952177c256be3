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


@dataclass(eq=False)
class _Step:
    """A new object, which comes and goes with its step in the undo of the strokes."""

    strokes: Labels
    change: object
    """What napari keeps of the clearing of the strokes; the same object undone and redone."""
    layer: Labels
    place: NDArray[Any]
    """View of the layer's data, as large as the object."""
    mask: NDArray[np.bool_]
    """Pixels of it that are the object's; those that someone else has changed no longer are."""
    old: NDArray[Any]
    new: int
    is_done: bool = True

    def toggle(self) -> None:
        """Take the object out or put it back."""
        found, wanted = (self.new, self.old) if self.is_done else (self.old, self.new)
        self.mask = self.mask & (self.place == found)
        np.copyto(self.place, wanted, where=self.mask)
        self.is_done = not self.is_done
        self.layer.refresh()


class Committing(QObject):
    """Commits regions; undo and redo of "new object" take the committed region along.

    Contents do not tell which step was undone, as strokes are cleared to the same nothing every
    time. So each step is looked up in napari's own record of what can be undone and redone; an
    object whose step is in neither, as after a stroke that ends the redo, stays as it is.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._steps: list[_Step] = []
        session.subject.touched.connect(self._follow)
        session.subject.listed.connect(self._follow)

    def commit(self) -> int:
        """Put the region of the label in hand into the layer of objects.

        Returns
        -------
        int
            The object's number, 0 if there is nothing to commit.
        """
        mask, seeds = self._mask(), self._session.subject.seeds
        return 0 if mask is None or seeds is None else self._put(mask, seeds).new

    def new_object(self) -> int:
        """Commit, clear the strokes and take label 1 in hand; one undo reverts all of it."""
        mask, seeds = self._mask(), self._session.subject.seeds
        if mask is None or seeds is None:
            return 0
        is_cleared = strokes_edits.clear_all(self._session)
        step = self._put(mask, seeds)
        self._session.forget_plane()
        if is_cleared:  # else there is no step to undo
            step.change = next(reversed(_done(seeds)), None)
            self._steps.append(step)
        seeds.selected_label = 1
        return step.new

    def _mask(self) -> NDArray[np.bool_] | None:
        """The region of the label in hand; None, with a reason said, if there is none."""
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
        return mask

    def _put(self, mask: NDArray[np.bool_], seeds: Labels) -> _Step:
        """Write the region into the layer, as a step that no undo of the strokes knows yet."""
        session = self._session
        self._follow()  # a stroke ends the redo without a touch
        layer = self._layer(seeds)
        box = tuple(slice(places.min(), places.max() + 1) for places in np.nonzero(mask))
        place = strokes_edits.plane(session, layer)[box]
        # Redo brings the numbers of undone objects back.
        taken = (step.new for step in self._steps if step.layer is layer)
        number = max([int(np.max(layer.data)), *taken]) + 1
        step = _Step(seeds, None, layer, place, mask[box].copy(), place.copy(), number)
        strokes_edits.write(session, layer, mask, number)
        session.say(State("done", f"Object {number} is in the layer {layer.name}."))
        return step

    def _region(self, label: int) -> NDArray[np.bool_] | None:
        session, answer = self._session, self._session.answer
        assert answer is not None  # _mask() has looked
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
            assert picture is not None  # _mask() has looked
            assert image is not None
            data = np.zeros(picture.shape, np.int32)
            layer = Layer.create(*result_tuple("objects", "objects", data, image))
            session.results.add(OBJECTS, layer, image, seeds)
        return layer

    def _follow(self) -> None:
        """Take out the objects whose steps were undone, put back those that were redone."""
        seeds, layers = self._session.subject.seeds, self._session.subject.viewer.layers
        self._steps = [s for s in self._steps if s.strokes in layers and s.layer in layers]
        steps = [step for step in self._steps if step.strokes is seeds]
        if seeds is None or not steps:
            return
        done = {id(change) for change in _done(seeds)}
        undone = {id(change) for change in _undone(seeds)}
        for step in reversed(steps):
            if step.is_done and id(step.change) in undone:
                step.toggle()
        for step in steps:
            if not step.is_done and id(step.change) in done:
                step.toggle()
        known = done | undone
        self._steps = [s for s in self._steps if s.strokes is not seeds or id(s.change) in known]


def _done(strokes: Labels) -> list[object]:
    """Single changes that can be undone, the latest last; a brush that is down has staged some."""
    staged = getattr(strokes, "_staged_history", ())
    return [change for item in (*getattr(strokes, "_undo_history", ()), staged) for change in item]


def _undone(strokes: Labels) -> list[object]:
    return [change for item in getattr(strokes, "_redo_history", ()) for change in item]
