"""The dock "Compare": the network against the exact solver on the same strokes, in numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QApplication, QLabel

from .session_dock import SessionDock
from .state_line import StateLine
from .subject_form import SubjectForm, button, row
from .table import ComparisonTable

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from ..comparison import Comparison

COMPARE = "Run both engines on the strokes now, and on every change while Live is on."
COPY = "Put the table on the clipboard, as comma-separated values."
HINT = (
    "Both engines minimise the same energy; the exact solver reaches its minimum. The layer "
    "<i>difference</i> is bright where the network disagrees."
)


class CompareWidget(SessionDock):
    """Table and difference layer of the two engines.

    Parameters
    ----------
    napari_viewer
        The viewer whose layers are worked on.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer)
        self.comparison: Comparison | None = None
        """The one on view."""
        self._run = button("Compare", COMPARE)
        self._copy = button("Copy as CSV", COPY)
        self._copy.setEnabled(False)
        self._table, self._state = ComparisonTable(), StateLine()
        self._lay_out()
        self._run.clicked.connect(self.run)
        self._copy.clicked.connect(self.copy_csv)
        self.session.state_changed.connect(self._state.show_state)
        self.session.solved.connect(self._on_solved)
        self._state.show_state(self.session.state)
        self.open_session()

    def _lay_out(self) -> None:
        hint = QLabel(HINT)
        hint.setWordWrap(True)
        self.column.addLayout(SubjectForm(self.session))
        self.column.addWidget(row(self._run, self._copy))
        self.column.addWidget(self._table)
        self.column.addWidget(self._state)
        self.column.addWidget(hint)
        self.column.addStretch(1)

    def open_session(self) -> None:
        super().open_session()
        self.session.set_comparing(True)

    def close_session(self) -> None:
        self.session.set_comparing(False)
        super().close_session()

    def run(self) -> None:
        """Run both engines now."""
        self.session.set_choices(replace(self.session.choices, engine="both"))
        self.session.solve_once()

    def copy_csv(self) -> None:
        """Put the table on the clipboard."""
        if self.comparison is not None:
            QApplication.clipboard().setText(self.comparison.to_csv())

    def _on_solved(self) -> None:
        answer = self.session.answer
        if answer is not None and answer.comparison is not None:
            self.comparison = answer.comparison
            self._table.show_comparison(answer.comparison)
            self._copy.setEnabled(True)
