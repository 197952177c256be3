"""One long-lived thread that always works on the newest request and forgets the ones between."""

from __future__ import annotations

import atexit
import logging
import threading
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

from qtpy.QtCore import QObject, Signal

from ..errors import Cancelled, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..stopping import Stop

    Report: TypeAlias = Callable[[object], None]
    Work: TypeAlias = Callable[[Report, Stop], object]

logger = logging.getLogger(__name__)


EXIT_SECONDS = 30
_THREADS: WeakKeyDictionary[threading.Thread, LatestWins] = WeakKeyDictionary()


@cache
def _end_at_exit() -> None:
    """Once: a thread that is inside torch while Python goes down would abort the process."""
    atexit.register(_end_all)


def _end_all() -> None:
    for thread, worker in list(_THREADS.items()):
        worker.close()
        thread.join(EXIT_SECONDS)


@dataclass(frozen=True)
class _Job:
    ticket: int
    work: Work
    cancelled: threading.Event = field(default_factory=threading.Event)


class LatestWins(QObject):
    """A thread with a slot for one waiting job.

    A job is ``work(report, stop)``: it returns its result, may hand over partial ones through
    ``report``, and raises :class:`Cancelled` when ``stop()`` is true. Signals carry the ticket
    that :meth:`submit` returned; a cancelled job sends none. The thread starts with the first
    job and can be started again after :meth:`close`.
    """

    progressed = Signal(int, object)
    done = Signal(int, object)
    failed = Signal(int, object)
    """Ticket and exception; the exception is logged unless it is meant for the user."""

    def __init__(self) -> None:
        super().__init__()
        self._wake = threading.Condition()
        self._waiting: _Job | None = None
        self._running: _Job | None = None
        self._thread: threading.Thread | None = None
        self._tickets = 0

    @property
    def thread_is_alive(self) -> bool:
        """Whether a thread exists."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def next_ticket(self) -> int:
        """What :meth:`submit` will return."""
        return self._tickets

    @property
    def is_idle(self) -> bool:
        """Whether no job runs or waits."""
        # In this order: what waits is running before it waits no more.
        return self._waiting is None and self._running is None

    def submit(self, work: Work, interrupt: bool = True) -> int:
        """Put a job into the slot in place of the one that waits there.

        ``interrupt`` also asks the running job to stop; without it, a stream of jobs that come
        faster than they are done still shows results.
        """
        with self._wake:
            ticket, self._tickets = self._tickets, self._tickets + 1
            self._waiting = _Job(ticket, work)
            if interrupt and self._running:
                self._running.cancelled.set()
            if not self.thread_is_alive:
                self._start()
            self._wake.notify()
        return ticket

    def cancel(self) -> None:
        """Empty the slot and ask the running job to stop; never waits for it."""
        with self._wake:
            self._waiting = None
            if self._running:
                self._running.cancelled.set()

    def close(self) -> None:
        """Cancel, and let the thread end; never waits for it."""
        with self._wake:
            self.cancel()
            self._thread = self._running = None
            self._wake.notify()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="napari-deep-energy", daemon=True)
        self._thread.start()
        _THREADS[self._thread] = self
        _end_at_exit()

    def _loop(self) -> None:
        while (job := self._next()) is not None:
            self._run(job)

    def _next(self) -> _Job | None:
        me = threading.current_thread()
        with self._wake:
            if self._thread is me:  # else closed, and perhaps started anew
                self._running = None
            self._wake.wait_for(lambda: self._waiting is not None or self._thread is not me)
            if self._thread is not me:
                return None
            self._running, self._waiting = self._waiting, None
            return self._running

    def _run(self, job: _Job) -> None:
        stop = job.cancelled.is_set

        def send(signal: Any, value: object) -> None:
            if not stop():
                signal.emit(job.ticket, value)

        try:
            send(self.done, job.work(lambda part: send(self.progressed, part), stop))
        except Cancelled:
            logger.debug("job %d was cancelled", job.ticket)
        except Exception as error:  # the border of the thread: nothing may kill it
            if not isinstance(error, (InvalidInput, MemoryError)):
                logger.exception("a job failed")
            send(self.failed, error)
