"""Drop-down lists: of layers, of named options, of models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QComboBox, QFileDialog, QSizePolicy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Layer
    from qtpy.QtWidgets import QWidget


class Chooser(QComboBox):
    """A list that may be narrower than its longest entry."""

    def __init__(self, tip: str) -> None:
        super().__init__()
        self.setToolTip(tip)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


class LayerChooser(Chooser):
    """Lists layers by name and remembers them by identity."""

    picked = Signal(object)
    """The layer that the user chose."""

    def __init__(self, tip: str, nothing: str) -> None:
        super().__init__(tip)
        self._nothing = nothing
        self._layers: list[Layer] = []
        self.activated.connect(self._on_activated)

    def show_layers(self, layers: Sequence[Layer], chosen: Layer | None) -> None:
        """List ``layers``, topmost first, with ``chosen`` on view."""
        self._layers = list(reversed(layers))
        with QSignalBlocker(self):
            self.clear()
            self.addItems([layer.name for layer in self._layers] or [self._nothing])
            places = [i for i, layer in enumerate(self._layers) if layer is chosen]
            self.setCurrentIndex(places[0] if places else 0)
        self.setEnabled(bool(self._layers))

    def _on_activated(self, place: int) -> None:
        self.picked.emit(self._layers[place])


class OptionChooser(Chooser):
    """One of a few named options."""

    picked = Signal(str)

    def __init__(self, tip: str, options: Mapping[str, str]) -> None:
        super().__init__(tip)
        for value, text in options.items():
            self.addItem(text, value)
        self.activated.connect(lambda _: self.picked.emit(self.currentData()))

    def show_option(self, value: str) -> None:
        """Put this option on view."""
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findData(value))


class ModelChooser(Chooser):
    """The bundled model, or checkpoint files that the user opened."""

    picked = Signal(object)
    """Path of the checkpoint, or None for the bundled one."""

    def __init__(self, tip: str) -> None:
        super().__init__(tip)
        self.addItem("bundled", None)
        self.addItem("open a file...", "open")
        self.activated.connect(self._on_activated)
        self._chosen: Path | None = None

    @property
    def chosen(self) -> Path | None:
        """The model on view; None is the bundled one."""
        return self._chosen

    def show_models(self, paths: Sequence[Path]) -> None:
        """List these models, too."""
        with QSignalBlocker(self):
            for path in paths:
                self._list(path)

    def _list(self, path: Path) -> None:
        if self.findData(str(path)) < 0:
            # Runs all call their model after its task; their folders tell them apart.
            self.insertItem(self.count() - 1, f"{path.parent.name}/{path.stem}", str(path))

    def show_model(self, path: Path | None) -> None:
        """Put this model on view, in the list from now on."""
        self._chosen = path
        data = str(path) if path else None
        with QSignalBlocker(self):
            if path is not None:
                self._list(path)
            self.setCurrentIndex(self.findData(data))

    def _on_activated(self, place: int) -> None:
        data = self.itemData(place)
        if data == "open":
            self.show_model(_ask_for_file(self) or self._chosen)
        else:
            self.show_model(Path(data) if data else None)
        self.picked.emit(self._chosen)


def _ask_for_file(parent: QWidget) -> Path | None:
    """A path, or None if the user thought better of it."""
    name, _ = QFileDialog.getOpenFileName(
        parent, "Open a model", "", "Models (*.safetensors);;All files (*)"
    )
    return Path(name) if name else None
