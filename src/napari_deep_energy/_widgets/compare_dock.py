"""The dock "Compare": the network against the exact solver on the same strokes, in numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QApplication, QCheckBox, QWidget

from .controls import button, row, sentence
from .preferences import remember
from .results import DIFFERENCE
from .session_dock import LEAVING, SessionDock
from .state_line import StateLine
from .subject_form import SubjectForm
from .table import ComparisonTable

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from qtpy.QtGui import QHideEvent

    from ..comparison import Comparison

COMPARE = "Run both engines on the strokes now, and on every change while Live is on."
COPY = "Put the table on the clipboard, as comma-separated values."
DIFFERENCE_TIP = (
    "Show the layer of the largest difference between the two answers at each pixel, "
    "over the classes, or between the two alphas."
)
HINT = (
    "Both engines minimise the same energy; the analytic one reaches its minimum. The gap "
    "says how far the network's answer is from it, without any ground truth."
)


class CompareWidget(SessionDock):
    """Table and difference layer of the two engines.

    Parameters
    ----------
    napari_viewer
        The viewer whose layers are worked on.
    """

    compares = True

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer)
        self.comparison: Comparison | None = None
        """The one on view."""
        self._before: str | None = None
        """Engine to return to; None while this dock is not open."""
        self._form = QWidget()
        self._form.setLayout(SubjectForm(self.session))
        self._run = button("Compare", COMPARE)
        self._copy = button("Copy as CSV", COPY)
        self._copy.setEnabled(False)
        self._table, self._state = ComparisonTable(), StateLine()
        self._difference = QCheckBox("Show difference")
        self._difference.setToolTip(DIFFERENCE_TIP)
        self._lay_out()
        self._difference.toggled.connect(self.show_difference)
        self._run.clicked.connect(self.run)
        self._copy.clicked.connect(self.copy_csv)
        self.session.state_changed.connect(self._state.show_state)
        self.session.solved.connect(self._on_solved)
        self.session.docks_changed.connect(self._on_docks)
        self.session.replaced.connect(self._on_replaced)
        self._state.show_state(self.session.state)
        self.open_session()

    def _lay_out(self) -> None:
        hint = sentence(HINT)
        self.column.addWidget(self._form)
        self.column.addWidget(row(self._run, self._copy))
        self.column.addWidget(self._table)
        self.column.addWidget(self._difference)
        self.column.addWidget(self._state)
        self.column.addWidget(hint)
        self.column.addStretch(1)

    def open_session(self) -> None:
        """Take part with both engines; the one chosen before is back when this dock goes."""
        super().open_session()
        if self._before is None:
            self._before = self.session.choices.engine
            self._choose_both()

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous() and not LEAVING.is_set():
            if self._before is not None and self.session.choices.engine == "both":
                self.session.set_choices(replace(self.session.choices, engine=self._before))
            self._before = None
        super().hideEvent(event)

    def _choose_both(self) -> None:
        """Not for the next viewer, too: this one may be closed without this dock being hidden."""
        self.session.set_choices(replace(self.session.choices, engine="both"))
        remember("engine", self._before or "both")

    def run(self) -> None:
        """Run both engines now."""
        self._choose_both()
        self.session.solve_once()

    def copy_csv(self) -> None:
        """Put the table on the clipboard."""
        if self.comparison is not None:
            QApplication.clipboard().setText(self.comparison.to_csv())

    def _on_docks(self) -> None:
        # The main dock has the same controls.
        self._form.setVisible(not self.session.is_shared)
        self._state.setVisible(not self.session.is_shared)

    def _on_replaced(self) -> None:
        self.comparison = None
        self._table.clear_numbers()
        self._copy.setEnabled(False)

    def show_difference(self, visible: bool) -> None:
        """Show or hide the layer of differences."""
        self._difference.setChecked(visible)
        layer = self.session.results.layers.get(DIFFERENCE)
        if layer is not None:
            layer.visible = visible

    def _on_solved(self) -> None:
        answer = self.session.answer
        if answer is None or answer.comparison is None:
            self._on_replaced()  # one engine was asked alone: older numbers are of other strokes
        else:
            self.comparison = answer.comparison
            self._table.show_comparison(answer.comparison)
            self._copy.setEnabled(True)
            self.show_difference(self._difference.isChecked())
