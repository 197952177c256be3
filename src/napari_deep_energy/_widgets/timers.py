"""Timers that fire once after they were last started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable


def single_shot(parent: QObject, wait: int, slot: Callable[[], None]) -> QTimer:
    """A timer that calls ``slot`` once, ``wait`` milliseconds after each start."""
    timer = QTimer(parent)
    timer.setInterval(wait)
    timer.setSingleShot(True)
    timer.timeout.connect(slot)
    return timer
