"""Full disks, read-only folders and deleted layers while a dock is at work."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PIL import Image

from napari_deep_energy._widgets import CompareWidget, whole_fold

from ..bad_input.files import FAILURES, failing_writes
from ..bad_input.table import case, rows
from .conftest import PATIENCE, TRAINING_PATIENCE, TWO, paint

LAYERS = {row.case: row for row in rows("Layers", "dock")}
FOLDERS = {row.case: row for row in rows("Folders", "dock")}
SITE = """
import pathlib
def fail(path, content):
    with path.open("wb") as file:
        file.write(content[:100])
    raise OSError(*{failure!r})
pathlib.Path.write_bytes = fail
"""
"""Run by a child's Python before anything else."""


@pytest.fixture
def pictures(photographs):
    """Four photographs, two with strokes."""
    strokes = np.zeros((160, 160), np.uint8)
    strokes[60:100, 70:90], strokes[:8] = 1, 2
    for name in ("astronaut", "chelsea"):
        Image.fromarray(strokes).save(photographs / f"{name}.strokes.png")
    return photographs


@pytest.fixture
def batch(batch_dock, pictures):
    batch_dock.pictures.show_path(pictures)
    return batch_dock


@pytest.fixture
def finetune(finetune_dock, pictures):
    finetune_dock.folder = pictures
    return finetune_dock


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


@pytest.mark.parametrize("row", [FOLDERS[name] for name in FAILURES], ids=case)
def test_a_batch_that_cannot_be_written_says_so_and_leaves_no_half(
    row, batch, pictures, qtbot, monkeypatch, tmp_path
):
    with monkeypatch.context() as patch:
        failing_writes(row.case)(tmp_path, patch)
        batch.start()
        qtbot.waitUntil(lambda: batch.start_button.isEnabled(), timeout=PATIENCE)
        reasons = [batch.table.item(place, 1).text() for place in range(batch.table.rowCount())]
    assert len(reasons) == 4
    assert all(row.is_said_in(reason) for reason in reasons[:2]), reasons
    assert not any(".draft-" in reason for reason in reasons)
    assert {path.name for path in files(pictures / "deep-energy")} == {"report.json", "report.csv"}
    batch.start()
    qtbot.waitUntil(lambda: "2 done" in batch.state.text(), timeout=PATIENCE)


def test_fine_tuning_onto_a_full_disk_says_so_and_leaves_no_half(finetune, qtbot, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SITE.format(failure=FAILURES["full-disk"]))
    environment = finetune.process._process.processEnvironment()
    environment.insert("PYTHONPATH", str(tmp_path / "site"))
    finetune.process._process.setProcessEnvironment(environment)
    with qtbot.waitSignal(finetune.process.ended, timeout=TRAINING_PATIENCE):
        finetune.start(steps=1)
    assert FOLDERS["full-disk"].is_said_in(finetune._state.text()), finetune._state.text()
    assert finetune.checkpoint is None
    assert finetune._start.isEnabled()
    assert [path.name for path in files(tmp_path / "data" / "models")] == ["log.csv"]


def test_a_run_s_folder_that_cannot_be_made_is_named(finetune, qtbot, tmp_path):
    (tmp_path / "data").write_text("a file where the folder ought to be")
    with qtbot.waitSignal(finetune.process.ended, timeout=TRAINING_PATIENCE):
        finetune.start(steps=1)
    assert FOLDERS["run-below-a-file"].is_said_in(finetune._state.text()), finetune._state.text()


def test_work_that_cannot_be_autosaved_is_no_secret(desk, tmp_path):
    (tmp_path / "data").write_text("a file where the folder ought to be")
    desk.solve(*TWO)
    desk.dock.session.autosave.save_now()
    desk.says("This work is not on disk: cannot write to the folder")
    desk.solve((1, 16, 32))


@pytest.mark.parametrize("role", ["picture", "strokes"])
def test_a_layer_deleted_while_the_engines_are_compared(role, viewer, picture, qtbot, gate):
    viewer.add_image(picture)
    dock = CompareWidget(viewer)
    qtbot.addWidget(dock)
    seeds = dock.session.new_strokes()
    gate.clear()
    paint(seeds, *TWO)
    before = seeds.data.copy()
    dock.run()
    viewer.layers.remove(dock.session.subject.image if role == "picture" else seeds)
    gate.set()
    row = LAYERS[f"{role}-deleted"]
    qtbot.waitUntil(lambda: row.is_said_in(dock._state.text()), timeout=PATIENCE)
    assert dock.comparison is None
    np.testing.assert_array_equal(seeds.data, before)


def test_layers_deleted_while_a_batch_runs(batch, desk, qtbot):
    desk.solve(*TWO)
    batch.start()
    desk.viewer.layers.clear()
    qtbot.waitUntil(lambda: batch.start_button.isEnabled(), timeout=PATIENCE)
    assert LAYERS["deleted-in-a-batch"].is_said_in(batch.state.text()), batch.state.text()
    assert "2 done" in batch.state.text()


def test_layers_deleted_while_a_network_is_fine_tuned(finetune, desk, qtbot):
    desk.solve(*TWO)
    with qtbot.waitSignal(finetune.process.ended, timeout=TRAINING_PATIENCE):
        finetune.start(steps=1)
        desk.viewer.layers.clear()
    assert LAYERS["deleted-in-fine-tuning"].is_said_in(finetune._state.text())
    assert finetune.checkpoint.is_file()
    finetune.use()
    desk.says("Open a picture")


@pytest.mark.parametrize("is_closed", [False, True])
def test_layers_deleted_while_the_whole_is_answered(is_closed, desk, qtbot, monkeypatch):
    run, may_go_on = whole_fold.run, threading.Event()

    def slow(request, report, stop):
        may_go_on.wait(PATIENCE / 1000)
        return run(request, report, lambda: False)

    monkeypatch.setattr(whole_fold, "run", slow)
    desk.solve(*TWO)
    fold = desk.dock.whole
    fold.folder = desk.dock.session.autosave._file.path.parents[1] / "whole"
    with qtbot.waitSignal(fold.asked, timeout=PATIENCE):
        fold.apply.click()
    fold.go.click()
    if is_closed:  # nobody watches the layers then
        desk.dock.session.detach(id(desk.dock))
    desk.viewer.layers.clear()
    may_go_on.set()
    row = LAYERS["deleted-in-a-whole-run" if is_closed else "deleted-while-asking"]
    qtbot.waitUntil(lambda: row.is_said_in(fold.text), timeout=PATIENCE)
    assert not fold.cancel_button.isEnabled()
    assert len(desk.viewer.layers) == 0
