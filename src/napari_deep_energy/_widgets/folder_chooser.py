"""A folder: typed, pasted or picked."""

from __future__ import annotations

from pathlib import Path

from magicgui.widgets import FileEdit
from qtpy.QtWidgets import QHBoxLayout, QWidget


class FolderChooser(QWidget):
    """magicgui's line and button, in a form of Qt.

    Parameters
    ----------
    tip
        What the folder is for.
    placeholder
        What the empty line says.
    """

    def __init__(self, tip: str, placeholder: str) -> None:
        super().__init__()
        self._edit = FileEdit(mode="d", nullable=True, tooltip=tip)
        self._edit.choose_btn.text = "Choose..."
        self._edit.line_edit.native.setPlaceholderText(placeholder)
        for control in (self, self._edit.line_edit.native, self._edit.choose_btn.native):
            control.setToolTip(tip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._edit.native)

    @property
    def text(self) -> str:
        """What the line says."""
        return str(self._edit.line_edit.value).strip()

    @property
    def path(self) -> Path | None:
        """The folder on view; None if the line is empty."""
        return Path(self.text).expanduser() if self.text else None

    def show_path(self, path: Path) -> None:
        """Put this folder on view."""
        self._edit.value = path
