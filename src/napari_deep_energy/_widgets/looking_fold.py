"""Controls for a closer look: extra layers, and the way to the next uncertain spot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QCheckBox, QLabel

from . import shortcuts
from .backdrop_chooser import BackdropChooser
from .controls import button, row
from .fold import Fold

if TYPE_CHECKING:
    from ..layers import Kind
    from .session import Session

LOOK = "Uncertainty, probabilities, the next uncertain spot, what is behind a cut-out."
SPOT = (
    "Move the camera to the next place where the answer is least certain, with the brush in hand."
)
TIPS: dict[Kind, str] = {
    "uncertainty": (
        "Show a layer of the doubt at each pixel: 1 where the two best classes are equally "
        "probable, 0 where one is certain."
    ),
    "probability": (
        "Show a layer of the probability of the label in hand; it follows the label that you "
        "choose for the brush."
    ),
}


class LookingFold(Fold):
    """Check boxes of the extra layers, and a button."""

    def __init__(self, session: Session) -> None:
        super().__init__("Look closer", LOOK)
        self._session = session
        self._boxes = {}
        for kind, tip in TIPS.items():
            box = self._boxes[kind] = QCheckBox(kind.capitalize())
            box.setToolTip(tip)
            box.toggled.connect(partial(session.extras.set_wanted, kind))
        self.column.addWidget(row(*self._boxes.values()))
        spot = button("Next uncertain spot", SPOT, shortcuts.SPOT)
        spot.clicked.connect(session.spots.go_on)
        self.column.addWidget(spot)
        self.ground = BackdropChooser(session)
        text = QLabel("Cut-out on")
        text.setToolTip(self.ground.toolTip())
        self._matte_only = row(text, self.ground)
        self.column.addWidget(self._matte_only)
        session.choices_changed.connect(self._show_task)
        session.extras.changed.connect(self._show_kinds)
        self._show_kinds()
        self._show_task()

    def _show_task(self) -> None:
        self._matte_only.setVisible(self._session.choices.task == "matte")

    def _show_kinds(self) -> None:
        for kind, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(kind in self._session.extras.kinds)
