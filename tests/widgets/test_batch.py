"""A folder answered from the dock Batch, with the settings of the dock Deep Energy."""

from __future__ import annotations

import json
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from napari_deep_energy import segment
from napari_deep_energy.batch import one_picture

from .conftest import PATIENCE


@pytest.fixture
def strokes():
    labels = np.zeros((48, 64), np.uint8)
    labels[15:40, 30:34], labels[2:6, 2:60] = 1, 2
    return labels


@pytest.fixture
def folder(tmp_path, picture, strokes):
    """Two pictures with strokes, and a file that is no picture."""
    place = tmp_path / "pictures"
    place.mkdir()
    for name, pixels in (("head", picture), ("mirrored", picture[:, ::-1])):
        Image.fromarray(pixels).save(place / f"{name}.png")
        Image.fromarray(strokes).save(place / f"{name}.strokes.png")
    (place / "broken.png").write_text("no picture")
    return place


@pytest.fixture
def dock(batch_dock, folder):
    batch_dock.pictures.show_path(folder)
    return batch_dock


def finish(dock, qtbot):
    qtbot.waitUntil(lambda: dock.start_button.isEnabled(), timeout=PATIENCE)


def rows(dock):
    return {
        dock.table.item(row, 0).text(): dock.table.item(row, 1).text().partition(":")[0]
        for row in range(dock.table.rowCount())
    }


def test_every_picture_gets_its_answer_and_a_bad_one_its_reason(
    dock, folder, picture, strokes, qtbot
):
    dock.start()
    finish(dock, qtbot)
    assert rows(dock) == {"broken": "failed", "head": "done", "mirrored": "done"}
    assert "2 done, 0 kept from an earlier run, 1 failed" in dock.state.text()
    assert "broken.png cannot be read" in dock.table.item(0, 1).text()
    results = folder / "deep-energy"
    found = np.asarray(Image.open(results / "head" / "labels.png"))
    assert (found == segment(picture, strokes).labels).all()
    assert json.loads((results / "report.json").read_text())["failed"] == 1


def test_settings_are_those_of_the_main_dock(dock, desk, folder, picture, strokes, qtbot):
    desk.choose(energy="paper", beta=50.0)
    assert "paper energy" in dock._settings.text()
    dock.start()
    finish(dock, qtbot)
    found = np.asarray(Image.open(folder / "deep-energy" / "head" / "labels.png"))
    assert (found == segment(picture, strokes, energy="paper", beta=50.0).labels).all()


def test_a_second_run_keeps_what_is_done(dock, qtbot):
    for _ in range(2):
        dock.start()
        finish(dock, qtbot)
    assert rows(dock) == {"broken": "failed", "head": "kept", "mirrored": "kept"}


def test_cancel_answers_at_once_and_start_goes_on(dock, folder, monkeypatch, qtbot):
    solve = one_picture.InteractiveSolver.solve

    def slow(self, labels, engine, stop):
        while not stop():
            time.sleep(0.005)
        return solve(self, labels, engine, stop)

    monkeypatch.setattr(one_picture.InteractiveSolver, "solve", slow)
    dock.start()
    qtbot.waitUntil(lambda: dock.table.rowCount() == 1, timeout=PATIENCE)  # the broken one
    thread = dock._worker._thread
    began = time.perf_counter()
    dock.cancel_button.click()
    assert dock.start_button.isEnabled()
    thread.join(0.2)
    assert not thread.is_alive()
    assert time.perf_counter() - began < 0.2
    assert "Cancelled" in dock.state.text()
    assert (folder / "deep-energy" / "report.csv").is_file()
    monkeypatch.undo()
    dock.start()
    finish(dock, qtbot)
    assert rows(dock) == {"broken": "failed", "head": "done", "mirrored": "done"}


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda dock: dock.pictures.show_path("/no/such/folder"), "There is no folder"),
        (lambda dock: [box.setChecked(False) for box in dock.formats.values()], "format"),
        (lambda dock: dock.strokes.show_path("/no/such/folder"), "There is no folder"),
    ],
)
def test_what_is_missing_is_said(dock, spoil, sentence, qtbot):
    spoil(dock)
    dock.start()
    finish(dock, qtbot)
    assert sentence in dock.state.text()


@pytest.mark.parametrize("chosen", ["png", "tiff"])
def test_a_double_click_opens_picture_and_result(dock, desk, picture, strokes, chosen, qtbot):
    for name, box in dock.formats.items():
        box.setChecked(name == chosen)
    dock.start()
    finish(dock, qtbot)
    before = len(desk.viewer.layers)
    place = list(rows(dock)).index("head")
    dock.table.cellDoubleClicked.emit(place, 1)
    shown, result = desk.viewer.layers[before:]
    assert (shown.data == picture).all()
    assert result.name == "head: labels"
    assert (result.data == segment(picture, strokes).labels).all()
    assert desk.dock.seeds_layer is not result, "a result is no input"
    dock.table.cellDoubleClicked.emit(place, 0)
    assert len(desk.viewer.layers) == before + 2, "what is open is not opened again"
    assert desk.viewer.layers.selection.active is result
    shutil.rmtree(dock._output)
    dock.start()
    finish(dock, qtbot)
    dock.table.cellDoubleClicked.emit(list(rows(dock)).index("head"), 0)
    assert len(desk.viewer.layers) == before + 3, "a newer result beside the older one"


def test_a_result_that_is_gone_is_said(dock, desk, folder, qtbot):
    dock.start()
    finish(dock, qtbot)
    before = list(desk.viewer.layers)
    shutil.rmtree(folder / "deep-energy" / "head")
    for name, sentence in (("head", "there is no result in"), ("broken", "cannot be read")):
        dock.table.cellDoubleClicked.emit(list(rows(dock)).index(name), 0)
        assert sentence in dock.state.text()
    assert list(desk.viewer.layers) == before
