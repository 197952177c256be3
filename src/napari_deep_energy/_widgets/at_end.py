"""What is to be done when Qt deletes a widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtCore import QObject

_HELD: dict[object, Callable[..., None]] = {}
"""Until they are called. Widget and slot hold each other: once Python has let go of both, its
garbage collector takes the slot apart, and Qt, which deletes the widget later, would crash."""


def at_end(widget: QObject, call: Callable[..., object], *arguments: object) -> None:
    """Call this with these arguments, none of which may be the widget, when it is deleted."""
    key = object()

    def end(_: object = None) -> None:
        del _HELD[key]
        call(*arguments)

    _HELD[key] = end
    widget.destroyed.connect(end)
