"""The rows that every dock begins with: image, strokes, task."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QCheckBox, QFormLayout

from . import picking
from .choosers import LayerChooser, OptionChooser
from .controls import add_row, button

if TYPE_CHECKING:
    from napari.layers import Layer
    from qtpy.QtWidgets import QWidget

    from .session import Session

IMAGE = "The picture to work on. Of a stack, the plane on display is used."
STROKES = "The Labels layer with your strokes. 0 is unpainted; each label is a class."
NEW = "Make an empty Labels layer over the picture, with the brush in hand."
CHANNELS = (
    "The picture's first axis are channels (such as dyes) of one picture, not planes of a stack. "
    "Press New for strokes that lie over all of them."
)
TASK = (
    "Segment: each pixel gets the class of the strokes that it belongs to; any number of labels.\n"
    "Matte: how much of each pixel is foreground; label 1 is foreground, 2 background."
)
TASKS = {"segment": "segment", "matte": "matte"}


class SubjectForm(QFormLayout):
    """Chooses the layers and the task of a session; other rows can be added below."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._image = LayerChooser(IMAGE, "open a picture")
        self._strokes = LayerChooser(STROKES, "none yet")
        self._task = OptionChooser(TASK, TASKS)
        self._channels = QCheckBox("first axis holds channels")
        self._channels.setToolTip(CHANNELS)
        new = button("New", NEW)
        self.add("Image", self._image)
        self.addRow(self._channels)
        self.add("Strokes", self._strokes, new)
        self.add("Task", self._task)
        self._image.picked.connect(self._on_image)
        self._strokes.picked.connect(self._on_strokes)
        self._task.picked.connect(self._on_task)
        self._channels.toggled.connect(self._on_channels)
        new.clicked.connect(session.new_strokes)
        session.subject.listed.connect(self._show_layers)
        session.choices_changed.connect(self._show_task)
        self._show_layers()
        self._show_task()

    def add(self, text: str, *controls: QWidget) -> None:
        """Add a row."""
        add_row(self, text, *controls)

    def _on_image(self, layer: Layer) -> None:
        self._session.subject.choose(layer, self._session.subject.seeds)

    def _on_strokes(self, layer: Layer) -> None:
        self._session.subject.choose(self._session.subject.image, layer)

    def _on_task(self, task: str) -> None:
        self._session.set_choices(replace(self._session.choices, task=task))

    def _show_layers(self) -> None:
        subject = self._session.subject
        self._image.show_layers(picking.images(subject.viewer), subject.image)
        self._strokes.show_layers(picking.strokes(subject.viewer), subject.seeds)

        image = subject.image
        is_stack = image is not None and not image.rgb and image.ndim >= 3
        self._channels.setVisible(is_stack)
        with QSignalBlocker(self._channels):
            self._channels.setChecked(is_stack and picking.has_channels(image, subject.seeds))

    def _on_channels(self, is_so: bool) -> None:
        image = self._session.subject.image
        if image is not None:
            picking.set_channels(image, is_so)
            self._session.subject.touched.emit()

    def _show_task(self) -> None:
        self._task.show_option(self._session.choices.task)
