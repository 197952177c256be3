"""Bad input in the dock: one sentence in the state line, and the strokes stay as painted."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path

import dask.array
import numpy as np
import pytest

from napari_deep_energy._widgets import solving
from napari_deep_energy.sessions import SUFFIX

from ..bad_input import models, parameters, pictures, sessions
from ..bad_input.files import FAILURES, half_written
from ..bad_input.table import case, rows
from .conftest import PATIENCE, TWO

LAYERS = {row.case: row for row in rows("Layers", "dock")}


@pytest.fixture
def asked(viewer, open_dock, qtbot):
    """Put a picture and strokes into the viewer and wait until the dock has said something."""

    def ask(given: pictures.Given, **choices):
        image = viewer.add_image(given.image, rgb=False)
        seeds = viewer.add_labels(given.strokes)
        desk = open_dock()
        desk.dock.task = given.task
        desk.choose(**choices)
        before = np.array(seeds.data)
        desk.dock.image_layer, desk.dock.seeds_layer = image, seeds
        desk.dock.solve_once()
        qtbot.waitUntil(lambda: not desk.dock.session.runner.is_busy, timeout=PATIENCE)
        np.testing.assert_array_equal(seeds.data, before)
        return desk

    return ask


@pytest.mark.parametrize("row", rows("Pictures and strokes", "dock"), ids=case)
def test_wrong_pictures_and_strokes(row, asked):
    desk = asked(pictures.WRONG[row.case])
    assert row.is_said_in(desk.dock.state), desk.dock.state
    assert desk.dock.results == {}


@pytest.mark.parametrize("row", rows("Unusual, and answered", "dock"), ids=case)
def test_unusual_pictures(row, asked):
    given = pictures.UNUSUAL[row.case]
    desk = asked(given)
    assert "exact" in desk.dock.state, desk.dock.state
    assert desk.labels().shape == given.strokes.shape


@pytest.mark.parametrize("row", rows("Models", "dock"), ids=case)
def test_wrong_models(row, asked, tmp_path):
    path = tmp_path / "model.safetensors"
    models.WRONG[row.case](path)
    desk = asked(pictures.UNUSUAL["uint8"], engine="network", model=path)
    assert row.is_said_in(desk.dock.state), desk.dock.state
    assert "\n" not in desk.dock.state
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("row", rows("Parameters and devices", "dock"), ids=case)
def test_wrong_devices(row, asked):
    desk = asked(pictures.UNUSUAL["uint8"], **parameters.PYTHON[row.case])
    assert row.is_said_in(desk.dock.state), desk.dock.state


@pytest.mark.parametrize("row", rows("Sessions", "dock"), ids=case)
def test_wrong_sessions(row, viewer, open_dock, tmp_path):
    path = tmp_path / "inner" / f"work{SUFFIX}"
    path.parent.mkdir()
    sessions.WRONG[row.case](path)
    desk = open_dock()
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        desk.dock.keeping.open(path)
    said = str(shown[0].message) if shown else desk.dock.state
    assert row.is_said_in(said), said
    assert "\n" not in said
    assert len(viewer.layers) == (1 if shown else 0), "strokes come without their picture"
    assert not (path.parent / "ran").exists()


@pytest.mark.parametrize(
    "row", [row for row in rows("Folders", "dock") if row.case in FAILURES], ids=case
)
def test_a_session_that_cannot_be_written_leaves_the_one_that_was_there(
    row, desk, tmp_path, monkeypatch
):
    desk.solve(*TWO)
    path = tmp_path / "mine" / f"work{SUFFIX}"
    desk.dock.keeping.save(path)
    before, strokes = path.read_bytes(), desk.dock.seeds_layer.data.copy()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", half_written(row.case))
        desk.dock.keeping.save(path)
    assert row.is_said_in(desk.dock.state), desk.dock.state
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    np.testing.assert_array_equal(desk.dock.seeds_layer.data, strokes)


def test_a_full_gpu_is_told_once_and_the_cpu_answers(full_gpu, viewer, picture, open_dock):
    viewer.add_image(picture, name="picture")
    desk = open_dock()
    desk.dock.new_strokes().brush_size = 3
    said = []
    desk.dock.session.state_changed.connect(lambda state: said.append(state.text))
    desk.solve(*TWO)
    notice = "The GPU failed (CUDA out of memory); the CPU answers."
    assert sum(notice in text for text in said) == 1
    assert set(np.unique(desk.labels())) == {1, 2}


def test_no_layers(open_dock, qtbot):
    desk = open_dock()
    qtbot.waitUntil(lambda: LAYERS["no-layers"].is_said_in(desk.dock.state), timeout=PATIENCE)


def test_no_strokes_layer(viewer, open_dock, qtbot):
    viewer.add_image(pictures.GREY)
    desk = open_dock()
    qtbot.waitUntil(
        lambda: LAYERS["no-strokes-layer"].is_said_in(desk.dock.state), timeout=PATIENCE
    )


@pytest.mark.parametrize("role", ["picture", "strokes"])
def test_a_layer_deleted_in_the_middle_of_a_solve(role, desk, qtbot, gate):
    desk.solve(*TWO)
    seeds = desk.dock.seeds_layer
    before = seeds.data.copy()
    gate.clear()
    desk.dock.solve_once()
    desk.viewer.layers.remove(desk.dock.image_layer if role == "picture" else seeds)
    gate.set()
    row = LAYERS[f"{role}-deleted"]
    qtbot.waitUntil(lambda: row.is_said_in(desk.dock.state), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not desk.dock.session.runner.is_busy, timeout=PATIENCE)
    np.testing.assert_array_equal(seeds.data, before)


def test_lost_file(viewer, open_dock, qtbot):
    is_lost = threading.Event()

    def read(block):
        if is_lost.is_set():
            raise FileNotFoundError("plane.tif")
        return block

    lazy = dask.array.from_array(pictures.GREY).map_blocks(read, dtype=float)
    viewer.add_image(lazy, contrast_limits=(0, 1))
    viewer.add_labels(pictures.LABELS)
    is_lost.set()
    desk = open_dock()
    with desk.failed():
        desk.dock.solve_once()
    assert LAYERS["lost-file"].is_said_in(desk.dock.state), desk.dock.state


def test_no_memory(desk, monkeypatch):
    def full(self, request):
        raise MemoryError

    desk.solve(*TWO)
    with monkeypatch.context() as patch:
        patch.setattr(solving.Desk, "_solver_for", full)
        with desk.failed():
            desk.paint((2, 15, 32))
    assert LAYERS["no-memory"].is_said_in(desk.dock.state)
    desk.solve((2, 16, 32))
