"""Layers that are only made when asked for: probability of the class in hand, uncertainty."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from .wanted import NO_ENGINE, Wanted, planes

if TYPE_CHECKING:
    from ..layers import Kind
    from .session import Session


class Extras(QObject):
    """Keeps the wanted layers those of the engine on view and of the class in hand."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.kinds: frozenset[Kind] = frozenset()
        session.subject.styled.connect(self._on_styled)
        self._label = 0

    @property
    def wanted(self) -> Wanted:
        """What the next answer has to come with."""
        seeds = self._session.subject.seeds
        self._label = int(seeds.selected_label) if seeds is not None else 0
        return Wanted(self.kinds, self._label)

    def set_wanted(self, kind: Kind, is_wanted: bool) -> None:
        """Make this layer, or take it away."""
        if is_wanted == (kind in self.kinds):
            return
        self.kinds = self.kinds | {kind} if is_wanted else self.kinds - {kind}
        if is_wanted:
            self.refresh()
        else:
            self._session.results.remove((NO_ENGINE, kind))
        self.changed.emit()

    def refresh(self) -> None:
        """Make the layers anew from the latest answer."""
        session = self._session
        answer, image, seeds = session.answer, session.subject.image, session.subject.seeds
        if answer is None or image is None or seeds is None or not self.kinds:
            return
        solution = answer.solution_of(session.results.shown)
        session.results.show(replace(answer, planes=planes(self.wanted, solution)), image, seeds)

    def take_off(self) -> None:
        """Take the layers away until the next answer: they are of another task."""
        for kind in self.kinds:
            self._session.results.remove((NO_ENGINE, kind))

    def _on_styled(self) -> None:
        seeds = self._session.subject.seeds
        if seeds is None or "probability" not in self.kinds:
            return
        if int(seeds.selected_label) != self._label:
            self.refresh()
