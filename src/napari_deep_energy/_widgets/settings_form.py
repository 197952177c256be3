"""The collapsible form of the energy's parameters and the device."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout

from .choosers import OptionChooser
from .controls import add_row
from .fold import Fold
from .numbers import NumberBox

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from .choices import Choices

TIP = "Parameters of the energy, and where to compute."

ENERGY = (
    "colour: unpainted pixels are also drawn to the strokes whose colours they have, and from "
    "where the way to them crosses no edge; in a matte, if most of the picture is painted.\n"
    "paper: the paper's energies, which know nothing of a pixel that is not painted."
)
PRIOR = (
    "How much a pixel's colour counts against its neighbours. Higher follows the colours of the "
    "strokes; lower, the edges around them."
)
BETA = (
    "How strongly an intensity step stops the segmentation: neighbours are joined with "
    "exp(-beta * step^2), intensities in 0..1. Higher follows weaker edges; lower is smoother."
)
EPSILON = (
    "Smoothness of the matte: how much a local window may deviate from one line of colours. "
    "Higher is smoother and loses fine hair; lower follows every colour."
)
OBJECTS = (
    "Of up to six labels: ask a network that has seen objects what belongs together, unless the "
    "strokes are on some of many alike things.\nOff: go by colours and edges alone."
)
LAM = "How much a painted pixel insists on its label. Has no effect if strokes are kept exactly."
HARD = (
    "Painted pixels keep their label exactly. Otherwise a stroke that contradicts its "
    "surroundings may be overruled at its rim."
)
DEVICE = (
    "Where to compute. auto takes a GPU where there is one; the state line names what was used."
)
ENERGIES = {"colour": "colour-aware", "paper": "paper"}
DEVICES = {"auto": "auto", "cpu": "CPU", "cuda": "CUDA", "mps": "MPS"}


class SettingsForm(Fold):
    """Shows and edits those choices that are seldom changed."""

    edited = Signal(object)
    """The :class:`Choices` after an edit."""

    def __init__(self) -> None:
        super().__init__("Settings", TIP)
        self._choices: Choices | None = None
        self._energy = OptionChooser(ENERGY, ENERGIES)
        self._beta = NumberBox(BETA, 0, 1e6)
        self._prior = NumberBox(PRIOR, 1e-9, 1e3)
        self._epsilon = NumberBox(EPSILON, 1e-12, 1)
        self._lam = NumberBox(LAM, 1e-6, 1e6)
        self._objects = QCheckBox("know objects")
        self._objects.setToolTip(OBJECTS)
        self._hard = QCheckBox("keep strokes exactly")
        self._hard.setToolTip(HARD)
        self._device = OptionChooser(DEVICE, DEVICES)
        self._lay_out()
        for box in (self._beta, self._prior, self._epsilon, self._lam):
            box.edited.connect(self._on_edit)
        self._energy.picked.connect(self._on_edit)
        self._objects.toggled.connect(self._on_edit)
        self._hard.toggled.connect(self._on_edit)
        self._device.picked.connect(self._on_edit)

    def _lay_out(self) -> None:
        form = QFormLayout()
        self._rows: dict[str, tuple[QWidget, QWidget]] = {}
        for text, box in (
            ("energy", self._energy),
            ("beta", self._beta),
            ("prior", self._prior),
            ("objects", self._objects),
            ("epsilon", self._epsilon),
            ("lambda", self._lam),
            ("", self._hard),
            ("device", self._device),
        ):
            self._rows[text] = add_row(form, text, box)
        self.column.addLayout(form)

    def show_choices(self, choices: Choices) -> None:
        """Put these values on view."""
        self._choices = choices
        self._energy.show_option(choices.energy)
        self._beta.show_number(choices.beta)
        self._prior.show_number(choices.prior)
        self._epsilon.show_number(choices.epsilon)
        self._lam.show_number(choices.lam)
        for box, is_on in ((self._hard, choices.hard_seeds), (self._objects, choices.objects)):
            with QSignalBlocker(box):
                box.setChecked(is_on)
        self._lam.setEnabled(not choices.hard_seeds)
        self._device.show_option(choices.device)
        segments = choices.task == "segment"
        self._show_row("beta", segments and choices.energy == "paper")
        for name in ("prior", "objects"):
            self._show_row(name, segments and choices.energy == "colour")
        self._show_row("epsilon", not segments)

    def _show_row(self, name: str, visible: bool) -> None:
        for widget in self._rows[name]:
            widget.setVisible(visible)

    def _on_edit(self) -> None:
        if self._choices is None:
            return
        edited = replace(
            self._choices,
            energy=self._energy.currentData(),
            beta=self._beta.number,
            prior=self._prior.number,
            epsilon=self._epsilon.number,
            objects=self._objects.isChecked(),
            hard_seeds=self._hard.isChecked(),
            device=self._device.currentData(),
        ).with_lam(self._lam.number)
        self.show_choices(edited)
        self.edited.emit(edited)
