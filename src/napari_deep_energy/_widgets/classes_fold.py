"""The list of classes, and what can be done with one of them or with a finished object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QColorDialog, QListWidget, QListWidgetItem

from . import classes, shortcuts, strokes_edits
from .controls import button, row
from .fold import Fold

if TYPE_CHECKING:
    from .session import Session

LIST = "Click: paint with this class. Double-click: name it."
COLOUR = "Choose another colour for the class in hand."
CLEAR = "Erase all strokes of the class in hand; one Ctrl+Z brings them back."
ACCEPT = (
    "Turn the certain part of the result on view (95 % and more) into strokes; one Ctrl+Z takes "
    "them away."
)
COMMIT = (
    'Put the region of the class in hand as a new object into the layer "objects", which the '
    "solver never writes to."
)
OBJECT = (
    "Commit the region of the class in hand, clear the strokes and go on with the next object; "
    "one Ctrl+Z reverts all of it."
)
LABEL = Qt.ItemDataRole.UserRole
ROWS_SHOWN = 4
ROW_HEIGHT = 22


class ClassesFold(Fold):
    """Names, colours, and the verbs of instance-by-instance work."""

    def __init__(self, session: Session) -> None:
        super().__init__("Classes", "Names and colours of the classes; work object by object.")
        self._session = session
        self._list = QListWidget()
        self._list.setToolTip(LIST)
        self._list.setIconSize(QSize(12, 12))
        self._list.setFixedHeight(ROW_HEIGHT * ROWS_SHOWN + 8)
        colour, clear = button("Colour...", COLOUR), button("Clear", CLEAR, shortcuts.CLEAR)
        accept, commit = button("Accept as strokes", ACCEPT), button("Commit", COMMIT)
        new = button("New object", OBJECT, shortcuts.OBJECT)
        self.column.addWidget(self._list)
        self.column.addWidget(row(colour, clear))
        self.column.addWidget(row(accept, commit))
        self.column.addWidget(new)
        colour.clicked.connect(self._on_colour)
        clear.clicked.connect(lambda: strokes_edits.clear_class(session))
        accept.clicked.connect(lambda: strokes_edits.accept(session))
        commit.clicked.connect(lambda: session.committing.commit())
        new.clicked.connect(lambda: session.committing.new_object())
        self._list.currentItemChanged.connect(self._on_current)
        self._list.itemChanged.connect(self._on_edited)
        for signal in (session.subject.styled, session.replaced, session.subject.listed):
            signal.connect(self.show_classes)
        session.solved.connect(self.show_classes)
        self.show_classes()

    def show_classes(self, _: object = None) -> None:
        """Put the classes in use on view."""
        classes.show_names(self._session)
        seeds = self._session.subject.seeds
        shown = [
            (label, classes.name_of(seeds, label), classes.colour_of(seeds, label))
            for label in (classes.labels_in_use(self._session) if seeds is not None else [])
        ]
        with QSignalBlocker(self._list):
            self._list.clear()
            for label, name, colour in shown:
                self._list.addItem(_item(label, name, colour))
            if seeds is not None:
                labels, in_hand = [label for label, _, _ in shown], int(seeds.selected_label) or 1
                self._list.setCurrentRow(labels.index(in_hand) if in_hand in labels else -1)

    def _on_current(self, item: QListWidgetItem | None) -> None:
        seeds = self._session.subject.seeds
        if item is not None and seeds is not None:
            seeds.selected_label = item.data(LABEL)

    def _on_edited(self, item: QListWidgetItem) -> None:
        label = item.data(LABEL)
        classes.rename(self._session, label, item.text().removeprefix(str(label)))
        self.show_classes()

    def _on_colour(self) -> None:
        seeds = self._session.subject.seeds
        if seeds is None:
            return
        label = int(seeds.selected_label)
        before = QColor.fromRgbF(*classes.colour_of(seeds, label))
        chosen = QColorDialog.getColor(before, self, f"Colour of class {label}")
        if chosen.isValid():
            classes.recolour(seeds, label, (chosen.redF(), chosen.greenF(), chosen.blueF(), 1.0))


def _item(label: int, name: str, colour: tuple[float, float, float]) -> QListWidgetItem:
    patch = QPixmap(12, 12)
    patch.fill(QColor.fromRgbF(*colour))
    item = QListWidgetItem(QIcon(patch), f"{label} {name}".strip())
    item.setData(LABEL, label)
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
    item.setToolTip(LIST)
    return item
