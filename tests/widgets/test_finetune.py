"""Fine-tuning from the dock: a child process, its curve, its model."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from qtpy.QtGui import QImage

from napari_deep_energy._widgets import FinetuneWidget
from napari_deep_energy.networks import Checkpoint

from .conftest import TRAINING_PATIENCE, TWO


@pytest.fixture
def folder(photographs):
    """Four photographs, and a text that is none."""
    (photographs / "notes.png").write_text("no picture")
    return photographs


@pytest.fixture
def dock(finetune_dock):
    return finetune_dock


def test_a_run_gives_a_model_that_is_listed_and_shown_before_and_after(dock, desk, folder, qtbot):
    desk.solve(*TWO)
    dock.folder = folder
    before = dock._start_from.count()
    with qtbot.waitSignal(dock.process.ended, timeout=TRAINING_PATIENCE):
        dock.start(steps=3)
        assert dock._stop.isEnabled()
        assert not dock._start.isEnabled()
    assert "Done after 3 steps" in dock._state.text()
    assert Checkpoint.load(dock.checkpoint).spec.task == "segment"
    assert not (folder / "deep-energy").exists(), "written beside the user's pictures"
    assert [step for step, _ in dock._curve.losses] == [1, 2, 3]
    assert dock._curve.ratios
    assert dock._start_from.count() == before + 1
    assert dock.checkpoint in desk.dock.session.models.paths
    assert desk.dock._model.findData(str(dock.checkpoint)) >= 0
    qtbot.waitUntil(
        lambda: set(dock.before_after.energies) == {"before", "after"}, timeout=TRAINING_PATIENCE
    )
    with desk.solved():
        dock.use()
    assert desk.dock.model == dock.checkpoint
    assert dock._start.isEnabled()


def test_stop_keeps_the_best(dock, folder, qtbot):
    dock.folder = folder
    with qtbot.waitSignal(dock.process.ended, timeout=TRAINING_PATIENCE):
        with qtbot.waitSignal(dock.process.progressed, timeout=TRAINING_PATIENCE):
            dock.start(steps=100_000)
        dock._stop.click()
    assert dock._last["step"] < 1000
    assert dock.checkpoint.is_file()
    assert "The model is in the list" in dock._state.text()


def test_a_folder_without_pictures_is_named(dock, tmp_path, qtbot):
    empty = tmp_path / "empty"
    empty.mkdir()
    dock.folder = empty
    with qtbot.waitSignal(dock.process.ended, timeout=TRAINING_PATIENCE):
        dock.start(steps=1)
    assert "empty" in dock._state.text()
    assert dock.checkpoint is None
    assert dock._start.isEnabled()


def test_a_missing_folder_starts_nothing(dock, tmp_path):
    dock.folder = tmp_path / "nowhere"
    dock.start()
    assert not dock.process.is_running
    assert "no folder" in dock._state.text()


def test_a_crash_of_the_child_leaves_the_dock_alive(dock, folder, qtbot):
    dock.folder = folder
    with qtbot.waitSignal(dock.process.ended, timeout=TRAINING_PATIENCE) as blocker:
        dock.start(steps=5)
        dock.process._process.waitForStarted()
        dock.process._process.kill()
    assert "Fine-tuning failed" in blocker.args[0]
    assert dock._start.isEnabled()


def test_models_are_remembered(dock, desk, tmp_path, qtbot):
    from napari.components import ViewerModel

    path = tmp_path / "run" / "segment.safetensors"
    path.parent.mkdir()
    path.write_bytes(b"")
    desk.dock.session.models.add(path)
    other = FinetuneWidget(ViewerModel())
    qtbot.addWidget(other)
    assert other._start_from.findText("run/segment") >= 0


def test_the_curve_draws_what_it_was_given(qtbot):
    from napari_deep_energy._widgets.curve import LOSS, RATIO, Curve

    curve = Curve()
    qtbot.addWidget(curve)
    curve.resize(200, 110)
    for step in range(1, 20):
        curve.add(step, 20, 10.0 / step, 1 + 1 / step if step % 5 == 0 else None)
    picture = QImage(curve.size(), QImage.Format.Format_RGB32)
    curve.render(picture)
    rows = range(20, picture.height())
    shown = {picture.pixelColor(x, y).name() for y in rows for x in range(picture.width())}
    assert RATIO.name() in shown
    assert LOSS.name() in shown


def test_the_end_of_the_input_ends_the_run_with_a_model(folder, tmp_path):
    """As when the viewer crashes."""
    command = [sys.executable, "-m", "napari_deep_energy.cli.finetune_lines", str(folder)]
    done = subprocess.run(
        [*command, "--task", "segment", "--out", str(tmp_path / "run")],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200, check=True,
    )  # fmt: skip
    *_, last = (json.loads(line) for line in done.stdout.splitlines())
    assert last["step"] < last["steps"]
    assert last["checkpoint"] is not None
    assert any("notes.png" in reason for reason in last["skipped"])
    assert np.isfinite(last["best_ratio"])
