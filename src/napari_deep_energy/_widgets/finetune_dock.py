"""The dock "Fine-tune": adapt the network to a folder of one's own pictures, without labels."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QFormLayout, QProgressBar

from .at_end import at_end
from .before_after import BeforeAfter
from .choosers import ModelChooser, OptionChooser
from .column_dock import ColumnDock
from .controls import add_row, button, row
from .curve import Curve
from .data_folder import data_folder
from .folder_chooser import FolderChooser
from .numbers import NumberBox
from .session_dock import session_of
from .state_line import StateLine
from .subject_form import TASKS
from .training_process import TrainingProcess
from .wording import State

if TYPE_CHECKING:
    from napari.components import ViewerModel

FOLDER = "A folder of pictures like those you work on, 50 to 200 of them; no label is needed."
TASK = "What the model is for."
START_FROM = "The model to begin with; the new one is never worse than it on held-out pictures."
STEPS = "Length of the run; the learning rate falls to zero over it."
START = "Fine-tune in a process of its own; you can go on painting."
STOP = "End the run after the current step; the best network so far is kept."
USE = "Choose the new model in the dock Deep Energy."
BAR = "Steps made, of all."
DEFAULT_STEPS = 300
HINT = State("hint", "Choose a folder of your own pictures. They stay on this computer.")


class FinetuneWidget(ColumnDock):
    """Folder, curve, before and after.

    Parameters
    ----------
    napari_viewer
        The viewer in whose dock "Deep Energy" the new model appears.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__()
        self.session = session_of(napari_viewer)
        self.process = TrainingProcess()
        self.checkpoint: Path | None = None
        """The best model of the latest run."""
        self._last: dict[str, Any] = {}
        self._make_controls()
        self._lay_out()
        self._connect()
        self._state.show_state(HINT)

    @property
    def folder(self) -> Path:
        """The folder on view."""
        return self._folder.path or Path()

    @folder.setter
    def folder(self, path: Path) -> None:
        self._folder.show_path(path)

    @property
    def task(self) -> str:
        """``"segment"`` or ``"matte"``."""
        return str(self._task.currentData())

    def start(self, steps: int | None = None) -> None:
        """Begin a run."""
        if not self._folder.text:
            self._state.show_state(HINT)
            return
        if self._folder.path is None or not self.folder.is_dir():
            self._state.show_state(State("hint", f"There is no folder {self._folder.text!r}."))
            return
        name = f"{self.folder.name}-{datetime.now():%Y-%m-%d-%H%M%S}"
        self.checkpoint = None
        self._use.setEnabled(False)
        self._curve.clear()
        self._show_running(True)
        self._state.show_state(State("working", "Reading pictures and solving held-out ones."))
        begin = self._start_from.chosen
        out = data_folder() / "models" / name
        self.process.start(self.folder, self.task, out, begin, steps or int(self._steps.number))
        self.before_after.show_model("before", self.task, begin)

    def use(self) -> None:
        """Choose the new model in the main dock."""
        if self.checkpoint is None:
            return
        choices = self.session.choices
        engine = "both" if choices.engine == "both" else "network"
        self.session.set_choices(
            replace(choices, model=self.checkpoint, task=self.task, engine=engine)
        )

    def _make_controls(self) -> None:
        self._folder = FolderChooser(FOLDER, "folder of pictures")
        self._task = OptionChooser(TASK, TASKS)
        self._start_from = ModelChooser(START_FROM)
        self._steps = NumberBox(STEPS, 1, 1e6)
        self._steps.show_number(DEFAULT_STEPS)
        self._start, self._stop = button("Start", START), button("Stop", STOP)
        self._use = button("Use this model", USE)
        self._bar, self._curve, self._state = QProgressBar(), Curve(), StateLine()
        self._bar.setToolTip(BAR)
        self.before_after = BeforeAfter(self.session)
        self._show_running(False)
        self._use.setEnabled(False)

    def _lay_out(self) -> None:
        form = QFormLayout()
        for text, control in (
            ("Folder", self._folder),
            ("Task", self._task),
            ("Start from", self._start_from),
            ("Steps", self._steps),
        ):
            add_row(form, text, control)
        self.column.addLayout(form)
        self.column.addWidget(row(self._start, self._stop))
        for widget in (self._bar, self._curve, self._state, self.before_after, self._use):
            self.column.addWidget(widget)
        self.column.addStretch(1)

    def _connect(self) -> None:
        self._start.clicked.connect(lambda: self.start())
        self._stop.clicked.connect(self._on_stop)
        self._use.clicked.connect(self.use)
        self.process.progressed.connect(self._on_progress)
        self.process.ended.connect(self._on_ended)
        self.session.models.changed.connect(self._show_models)
        at_end(self, _end, self.process, self.before_after.close_thread)
        self._show_models()

    def _show_models(self) -> None:
        self._start_from.show_models(self.session.models.paths)

    def _show_running(self, is_running: bool) -> None:
        self._start.setEnabled(not is_running)
        self._stop.setEnabled(is_running)
        self._bar.setVisible(is_running)
        if is_running:
            self._bar.setRange(0, 0)

    def _on_stop(self) -> None:
        self._stop.setEnabled(False)
        self._state.show_state(State("working", "Stopping; the best network is kept."))
        self.process.stop()

    def _on_progress(self, values: dict[str, Any]) -> None:
        self._last = values
        self._bar.setRange(0, values["steps"])
        self._bar.setValue(values["step"])
        self._bar.setFormat(f"step {values['step']} of {values['steps']}")
        self._curve.add(values["step"], values["steps"], values["loss"], values["ratio"])
        if self._stop.isEnabled():
            self._state.show_state(State("working", _sentence(values), _skipped(values)))
        if values["checkpoint"]:
            self.checkpoint = Path(values["checkpoint"])
            self.before_after.show_model("after", self.task, self.checkpoint)

    def _on_ended(self, error: str) -> None:
        self._show_running(False)
        if error or self.checkpoint is None:
            self._state.show_state(State("error", error or "The run ended without a model."))
            return
        self.session.models.add(self.checkpoint)
        self._use.setEnabled(True)
        text = f"Done after {self._last['step']} steps. {_sentence(self._last)}"
        self._state.show_state(
            State("done", f"{text} The model is in the list.", _skipped(self._last))
        )


def _sentence(values: dict[str, Any]) -> str:
    """E/E* 1.21, began at 1.40, best 1.19; 35 samples/s."""
    numbers = [
        f"{name} {values[key]:.4g}"
        for name, key in (("E/E*", "ratio"), ("began at", "first_ratio"), ("best", "best_ratio"))
        if values[key] is not None
    ]
    return f"{', '.join(numbers)}; {values['samples_per_second'] or 0:.0f} samples/s."


def _skipped(values: dict[str, Any]) -> str:
    return "\n".join(f"skipped: {reason}" for reason in values["skipped"])


def _end(process: TrainingProcess, close_thread: Any) -> None:
    process.close()
    close_thread()
