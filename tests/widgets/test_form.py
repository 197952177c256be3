"""The controls of the dock: task, engine, settings, live, cancel, keys, tooltips."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtGui import QHideEvent
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
)

from napari_deep_energy import Cancelled, ClosedFormMatting, RandomWalker, segment
from napari_deep_energy._widgets import (
    BatchWidget,
    CompareWidget,
    DeepEnergyWidget,
    FinetuneWidget,
    shortcuts,
    solving,
)
from napari_deep_energy._widgets.choices import Choices, spec_of
from napari_deep_energy._widgets.wording import CANCELLED
from napari_deep_energy.energy import COLOUR, ENERGIES
from napari_deep_energy.networks import Checkpoint, bundled
from napari_deep_energy.pictures import cutout

from .conftest import PATIENCE, TWO


def test_without_a_picture_the_state_line_says_what_to_do(viewer, open_dock):
    desk = open_dock()
    desk.says("Open a picture")
    assert desk.dock.new_strokes() is None


def test_new_strokes_are_in_paint_mode(desk):
    seeds = desk.viewer.layers.selection.active
    assert seeds == desk.dock.seeds_layer
    assert seeds.mode == "paint"
    assert seeds.data.shape == (48, 64)


def test_matting_gives_alpha_and_cut_out(desk, picture):
    desk.dock.task = "matte"
    desk.solve(*TWO)
    alpha = desk.dock.results["analytic", "alpha"].data
    cut_out = desk.dock.results["analytic", "cut-out"]
    assert cut_out.rgb
    assert cut_out.data.shape == (48, 64, 4)
    np.testing.assert_array_equal(cut_out.data, cutout(picture, alpha))
    np.testing.assert_allclose(cut_out.data[..., 3] / 255, alpha, atol=0.5 / 255 + 1e-6)
    assert alpha[15, 32] > 0.9
    assert alpha[4, 4] < 0.1


def test_a_change_of_task_is_solved_and_hides_the_other_tasks_results(desk):
    desk.solve(*TWO)
    with desk.solved():
        desk.dock.task = "matte"
    results = desk.dock.results
    assert results["analytic", "cut-out"].visible
    assert not results["analytic", "labels"].visible
    with desk.solved():
        desk.dock.task = "segment"
    assert results["analytic", "labels"].visible
    assert not results["analytic", "cut-out"].visible
    assert not results["", "backdrop"].visible


def test_flip_shows_the_other_engine(desk):
    desk.dock.engine = "both"
    desk.solve(*TWO)
    exact, network = (desk.dock.results[e, "labels"] for e in ("analytic", "network"))
    assert exact.visible
    assert not network.visible
    desk.dock.flip()
    assert network.visible
    assert not exact.visible


def test_a_setting_changes_the_answer(desk):
    desk.solve(*TWO)
    before = desk.dock.session.answer.solutions["analytic"].energy
    with desk.solved():
        desk.choose(prior=1.0)
    assert desk.dock.session.answer.solutions["analytic"].energy != before


def test_the_papers_energy_is_one_choice_away(desk, picture):
    desk.solve(*TWO)
    with desk.solved():
        desk.choose(energy="paper")
    expected = segment(picture, desk.dock.seeds_layer.data, engine="analytic", energy="paper")
    answer = desk.dock.session.answer.solutions["analytic"]
    assert answer.energy == pytest.approx(expected.energy)


def test_defaults_are_those_of_the_energies():
    choices, walker, matting = Choices(), RandomWalker(), ClosedFormMatting()
    assert (choices.beta, choices.lam_segment) == (walker.beta, walker.lam)
    assert (choices.epsilon, choices.lam_matte) == (matting.epsilon, matting.lam)
    assert choices.prior == COLOUR.prior
    assert choices.hard_seeds == walker.hard_seeds == matting.hard_seeds


def test_a_missing_model_is_named(desk, tmp_path):
    desk.solve(*TWO)
    with desk.failed():
        desk.dock.engine, desk.dock.model = "network", tmp_path / "none.safetensors"
    assert "none.safetensors" in desk.dock.state
    with desk.solved():
        desk.dock.model = None


def test_a_crash_of_the_solver_is_logged_and_leaves_the_window_alive(desk, monkeypatch, caplog):
    def crash(self, request):
        raise ZeroDivisionError("on purpose")

    desk.solve(*TWO)
    with monkeypatch.context() as patch:
        patch.setattr(solving.Desk, "_solver_for", crash)
        with desk.failed():
            desk.paint((2, 15, 32))
    assert "ZeroDivisionError" in desk.dock.state
    assert "on purpose" in caplog.text
    desk.solve((2, 16, 32))


def test_cancel_drops_the_answer_and_marks_the_old_one(desk, monkeypatch, qtbot):
    stopped = threading.Event()

    def endless(self, request, report, stop):
        while not stop():
            time.sleep(0.005)
        stopped.set()
        raise Cancelled

    desk.solve(*TWO)
    before = desk.labels().copy()
    with monkeypatch.context() as patch:
        patch.setattr(solving.Desk, "answer", endless)
        desk.paint((2, 15, 32))
        desk.says("so far")
        desk.dock.cancel()
        assert desk.dock.state == CANCELLED
        qtbot.waitUntil(stopped.is_set, timeout=PATIENCE)
    assert (desk.labels() == before).all()
    desk.solve((2, 17, 32))


def test_live_and_engine_are_remembered(desk, qtbot):
    desk.dock.live, desk.dock.engine = False, "network"
    other = DeepEnergyWidget(ViewerModel())
    qtbot.addWidget(other)
    assert (other.live, other.engine) == (False, "network")


def test_keys_are_bound_on_the_strokes_layer_only_while_the_dock_is_open(desk):
    def keys():
        return {str(key) for key in desk.dock.seeds_layer.keymap}

    assert {"Shift+S", "Shift+F", "Shift+L", "Shift+C"} <= keys()
    desk.dock.hideEvent(QHideEvent())
    assert not {"Shift+S", "Shift+F", "Shift+L", "Shift+C"} & keys()


CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView, QAbstractSpinBox)


@pytest.mark.parametrize("dock", [DeepEnergyWidget, CompareWidget, FinetuneWidget, BatchWidget])
def test_every_control_has_a_tooltip(viewer, picture, qtbot, dock):
    """Those that a user sees; parts that Qt makes inside of them have the tooltip of the whole."""
    viewer.add_image(picture)
    shown = dock(viewer)
    qtbot.addWidget(shown)
    controls = [c for kind in CONTROLS for c in shown.findChildren(kind)]
    own = [c for c in controls if not c.objectName().startswith("qt_")]
    own = [c for c in own if not isinstance(c.parent(), (QComboBox, QAbstractItemView))]
    own = [c for c in own if c.metaObject().className() != "QComboBoxListView"]
    assert len(own) > 5
    silent = [c for c in own if not c.toolTip() and not isinstance(c, QHeaderView)]
    assert silent == [], [type(c) for c in silent]


def test_every_key_is_printed_on_a_control(desk):
    shown = " ".join(button.text() for button in desk.dock.findChildren(QAbstractButton))
    keys = [value for value in vars(shortcuts).values() if str(value).startswith("Shift-")]
    bound = {str(key).replace("+", "-") for key in desk.dock.seeds_layer.keymap}
    assert len(keys) == 7
    for key in keys:
        assert shortcuts.sign(key) in shown
        assert key in bound


@pytest.mark.parametrize("task", ["segment", "matte"])
@pytest.mark.parametrize("energy", ["colour", "paper"])
def test_untouched_settings_are_those_of_the_energy(task, energy):
    """The form has the numbers once more, as it opens before torch is there."""
    assert spec_of(Choices(task=task, energy=energy)) == ENERGIES[task, energy]


def test_a_model_that_was_written_anew_answers_anew(desk, tmp_path):
    path = tmp_path / "mine.safetensors"
    given = Checkpoint.load(bundled("segment_prior"))
    replace(given, training={"refine": 0}).save(path)
    session = desk.dock.session
    session.set_choices(replace(session.choices, model=path, engine="network"))
    first = desk.solve(*TWO)["network"]
    replace(given, training={"refine": 64}).save(path)
    second = desk.solve((1, 30, 30))["network"]
    assert first.energy > 1.2 * second.energy
