"""Drop-down list of what a cut-out lies on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.layers import Image
from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QColorDialog

from . import picking
from .choosers import Chooser

if TYPE_CHECKING:
    from .backdrop import Ground
    from .session import Session

TIP = (
    "What the cut-out of a matte is shown on: a checkerboard, a colour, or another image layer, "
    "scaled to fill the picture."
)
COLOURS = {"white": (255, 255, 255), "black": (0, 0, 0), "green": (0, 160, 60)}


class BackdropChooser(Chooser):
    """The checkerboard, colours, and the viewer's other pictures."""

    def __init__(self, session: Session) -> None:
        super().__init__(TIP)
        self._session = session
        self._grounds: list[Ground] = []
        self.activated.connect(self._on_activated)
        session.subject.listed.connect(self._list)
        session.backdrop.changed.connect(self._list)
        self._list()

    def _list(self) -> None:
        subject, ground = self._session.subject, self._session.backdrop.ground
        others = [layer for layer in picking.images(subject.viewer) if layer is not subject.image]
        named: list[tuple[str, Ground]] = [("checkerboard", None), *COLOURS.items()]
        named += [(layer.name, layer) for layer in others]
        if isinstance(ground, tuple) and ground not in COLOURS.values():
            named.append(("#{:02x}{:02x}{:02x}".format(*ground), ground))
        self._grounds = [ground for _, ground in named]
        with QSignalBlocker(self):
            self.clear()
            self.addItems([*(name for name, _ in named), "colour..."])
            places = [i for i, one in enumerate(self._grounds) if _is_same(one, ground)]
            self.setCurrentIndex(places[0] if places else 0)

    def _on_activated(self, place: int) -> None:
        if place < len(self._grounds):
            self._session.backdrop.choose(self._grounds[place])
            return
        colour = QColorDialog.getColor(parent=self, title="Colour behind the cut-out")
        if colour.isValid():
            self._session.backdrop.choose((colour.red(), colour.green(), colour.blue()))
        else:
            self._list()


def _is_same(one: Ground, other: Ground) -> bool:
    if isinstance(one, Image) or isinstance(other, Image):
        return one is other
    return one == other
