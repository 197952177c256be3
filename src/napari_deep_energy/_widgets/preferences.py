"""What the dock remembers from one session to the next."""

from __future__ import annotations

from qtpy.QtCore import QSettings


def _settings() -> QSettings:
    return QSettings(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, "napari-deep-energy", "docks"
    )


def remembered(name: str, default: str) -> str:
    """What was remembered under ``name``."""
    return str(_settings().value(name, default))


def remember(name: str, value: str) -> None:
    """Keep ``value`` for the next session."""
    _settings().setValue(name, value)
