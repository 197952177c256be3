"""How long the thread of a window is held: by our own code, and by anything."""

from __future__ import annotations

import threading
import time
from functools import wraps
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

SLOTS = ("save_now", "solve_once", "answer_change", "preview_change")
"""Ours that timers and buttons call, beside all that begin with ``_on_``."""


class Spans:
    """Time that our code held the GUI thread, call by call."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.processor: list[float] = []
        self.names: list[str] = []
        self._depth = 0
        self._thread = threading.get_ident()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with its outermost calls noted."""

        @wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            if self._depth or threading.get_ident() != self._thread:
                return function(*arguments, **options)
            self._depth += 1
            wall, processor = time.perf_counter(), time.thread_time()
            try:
                return function(*arguments, **options)
            finally:
                self._depth -= 1
                self.wall.append(1000 * (time.perf_counter() - wall))
                self.processor.append(1000 * (time.thread_time() - processor))
                self.names.append(name)

        return call

    def clear(self) -> None:
        """Begin again."""
        for kept in (self.wall, self.processor, self.names):
            kept.clear()

    def worst(self) -> str:
        """The longest call of each entry, for whoever wants to shorten it."""
        longest: dict[str, float] = {}
        for name, wall in zip(self.names, self.wall, strict=True):
            longest[name] = max(longest.get(name, 0), wall)
        ordered = sorted(longest.items(), key=lambda item: -item[1])
        return ", ".join(f"{name} {wall:.0f} ms" for name, wall in ordered[:6])


def time_entries(spans: Spans) -> None:
    """Time every way by which napari and Qt call us; before any dock is made."""
    from napari_deep_energy._widgets import (
        autosave,
        classes_fold,
        extras,
        pacing,
        runner,
        session,
        spots,
        subject,
        watching,
    )

    owners = [watching.LayerListWatcher, watching.LayerWatcher, runner.Runner, session.Session]
    owners += [subject.Subject, extras.Extras, autosave.Autosave, spots.Spots]
    owners += [classes_fold.ClassesFold, pacing.Pacing]
    for owner in owners:
        for name, function in list(vars(owner).items()):
            if name.startswith("_on_") or name in SLOTS:
                setattr(owner, name, spans.timed(f"{owner.__name__}.{name}", function))


class Beats:
    """Pauses of Qt's event loop."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer()
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._on_beat)

    def start(self) -> None:
        """From now on."""
        self.gaps.clear()
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> list[float]:
        """Milliseconds of each pause since the start."""
        self._timer.stop()
        return list(self.gaps)

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(1000 * (now - self._last) - 5)
        self._last = now
