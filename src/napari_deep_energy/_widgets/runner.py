"""Requests to the worker and answers back, with those dropped that nobody waits for any more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt, QTimer, Signal

from ..errors import InvalidInput
from .solving import Answer, Desk, Request
from .worker import LatestWins

if TYPE_CHECKING:
    from ..layers import Picture

SOON_SECONDS = 0.3
"""A preview that comes after the brush is up is not worth its drawing if the answer takes no longer
than this: without a graphics card, it would hold up the answer by half of that."""
NOTICED_MS = 150
"""A request that takes longer than this is reported on, and how often."""


class Runner(QObject):
    """Runs the newest request. All signals come on the thread that made the runner."""

    parted = Signal(object)
    """An :class:`Answer` that some engines are still missing from."""
    previewed = Signal(object)
    answered = Signal(object)
    failed = Signal(object)
    """The exception."""
    waiting = Signal(float)
    """Seconds since the request, again and again."""
    busy_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._accept_from = 0
        self._pending: int | None = None
        self._request: Request | None = None
        self._is_expecting = False
        """Whether the worker's last job was work ahead."""
        self._since = 0.0
        self._took = float("inf")
        """Seconds from the last request to its answer."""
        self._tick = QTimer(self)
        self._tick.setInterval(NOTICED_MS)
        self._tick.timeout.connect(self._on_tick)
        self._desk = Desk()
        self._worker = LatestWins()
        queued = Qt.ConnectionType.QueuedConnection
        self._worker.progressed.connect(self._on_part, queued)
        self._worker.done.connect(self._on_done, queued)
        self._worker.failed.connect(self._on_failed, queued)

    @property
    def is_busy(self) -> bool:
        """Whether an answer other than a preview is on its way."""
        return self._pending is not None

    @property
    def thread_is_alive(self) -> bool:
        """Whether the worker's thread runs."""
        return self._worker.thread_is_alive

    def run(self, request: Request) -> None:
        """Answer this request in place of all earlier ones."""
        self._since, self._request = time.perf_counter(), request
        self._is_expecting = False
        self._set_pending(self._worker.submit(self._desk.job(request)))

    def preview(self, request: Request) -> None:
        """Answer this one after the preview that runs now, if nothing newer comes."""
        is_in_the_way = self.is_busy or self._is_expecting
        self._is_expecting = False
        self._set_pending(None)  # its strokes are no longer those on the layer
        self._worker.submit(self._desk.job(request), interrupt=is_in_the_way)

    def expect(self, picture: Picture, pixel: tuple[int, int]) -> bool:
        """Work ahead for a stroke that starts at a pixel, until any request comes.

        Returns whether it is begun; it is not in the way of other work.
        """
        if not (self._is_expecting or self._worker.is_idle):
            return False
        self._is_expecting = True
        self._worker.submit(self._desk.expectation(picture, pixel))
        return True

    def drop(self) -> None:
        """No answer to an earlier request will come; never waits."""
        self._is_expecting = False
        self._worker.cancel()
        self._accept_from = self._worker.next_ticket
        self._set_pending(None)

    def close(self) -> None:
        """Drop, and let go of thread and memory; the next request starts anew."""
        self.drop()
        self._worker.close()
        self._desk.close()
        self._desk = Desk()  # a job still in flight holds the old one

    def _set_pending(self, ticket: int | None) -> None:
        was_busy, self._pending = self.is_busy, ticket
        if ticket is None:
            self._tick.stop()
        else:
            self._tick.start()
        if was_busy != self.is_busy:
            self.busy_changed.emit(self.is_busy)

    def _on_tick(self) -> None:
        self.waiting.emit(time.perf_counter() - self._since)

    def _on_part(self, ticket: int, answer: Answer) -> None:
        if ticket >= self._accept_from:
            self.parted.emit(answer)

    def _on_done(self, ticket: int, answer: Answer | None) -> None:
        if answer is None or ticket < self._accept_from:
            return
        if answer.request.preview:
            if self._pending is None or self._took > SOON_SECONDS:
                self.previewed.emit(answer)
        elif ticket == self._pending:
            self._set_pending(None)
            self._took = time.perf_counter() - self._since
            self.answered.emit(answer)

    def _on_failed(self, ticket: int, error: Exception) -> None:
        if ticket == self._pending:  # else a preview of strokes that are not complete yet
            self._set_pending(None)
            if isinstance(error, InvalidInput) and self._request is not None:
                # Most often there are too few strokes yet: the time until the next one is free.
                self._is_expecting = False
                self._worker.submit(self._desk.preparation(self._request))
            self.failed.emit(error)
