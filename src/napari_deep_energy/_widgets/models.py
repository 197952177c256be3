"""The user's own models: files that were opened or fine-tuned; they are remembered."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QObject, Signal

from .preferences import remember, remembered

MOST = 12
"""So many of the latest are remembered."""


class Models(QObject):
    """Checkpoints to choose from beside the bundled one, the latest last."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        known = [Path(line) for line in remembered("models", "").split("\n") if line]
        self.paths = [path for path in known if path.is_file()]

    def add(self, path: Path) -> None:
        """Put this one into the list; harmless if it is there."""
        if path not in self.paths:
            self.paths = [*self.paths, path][-MOST:]
            remember("models", "\n".join(map(str, self.paths)))
            self.changed.emit()
