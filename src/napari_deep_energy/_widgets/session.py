"""What the docks of one viewer share: the settings, the layers, the answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from . import picking, reopening, strokes_record, wording
from .asking import Asking
from .autosave import Autosave
from .backdrop import Backdrop
from .choices import ENGINES, Choices
from .committing import Committing
from .expecting import Expecting
from .extras import Extras
from .models import Models
from .pacing import Pacing
from .preferences import remember, remembered
from .results import ResultLayers
from .runner import Runner
from .session_keys import keys_of
from .spots import Spots
from .subject import Subject
from .wording import State

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from .solving import Answer, Request


class Session(QObject):
    """From a stroke to the result layers."""

    choices_changed = Signal()
    docks_changed = Signal()
    replaced = Signal()
    """Another picture, other strokes or another task: earlier answers are of something else."""
    state_changed = Signal(object)
    previewed = Signal(object)
    solved = Signal(object)
    """Both carry a dict of :class:`Solution` by engine, after the layers were updated."""
    failed = Signal(str)

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        engine = remembered("engine", Choices.engine)
        self.choices = Choices(engine=engine if engine in ENGINES else Choices.engine)
        self.live = remembered("live", "on") == "on"
        self.state = State("hint", wording.NO_IMAGE)
        self.answer: Answer | None = None
        """The latest complete one."""
        self.results = ResultLayers(viewer)
        self.subject = Subject(viewer)
        self.runner = Runner()
        self.autosave = Autosave(self)
        self.extras = Extras(self)
        self.backdrop = Backdrop(self)
        self.committing = Committing(self)
        self.models = Models()
        self.asking = Asking()
        self.spots = Spots(self)
        self._docks: dict[int, bool] = {}
        self._asked: tuple[object, ...] = ()
        self._part: Answer | None = None
        self._is_enough = False
        self._pacing = Pacing(self)
        self._expecting = Expecting(self)
        self._connect()

    def _connect(self) -> None:
        subject, runner = self.subject, self.runner
        subject.replaced.connect(self._on_replaced)
        subject.removed.connect(self.results.forget)
        subject.styled.connect(self._on_styled)
        runner.parted.connect(self._on_part)
        runner.previewed.connect(self._on_previewed)
        runner.answered.connect(self._on_answered)
        runner.failed.connect(self._on_failed)
        runner.waiting.connect(self._on_waiting)
        self._shortcuts = keys_of(self)

    # Life

    def attach(self, dock: int, compares: bool = False) -> None:
        """A dock has opened; harmless if it was open. One that compares needs both engines."""
        is_first = not self._docks
        self._docks[dock] = compares
        self.docks_changed.emit()
        if is_first:
            self.subject.start()
            self._expecting.start()
            self._shortcuts.bind(self.subject.seeds)
        self._pacing.soon()

    def detach(self, dock: int) -> None:
        """A dock has closed; with the last one the watching ends and the thread is let go."""
        self._docks.pop(dock, None)
        self.docks_changed.emit()
        if not self._docks:
            self.subject.stop()
            self._expecting.stop()
            self._shortcuts.unbind()
            self._drop_work()
            self.autosave.pause()
            self.runner.close()

    @property
    def is_shared(self) -> bool:
        """Whether more than one dock is open."""
        return len(self._docks) > 1

    # What the user can do

    def set_choices(self, choices: Choices) -> None:
        """Use these settings, for the next answer and in the form."""
        if choices == self.choices:
            return
        old, self.choices = self.choices, choices
        if choices.task != old.task:
            self._forget_answer()
            self.extras.take_off()
            self.results.present(choices.task)
        if choices.engine != old.engine:
            remember("engine", choices.engine)
        self.choices_changed.emit()
        self._pacing.after_settling()

    def set_live(self, live: bool) -> None:
        """Whether to answer every change at once."""
        self.live = live
        if not live:
            self._pacing.no_preview()
            if not self.runner.is_busy:
                self.runner.drop()  # a preview on its way would pass for an answer
        remember("live", "on" if live else "off")
        self.choices_changed.emit()
        self._pacing.soon()

    def toggle_live(self) -> None:
        """Switch live answers on or off."""
        self.set_live(not self.live)

    def new_strokes(self) -> Labels | None:
        """Make a layer to paint on, over the image; None if there is no image."""
        layer = self.subject.new_strokes()
        if layer is None:
            self.say(State("hint", wording.NO_IMAGE))
        return layer

    def flip(self) -> None:
        """Show the other engine's result."""
        self.results.flip(self.choices.task)
        self.extras.refresh()

    def solve_once(self) -> None:
        """Answer the strokes now, changed or not."""
        if request := self._request():
            self.asking.note_consent(request)
            self._submit(request)

    def cancel(self) -> None:
        """Drop what is being solved; never waits."""
        if self.runner.is_busy:
            self._drop_work()
            self.say(State("stale", wording.CANCELLED))

    # From the layers to the worker

    def _on_replaced(self) -> None:
        self._forget_answer()
        self.results.turn_to_picture(self.subject.image)
        seeds = self.subject.seeds
        if self._docks:
            self._shortcuts.bind(seeds)
        if seeds is not None and (task := picking.task_of(seeds)):
            self.set_choices(replace(self.choices, task=task))
        reopening.take_up(self)
        self._pacing.soon()

    def _forget_answer(self) -> None:
        self._drop_work()
        self._asked, self.answer = (), None
        self.replaced.emit()

    def forget_plane(self) -> None:
        """The answer on view is done with: neither it nor that it is old is in the way of the next.

        An undo of the strokes asks for it again.
        """
        if (picture := self.subject.plane()) is not None:
            self.results.blank(picture)
        self.runner.drop()
        self._asked, self.answer = (), None
        self._pacing.soon()

    def _drop_work(self) -> None:
        self._pacing.stop()
        self.runner.drop()

    def _on_styled(self) -> None:
        if self.subject.seeds is not None:
            self.results.match_colours(self.subject.seeds)

    def answer_change(self) -> None:
        """Answer what has changed, if live is on; else say that something has."""
        request = self._request()
        if request is None or request.key == self._asked:
            return
        if strokes_record.record(self.subject, self.choices):
            self.autosave.note_change()
        if self.live and self.asking.may_run(request):
            self._submit(request)
        elif self.live:
            self.runner.drop()  # else an earlier outcome would take the question's place
            self.say(self.asking.question(request))
        elif not self.runner.is_busy:
            self.say(wording.unanswered(self._is_answered()))

    def preview_change(self) -> None:
        """Preview what has changed, if live is on."""
        request = self._request(preview=True)
        if not self.live or request is None or request.key == self._asked:
            return
        if self.asking.may_run(request):
            self.runner.preview(request)
            self._pacing.after_pause()

    def _request(self, preview: bool = False) -> Request | None:
        if not self._docks:
            return None
        if self.subject.image is None or self.subject.seeds is None:
            missing = wording.NO_IMAGE if self.subject.image is None else wording.NO_STROKES
            self.say(State("hint", missing))
            return None
        compare = any(self._docks.values())
        return self.subject.request(
            self.choices, preview=preview, compare=compare, wanted=self.extras.wanted
        )

    def _submit(self, request: Request) -> None:
        self._pacing.answered()
        self._asked, self._part = request.key, None
        self._is_enough = request.has_two_labels
        self.runner.run(request)

    # From the worker to the layers

    def _on_part(self, answer: Answer) -> None:
        self._part = answer
        self._show(answer)

    def _on_previewed(self, answer: Answer) -> None:
        self._show(answer)
        self.say(wording.finished(answer))
        self.previewed.emit(answer.solutions)

    def _on_answered(self, answer: Answer) -> None:
        self.answer = answer
        self._show(answer)
        self.say(wording.finished(answer))
        self._mention_changes()
        self.solved.emit(answer.solutions)

    def _show(self, answer: Answer) -> None:
        image, seeds, task = self.subject.image, self.subject.seeds, answer.request.choices.task
        if image is not None and seeds is not None:
            self.results.show(answer, image, seeds)
            best = "analytic" if "analytic" in answer.solutions else "network"
            self.results.turn_to(best, task)

    def _is_answered(self) -> bool:
        """Whether an answer is on screen, if an old one; of a stack, that of the plane on view."""
        if self.answer is None:
            return False
        picture = self.subject.plane()
        return picture is None or len(picture.shape) == 2 or self.results.has_plane(picture)

    def _on_failed(self, error: Exception) -> None:
        self.say(wording.failure(error, self._is_answered(), self.subject.picture()))
        self._mention_changes()
        self.failed.emit(self.state.text)

    def _mention_changes(self) -> None:
        """While live is off: say so if strokes have changed since the request was made."""
        if not self.live:
            self._pacing.soon()

    def _on_waiting(self, seconds: float) -> None:
        if self._is_enough:
            self.say(wording.working(seconds, self._part, self._is_answered()))
        else:
            self.say(State("hint", wording.TOO_FEW))

    def say(self, state: State) -> None:
        """Put this on the state line."""
        self.state = state
        self.state_changed.emit(state)
