"""What the docks of one viewer share: the settings, the worker, the answers."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from qtpy.QtCore import QObject, Qt, QTimer, Signal

from ..errors import InvalidInput
from . import picking, shortcuts, wording
from .preferences import remember, remembered
from .results import ResultLayers
from .solving import ENGINES, Answer, Choices, Desk, Request
from .subject import Subject
from .wording import State
from .worker import LatestWins

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from .worker import Work

logger = logging.getLogger(__name__)

PREVIEW_MS = 80
SETTLE_MS = 200
"""How long a value in the form must stand still before it is used."""
PAUSE_MS = 400
"""A brush that rests this long, still down, gets the full answer."""
NOTICED_MS = 150
"""A solve that takes longer than this shows its elapsed time."""

_SESSIONS: WeakValueDictionary[int, Session] = WeakValueDictionary()


def session_of(viewer: ViewerModel) -> Session:
    """The session of this viewer; it lives as long as one of its docks does."""
    key = hash(viewer)  # docks get different proxies of one viewer, all with its hash
    session = _SESSIONS.get(key)
    if session is None:
        session = _SESSIONS[key] = Session(viewer)
    return session


class Session(QObject):
    """From a stroke to the result layers."""

    choices_changed = Signal()
    state_changed = Signal(object)
    busy_changed = Signal(bool)
    previewed = Signal(object)
    solved = Signal(object)
    """Both carry a dict of :class:`Solution` by engine, after the layers were updated."""
    failed = Signal(str)

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        engine = remembered("engine", "both")
        self.choices = Choices(engine=engine if engine in ENGINES else "both")
        self.live = remembered("live", "on") == "on"
        self.state = State("hint", wording.NO_IMAGE)
        self.answer: Answer | None = None
        """The latest complete one."""
        self.results = ResultLayers(viewer)
        self.subject = Subject(viewer)
        self.subject.replaced.connect(self._on_replaced)
        self.subject.touched.connect(self._on_touch)
        self.subject.brushed.connect(self._on_brush)
        self.subject.removed.connect(self.results.forget)
        self._shortcuts = shortcuts.Shortcuts(
            {
                shortcuts.SOLVE: self.solve_once,
                shortcuts.FLIP: self.flip,
                shortcuts.LIVE: self.toggle_live,
                shortcuts.CANCEL: self.cancel,
            }
        )
        self._docks: set[int] = set()
        self._comparing = False
        self._asked: tuple[object, ...] = ()
        self._accept_from = 0
        self._pending: int | None = None
        self._since = 0.0
        self._preview = self._timer(PREVIEW_MS, self._on_preview)
        self._soon = self._timer(0, self._on_change)
        self._settle = self._timer(SETTLE_MS, self._on_change)
        self._tick = self._timer(NOTICED_MS, self._on_tick, repeat=True)
        self._desk = Desk()
        self._worker = LatestWins()
        queued = Qt.ConnectionType.QueuedConnection
        self._worker.progressed.connect(self._on_part, queued)
        self._worker.done.connect(self._on_done, queued)
        self._worker.failed.connect(self._on_failed, queued)

    def _timer(self, wait: int, slot: object, repeat: bool = False) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(wait)
        timer.setSingleShot(not repeat)
        timer.timeout.connect(slot)
        return timer

    # Life

    def attach(self, dock: int) -> None:
        """A dock has opened; harmless if it was open."""
        is_first = not self._docks
        self._docks.add(dock)
        if is_first:
            self.subject.start()
            self._shortcuts.bind(self.subject.seeds)
            self._on_change()

    def detach(self, dock: int) -> None:
        """A dock has closed; with the last one the watching ends and the thread is let go."""
        self._docks.discard(dock)
        if self._docks:
            return
        self.subject.stop()
        self._shortcuts.unbind()
        self._drop_work()
        self._worker.close()
        self._desk = Desk()  # frees its matrices; a job still in flight holds the old one

    @property
    def thread_is_alive(self) -> bool:
        """Whether the worker's thread runs."""
        return self._worker.thread_is_alive

    # What the user can do

    def set_choices(self, choices: Choices) -> None:
        """Use these settings, for the next answer and in the form."""
        if choices == self.choices:
            return
        old, self.choices = self.choices, choices
        if choices.task != old.task:
            self._drop_work()
            self.results.present(choices.task)
        remember("engine", choices.engine)
        self.choices_changed.emit()
        self._settle.start(SETTLE_MS)

    def set_comparing(self, comparing: bool) -> None:
        """Whether answers of both engines come with their comparison."""
        self._comparing = comparing
        self._on_touch()

    def set_live(self, live: bool) -> None:
        """Whether to answer every change at once."""
        self.live = live
        remember("live", "on" if live else "off")
        self.choices_changed.emit()
        self._on_change()

    def toggle_live(self) -> None:
        """Switch live answers on or off."""
        self.set_live(not self.live)

    def new_strokes(self) -> Labels | None:
        """Make a layer to paint on, over the image; None if there is no image."""
        layer = self.subject.new_strokes()
        if layer is None:
            self._say(State("hint", wording.NO_IMAGE))
        return layer

    def flip(self) -> None:
        """Show the other engine's result."""
        self.results.flip(self.choices.task)

    def solve_once(self) -> None:
        """Answer the strokes now, changed or not."""
        if request := self._request():
            self._submit(request)

    def cancel(self) -> None:
        """Drop what is being solved; never waits."""
        if self._pending is not None:
            self._drop_work()
            self._say(State("stale", wording.CANCELLED))

    # From the layers to the worker

    def _on_replaced(self) -> None:
        self._drop_work()
        self._asked = ()
        if self._docks:
            self._shortcuts.bind(self.subject.seeds)
        seeds = self.subject.seeds
        if seeds is not None and (task := picking.task_of(seeds)):
            self.set_choices(replace(self.choices, task=task))
        self._on_change()

    def _on_touch(self) -> None:
        self._soon.start()  # a Labels layer says that it was painted before it is

    def _on_change(self) -> None:
        request = self._request()
        if request is None or request.key == self._asked:
            return
        if self.live:
            self._submit(request)
        elif self._pending is None:
            self._say(State("stale", wording.STALE))

    def _on_brush(self) -> None:
        if self.live and not self._preview.isActive():
            self._preview.start()

    def _on_preview(self) -> None:
        request = self.subject.request(self.choices, preview=True)
        if request is None or request.key == self._asked or not self._docks:
            return
        was_pending = self._pending is not None
        self._set_pending(None)  # its strokes are no longer those on the layer
        self._worker.submit(_job(self._desk, request), interrupt=was_pending)
        self._settle.start(PAUSE_MS)

    def _request(self) -> Request | None:
        if not self._docks:
            return None
        if self.subject.image is None or self.subject.seeds is None:
            missing = wording.NO_IMAGE if self.subject.image is None else wording.NO_STROKES
            self._say(State("hint", missing))
            return None
        return self.subject.request(self.choices, compare=self._comparing)

    def _submit(self, request: Request) -> None:
        self._settle.stop()
        self._preview.stop()
        self._asked = request.key
        self._since = time.perf_counter()
        self._set_pending(self._worker.submit(_job(self._desk, request)))

    def _drop_work(self) -> None:
        for timer in (self._preview, self._soon, self._settle):
            timer.stop()
        self._worker.cancel()
        self._accept_from = self._worker.next_ticket
        self._set_pending(None)

    def _set_pending(self, ticket: int | None) -> None:
        was_busy, self._pending = self._pending is not None, ticket
        if ticket is None:
            self._tick.stop()
        else:
            self._tick.start()
        if was_busy != (ticket is not None):
            self.busy_changed.emit(ticket is not None)

    # From the worker to the layers

    def _on_part(self, ticket: int, answer: Answer) -> None:
        if ticket >= self._accept_from:
            self._show(answer)

    def _on_done(self, ticket: int, answer: Answer) -> None:
        if ticket < self._accept_from:
            return
        self._show(answer)
        if answer.request.preview:
            self._say(wording.finished(answer))
            self.previewed.emit(answer.solutions)
        elif ticket == self._pending:
            self._finish(answer)

    def _show(self, answer: Answer) -> None:
        image, seeds, task = self.subject.image, self.subject.seeds, self.choices.task
        if image is not None and seeds is not None and answer.request.choices.task == task:
            self.results.show(answer, image, seeds)
            self.results.turn_to(list(answer.solutions)[-1], task)

    def _finish(self, answer: Answer) -> None:
        self.answer = answer
        self._set_pending(None)
        self._say(wording.finished(answer))
        self.solved.emit(answer.solutions)

    def _on_failed(self, ticket: int, error: Exception) -> None:
        if not isinstance(error, InvalidInput):
            logger.error("solving failed", exc_info=error)
        if ticket != self._pending:
            return  # a preview of strokes that are not complete yet
        self._set_pending(None)
        self._say(wording.failure(error))
        self.failed.emit(self.state.text)

    def _on_tick(self) -> None:
        elapsed = time.perf_counter() - self._since
        self._say(wording.working(elapsed, self.answer is not None))

    def _say(self, state: State) -> None:
        self.state = state
        self.state_changed.emit(state)


def _job(desk: Desk, request: Request) -> Work:
    return lambda report, stop: desk.answer(request, report, stop)
