"""How long work is asked to stop: by a function that it polls between its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from .errors import Cancelled

Stop: TypeAlias = Callable[[], bool]
"""Polled between steps; true asks the work to raise :class:`errors.Cancelled`."""


def never() -> bool:
    """A ``stop`` that lets the work finish."""
    return False


def check(stop: Stop) -> None:
    """Raise if the caller asked to stop.

    Raises
    ------
    Cancelled
        If ``stop`` returned true.
    """
    if stop():
        raise Cancelled
