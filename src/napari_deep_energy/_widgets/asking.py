"""A run that will take long is not begun by a brush stroke: the user is told of it first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..estimate import Estimate, estimate
from .preferences import preferred
from .wording import State

if TYPE_CHECKING:
    from .solving import Request

SECONDS = 30
"""Longer runs wait for "Solve once", unless the user prefers another limit."""
GIBIBYTES = 8.0
"""So do larger ones."""


class Asking:
    """Remembers for which picture and engines the user has said to go ahead."""

    def __init__(self) -> None:
        self._agreed: tuple[object, ...] | None = None

    def may_run(self, request: Request) -> bool:
        """Whether this is short, or the user has agreed to the like of it."""
        expected = _expected(request)
        is_short = expected.seconds <= preferred("ask_above_seconds", SECONDS)
        is_small = expected.bytes <= GIBIBYTES * 2**30
        return (is_short and is_small) or _kind(request) == self._agreed

    def note_consent(self, request: Request) -> None:
        """The user wants this one."""
        self._agreed = _kind(request)

    @staticmethod
    def question(request: Request) -> State:
        """What it will take, and how to begin."""
        pixels = math.prod(request.picture.plane_shape) / 1e6
        return State(
            "hint",
            f"{pixels:.1f} megapixels take {_expected(request)}. Press Solve once to go ahead"
            f"{'; one engine alone takes less' if len(request.engines) > 1 else ''}.",
        )


def _expected(request: Request) -> Estimate:
    pixels = math.prod(request.picture.plane_shape)
    return estimate(pixels, request.choices.task, request.engines)


def _kind(request: Request) -> tuple[object, ...]:
    """Equal for requests that take about as long."""
    return (id(request.picture.data), request.choices.task, request.engines)
