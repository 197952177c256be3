"""A viewer with the dock open, on a picture small enough to be solved at once."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from filelock import FileLock
from napari.components import ViewerModel
from npe2 import PluginManager
from PIL import Image
from qtpy.QtCore import QSettings
from skimage import data

PATIENCE = 30_000
"""Milliseconds to wait for an answer on a busy machine."""
TRAINING_PATIENCE = 240_000
"""Milliseconds to wait for the child that fine-tunes."""
CLIPBOARD = pytest.mark.usefixtures("clipboard")
"""For tests that use it."""


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """What the dock remembers goes to a folder of this test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    from napari_deep_energy._widgets import autosave, finetune_dock, python_script

    for module in (autosave, finetune_dock, python_script):
        monkeypatch.setattr(module, "data_folder", lambda: tmp_path / "data")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))


@pytest.fixture
def clipboard(tmp_path_factory):
    """A display has one: of all processes, one test at a time."""
    with FileLock(tmp_path_factory.getbasetemp().parent / "clipboard.lock"):
        yield


@pytest.fixture(scope="session")
def readers():
    """A window would find them; without one, napari's own are not there to open files with."""
    PluginManager.instance().discover()


@pytest.fixture
def viewer(readers):
    """All of a viewer but its window; a file whose tests need that has a fixture of its own."""
    return ViewerModel()


@pytest.fixture
def picture():
    """Head and shoulders, RGB, 48 x 64."""
    return np.ascontiguousarray(data.astronaut()[20:212:4, 100:356:4])


@pytest.fixture
def photographs(tmp_path):
    """A folder of four."""
    place = tmp_path / "photographs"
    place.mkdir()
    for name in ("astronaut", "chelsea", "coffee", "rocket"):
        Image.fromarray(getattr(data, name)()).resize((160, 160)).save(place / f"{name}.png")
    return place


@pytest.fixture
def batch_dock(desk):
    """The dock Batch beside the main one."""
    dock = desk.beside("BatchWidget")
    yield dock
    dock._worker.close()


@pytest.fixture
def finetune_dock(desk):
    """The dock Fine-tune beside the main one."""
    dock = desk.beside("FinetuneWidget")
    yield dock
    dock.process.close()
    dock.before_after.close_thread()


def paint(layer, *strokes):
    """Paint (label, row, column) dabs on a layer."""
    for label, row, column in strokes:
        layer.paint((row, column), label)


class Desk:
    """The dock as a user sees it, and waiting for what it does."""

    def __init__(self, viewer, qtbot):
        from napari_deep_energy._widgets import DeepEnergyWidget

        self.viewer, self.qtbot = viewer, qtbot
        self.dock = DeepEnergyWidget(viewer)
        if hasattr(viewer, "window"):
            viewer.window.add_dock_widget(self.dock, name="Deep Energy")
        else:
            qtbot.addWidget(self.dock)

    def choose(self, **choices):
        """Change settings, as the form does."""
        session = self.dock.session
        session.set_choices(replace(session.choices, **choices))

    def beside(self, name):
        """Another dock of the plugin, by its class."""
        from napari_deep_energy import _widgets

        dock = getattr(_widgets, name)(self.viewer)
        self.qtbot.addWidget(dock)
        return dock

    def solved(self):
        """Wait for an answer; the signal must come after this is entered."""
        return self.qtbot.waitSignal(self.dock.solved, timeout=PATIENCE)

    def failed(self):
        """Wait for a reason why there is no answer."""
        return self.qtbot.waitSignal(self.dock.failed, timeout=PATIENCE)

    def says(self, text):
        """Wait until the state line says this; a request on its way may speak first."""
        self.qtbot.waitUntil(lambda: text in self.dock.state, timeout=PATIENCE)

    def paint(self, *strokes):
        """Paint (label, row, column) dabs on the strokes layer."""
        paint(self.dock.seeds_layer, *strokes)

    def solve(self, *strokes):
        """Paint and wait for the answer, which is returned by engine."""
        with self.solved() as blocker:
            self.paint(*strokes)
        return blocker.args[0]

    def labels(self, engine="analytic"):
        return np.asarray(self.dock.results[engine, "labels"].data)


@pytest.fixture
def open_dock(viewer, qtbot):
    """Opens the dock over what is in the viewer."""

    def opened():
        desk = Desk(viewer, qtbot)
        desk.dock.engine = "analytic"  # half the layers to make; tests of both say so
        return desk

    return opened


@pytest.fixture
def desk(viewer, picture, open_dock):
    """The dock over the picture, with an empty strokes layer."""
    viewer.add_image(picture, name="picture")
    desk = open_dock()
    desk.dock.new_strokes().brush_size = 3
    return desk


@pytest.fixture
def gate(monkeypatch):
    """An event that answers wait for; it is set at first."""
    from napari_deep_energy._widgets.solving import Desk as Solving

    answer, gate = Solving.answer, threading.Event()
    gate.set()

    def held_up(self, request, report, stop):
        gate.wait(PATIENCE / 1000)
        return answer(self, request, report, stop)

    monkeypatch.setattr(Solving, "answer", held_up)
    return gate


def act(viewer, layer, what):
    """Do to a layer what a user may do at any time."""
    if what == "delete":
        viewer.layers.remove(layer)
    elif what == "rename":
        layer.name = "another name"
    elif what == "hide":
        layer.visible = False
    else:
        viewer.layers.move(viewer.layers.index(layer), 0)


TWO = ((1, 15, 32), (1, 40, 32), (2, 4, 4), (2, 4, 60))
"""Dabs on head, shoulder and background."""


@pytest.fixture
def session(desk):
    """Of a dock that has answered :data:`TWO`."""
    desk.solve(*TWO)
    return desk.dock.session


def undone(desk):
    """Strokes before an edit; call the result after the edit to undo it once and compare."""
    before = desk.dock.seeds_layer.data.copy()

    def check():
        assert (desk.dock.seeds_layer.data != before).any(), "the edit changed nothing"
        desk.dock.seeds_layer.undo()
        np.testing.assert_array_equal(desk.dock.seeds_layer.data, before)

    return check
