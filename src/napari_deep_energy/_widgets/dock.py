"""The dock "Deep Energy": choose, paint, see the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox

from . import shortcuts
from .choosers import ModelChooser, OptionChooser
from .classes_fold import ClassesFold
from .controls import button, row
from .keeping_fold import KeepingFold
from .looking_fold import LookingFold
from .recovery_bar import RecoveryBar
from .session_dock import SessionDock
from .settings_form import SettingsForm
from .state_line import StateLine
from .subject_form import SubjectForm
from .whole_fold import WholeFold

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Labels, Layer

ENGINE = (
    "Analytic: solves the equations of the energy, exactly; on a CPU the faster of the two "
    "up to some megapixels, after a picture's first answer above all.\n"
    "Network: one pass of a trained network and some steps down the same energy, an estimate.\n"
    "Both: the two side by side."
)
MODEL = "The network's weights: those that come with the plugin, or a checkpoint of your own."
LIVE = "Answer each stroke, undo and change of settings by itself."
SOLVE = "Answer the strokes now."
CANCEL = "Stop what is being solved; the answer on screen stays."
FLIP = "Show the other engine's result."
ENGINES = {"analytic": "analytic", "network": "network", "both": "both"}


class DeepEnergyWidget(SessionDock):
    """Seeded segmentation and matting of the picture on display.

    Parameters
    ----------
    napari_viewer
        The viewer whose layers are worked on.
    """

    solved = Signal(object)
    """dict of Solution by engine ("network", "analytic"), after the layers were updated."""
    previewed = Signal(object)
    """The same, while the brush is still down."""
    failed = Signal(str)
    """Why there is no answer, in words."""

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer)
        self._make_controls()
        self._lay_out()
        self._connect()
        self.open_session()

    # For scripts

    @property
    def image_layer(self) -> Image | None:
        """The picture that is worked on."""
        return self.session.subject.image

    @image_layer.setter
    def image_layer(self, layer: Image) -> None:
        self.session.subject.choose(layer, self.seeds_layer)

    @property
    def seeds_layer(self) -> Labels | None:
        """The layer with the strokes."""
        return self.session.subject.seeds

    @seeds_layer.setter
    def seeds_layer(self, layer: Labels) -> None:
        self.session.subject.choose(self.image_layer, layer)

    @property
    def task(self) -> str:
        """``"segment"`` or ``"matte"``."""
        return self.session.choices.task

    @task.setter
    def task(self, task: str) -> None:
        self.session.set_choices(replace(self.session.choices, task=task))

    @property
    def engine(self) -> str:
        """``"network"``, ``"analytic"`` or ``"both"``."""
        return self.session.choices.engine

    @engine.setter
    def engine(self, engine: str) -> None:
        self.session.set_choices(replace(self.session.choices, engine=engine))

    @property
    def model(self) -> Path | None:
        """Checkpoint of the network; None is the bundled one."""
        return self.session.choices.model

    @model.setter
    def model(self, path: Path | str | None) -> None:
        model = Path(path) if path else None
        self.session.set_choices(replace(self.session.choices, model=model))

    @property
    def live(self) -> bool:
        """Whether every change is answered by itself."""
        return self.session.live

    @live.setter
    def live(self, live: bool) -> None:
        self.session.set_live(live)

    @property
    def state(self) -> str:
        """Text of the state line."""
        return self.session.state.text

    @property
    def results(self) -> dict[tuple[str, str], Layer]:
        """Result layers by engine and kind, such as ``("analytic", "labels")``."""
        return dict(self.session.results.layers)

    def new_strokes(self) -> Labels | None:
        """Make an empty Labels layer over the picture, selected and in paint mode."""
        return self.session.new_strokes()

    def solve_once(self) -> None:
        """Answer the strokes now; :attr:`solved` or :attr:`failed` follows."""
        self.session.solve_once()

    def cancel(self) -> None:
        """Drop what is being solved."""
        self.session.cancel()

    def flip(self) -> None:
        """Show the other engine's result."""
        self.session.flip()

    # Form

    def _make_controls(self) -> None:
        self._engine = OptionChooser(ENGINE, ENGINES)
        self._flip = button("Flip", FLIP, shortcuts.FLIP)
        self._model = ModelChooser(MODEL)
        self._settings = SettingsForm()
        self._live = QCheckBox(f"Live {shortcuts.sign(shortcuts.LIVE)}")
        self._live.setToolTip(f"{LIVE}\n{shortcuts.LIVE} while the strokes layer is selected.")
        self._solve = button("Solve once", SOLVE, shortcuts.SOLVE)
        self._cancel = button("Cancel", CANCEL, shortcuts.CANCEL)
        self._cancel.setEnabled(False)
        self._state = StateLine()
        self.recovery = RecoveryBar(self.session)
        self.classes = ClassesFold(self.session)
        self.looking = LookingFold(self.session)
        self.whole = WholeFold(self.session)
        self.keeping = KeepingFold(self.session)

    def _lay_out(self) -> None:
        self.form = form = SubjectForm(self.session)
        form.add("Engine", self._engine, self._flip)
        form.add("Model", self._model)
        self.column.addWidget(self.recovery)
        self.column.addLayout(form)
        self.column.addWidget(self._settings)
        self.column.addWidget(row(self._live, self._solve, self._cancel))
        self.column.addWidget(self._state)
        self.column.addWidget(self.classes)
        self.column.addWidget(self.looking)
        self.column.addWidget(self.whole)
        self.column.addWidget(self.keeping)
        self.column.addStretch(1)

    def _connect(self) -> None:
        session = self.session
        self._engine.picked.connect(self._on_engine)
        self._model.picked.connect(self._on_model)
        self._settings.edited.connect(session.set_choices)
        self._live.toggled.connect(session.set_live)
        self._solve.clicked.connect(session.solve_once)
        self._cancel.clicked.connect(session.cancel)
        self._flip.clicked.connect(session.flip)
        session.choices_changed.connect(self._show_choices)
        session.models.changed.connect(self._show_models)
        session.runner.busy_changed.connect(self._cancel.setEnabled)
        session.state_changed.connect(self._state.show_state)
        session.solved.connect(self.solved)
        session.previewed.connect(self.previewed)
        session.failed.connect(self.failed)
        self._show_choices()
        self._show_models()
        self._state.show_state(session.state)

    def _on_engine(self, engine: str) -> None:
        self.engine = engine

    def _on_model(self, path: Path | None) -> None:
        if path is not None:
            self.session.models.add(path)
        self.model = path

    def _show_models(self) -> None:
        self._model.show_models(self.session.models.paths)

    def _show_choices(self) -> None:
        choices = self.session.choices
        self._engine.show_option(choices.engine)
        self._flip.setEnabled(choices.engine == "both")
        self._model.show_model(choices.model)
        self._settings.show_choices(choices)
        self._live.setChecked(self.session.live)
