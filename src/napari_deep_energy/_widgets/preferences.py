"""What the dock remembers by itself, and what the user sets on the page of preferences."""

from __future__ import annotations

from typing import TypeVar

from qtpy.QtCore import QSettings

Value = TypeVar("Value", bool, int, float)


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


def preferred(name: str, default: Value) -> Value:
    """The user's choice on the preferences page, ``default`` where napari has no such page."""
    try:
        from napari.settings import get_plugin_settings

        page = get_plugin_settings("napari-deep-energy").dock
    except (ImportError, KeyError):  # napari before 0.9; the plugin is switched off
        return default
    chosen: Value = getattr(page, name, default)
    return chosen
