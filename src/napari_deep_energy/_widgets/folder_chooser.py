"""A folder: typed, pasted or picked."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget


class FolderChooser(QWidget):
    """A line for the path and a button that opens the system's dialog.

    Parameters
    ----------
    tip
        What the folder is for; the title of the dialog is ``title``.
    title, placeholder
        Of the dialog, and what the empty line says.
    """

    def __init__(self, tip: str, title: str, placeholder: str) -> None:
        super().__init__()
        self._title = title
        self._line, choose = QLineEdit(), QPushButton("Choose...")
        self._line.setPlaceholderText(placeholder)
        for control in (self, self._line, choose):
            control.setToolTip(tip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._line)
        layout.addWidget(choose)
        choose.clicked.connect(self._on_choose)

    @property
    def text(self) -> str:
        """What the line says."""
        return str(self._line.text()).strip()

    @property
    def path(self) -> Path | None:
        """The folder on view; None if the line is empty."""
        return Path(self.text).expanduser() if self.text else None

    def show_path(self, path: Path) -> None:
        """Put this folder on view."""
        self._line.setText(str(path))

    def _on_choose(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self._title)
        if name:
            self.show_path(Path(name))
