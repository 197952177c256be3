"""Save, reopen, recover, copy as Python: in a viewer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication

from napari_deep_energy._widgets import autosave, strokes_record
from napari_deep_energy._widgets.choices import Choices
from napari_deep_energy.files import draft_of
from napari_deep_energy.sessions import SUFFIX, get_reader, read_session
from napari_deep_energy.sessions.session_file import picture_name_of

from .conftest import CLIPBOARD, PATIENCE, TWO, Desk


@pytest.fixture
def other(qtbot):
    """Another viewer with a dock."""
    return Desk(ViewerModel(), qtbot)


def drop(viewer, path):
    """What napari does with a dropped file."""
    from napari.layers import Layer

    for layer in get_reader(str(path))(str(path)):
        viewer.add_layer(Layer.create(*layer))


@pytest.fixture
def saved(desk, tmp_path):
    """A session with strokes and a result, and with settings that are not the default."""
    desk.solve(*TWO)
    with desk.solved():
        desk.choose(beta=300.0)
    path = tmp_path / f"work{SUFFIX}"
    desk.dock.keeping.save(path)
    assert path.name in desk.dock.state
    return path


def test_a_dropped_session_is_taken_up(desk, saved, other, picture):
    with other.solved():
        drop(other.viewer, saved)
        restored = other.labels().copy()  # before anything is solved anew
    np.testing.assert_array_equal(restored, desk.labels())
    np.testing.assert_array_equal(other.dock.image_layer.data, picture)
    np.testing.assert_array_equal(other.dock.seeds_layer.data, desk.dock.seeds_layer.data)
    for label in (1, 2):
        colours = [d.dock.seeds_layer.get_color(label) for d in (desk, other)]
        np.testing.assert_array_equal(*colours)
    assert other.dock.session.choices == desk.dock.session.choices
    np.testing.assert_array_equal(other.labels(), restored)
    kinds = [layer.name for layer in other.viewer.layers]
    assert len(kinds) == len(set(kinds)), "results were made twice"


def test_a_session_dropped_before_the_dock_opens_is_taken_up(desk, saved, qtbot):
    viewer = ViewerModel()
    drop(viewer, saved)
    late = Desk(viewer, qtbot)
    assert late.dock.session.choices == desk.dock.session.choices
    assert ("analytic", "labels") in late.dock.results


def test_the_history_has_each_stroke(desk, saved, other):
    desk.solve((2, 30, 3))
    desk.dock.keeping.save(saved)
    history = read_session(saved).history
    assert len(history) >= 2
    *_, last = history.replay()
    np.testing.assert_array_equal(last, desk.dock.seeds_layer.data)
    drop(other.viewer, saved)
    with other.solved():
        other.paint((2, 40, 3))
    assert len(strokes_record.of(other.dock.seeds_layer)["history"]) > len(history)


def test_undo_goes_back_through_the_strokes_of_a_session(desk, saved, other):
    desk.solve((2, 30, 3))
    desk.solve((1, 12, 12))
    desk.dock.keeping.save(saved)
    states = [state.copy() for state in read_session(saved).history.replay()]
    drop(other.viewer, saved)
    strokes = other.dock.seeds_layer
    np.testing.assert_array_equal(strokes.data, states[-1])
    for state in (states[-2], states[-3]):
        with other.solved():
            strokes.undo()
        np.testing.assert_array_equal(strokes.data, state)
    strokes.redo()
    np.testing.assert_array_equal(strokes.data, states[-2])


def test_strokes_that_the_history_does_not_know_stay(desk, saved, other):
    desk.dock.live = False
    desk.dock.seeds_layer.data[2:4, 2:4] = 2  # by a program that tells nobody
    desk.dock.keeping.save(saved)
    drop(other.viewer, saved)
    np.testing.assert_array_equal(other.dock.seeds_layer.data, desk.dock.seeds_layer.data)


def test_a_model_that_is_gone_is_the_bundled_one(tmp_path):
    from napari_deep_energy._widgets import saved_choices

    plain = saved_choices.to_plain(Choices(model=tmp_path / "none.safetensors", engine="network"))
    assert saved_choices.from_plain(plain, Choices()) == Choices(engine="network")


def test_choices_of_the_wrong_type_are_left_out():
    from napari_deep_energy._widgets import saved_choices

    plain = {"beta": "high", "engine": "analytic", "colour": 1, "hard_seeds": 1}
    assert saved_choices.from_plain(plain, Choices()) == Choices(engine="analytic")
    assert saved_choices.from_plain({"task": "paint"}, Choices()) == Choices()


@CLIPBOARD
@pytest.mark.parametrize("task", ["segment", "matte"])
@pytest.mark.parametrize("has_file", [True, False])
def test_the_copied_script_gives_the_result(viewer, open_dock, picture, tmp_path, task, has_file):
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, picture, photometric="rgb")
    if has_file:
        viewer.open(path, plugin="napari")
    else:
        viewer.add_image(picture)
    desk = open_dock()
    desk.dock.engine, desk.dock.task = "both", task
    desk.dock.new_strokes().brush_size = 3
    desk.solve(*TWO)
    desk.dock.keeping.copy_as_python()
    text = QApplication.clipboard().text()
    assert (str(path) in text) == has_file
    names = {}
    exec(compile(text, "script", "exec"), names)
    for engine in ("network", "analytic"):
        kind = "labels" if task == "segment" else "alpha"
        shown = desk.dock.results[engine, kind].data
        # Steps of conjugate gradients on a matte magnify the rounding of the network before them.
        near = 0.03 if (engine, task) == ("network", "matte") else 1e-5
        assert names[engine] == pytest.approx(shown, abs=near)


@CLIPBOARD
def test_the_menu_copies_the_same_script(desk):
    from napari_deep_energy._widgets.menu_commands import copy_as_python

    desk.solve(*TWO)
    desk.dock.keeping.copy_as_python()
    text = QApplication.clipboard().text()
    QApplication.clipboard().setText("")
    copy_as_python(desk.viewer)
    assert QApplication.clipboard().text() == text


def test_before_the_first_answer_there_is_no_script(desk):
    desk.dock.keeping.copy_as_python()
    assert "paint strokes first" in desk.dock.state


SAVE_AND_END = """
import numpy as np
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication

from napari_deep_energy._widgets import DeepEnergyWidget

application, viewer = QApplication([]), ViewerModel()
viewer.add_image(np.eye(20))
dock = DeepEnergyWidget(viewer)
dock.open_session()
dock.new_strokes().paint((5, 5), 1)
autosave = dock.session.autosave
autosave.saved.connect(lambda path: (print(path), application.quit()))
autosave.save_now()
application.exec()
"""


class TestAutosave:
    @pytest.fixture
    def crashed(self, desk, qtbot, monkeypatch):
        """An autosave whose owner is gone without having removed it."""
        desk.solve(*TWO)
        own = desk.dock.session.autosave
        with qtbot.waitSignal(own.saved, timeout=PATIENCE) as blocker:
            own.save_now()
        (path,) = blocker.args
        assert autosave.abandoned() == []  # its owner lives
        own._file._lock.unlock()
        return path

    def test_a_stroke_is_on_disk_soon(self, desk, qtbot, monkeypatch):
        monkeypatch.setattr(autosave, "preferred", lambda name, default: type(default)(True))
        with qtbot.waitSignal(desk.dock.session.autosave.saved, timeout=PATIENCE) as blocker:
            desk.paint(*TWO)
        np.testing.assert_array_equal(
            read_session(blocker.args[0]).layers[-1][0], desk.dock.seeds_layer.data
        )

    def test_a_change_without_layers_keeps_no_thread(self, desk, qtbot):
        own = desk.dock.session.autosave
        desk.paint(*TWO)
        with qtbot.waitSignal(own.saved, timeout=PATIENCE):
            own.save_now()
        desk.paint((1, 30, 30))
        own._soon.start(60_000)
        desk.viewer.layers.clear()
        assert own._worker.thread_is_alive
        own.pause()
        assert not own._worker.thread_is_alive

    def test_work_of_a_crash_is_offered_and_reopened(self, crashed, desk, other):
        bar = other.dock.recovery
        assert bar.offered == crashed
        assert not bar.isHidden()
        assert "Work on picture of" in bar._text.text()
        assert len(other.viewer.layers) == 0, "offered, not forced"
        with other.qtbot.waitSignal(other.dock.session.autosave.saved, timeout=PATIENCE):
            bar.reopen()
        np.testing.assert_array_equal(other.dock.seeds_layer.data, desk.dock.seeds_layer.data)
        assert bar.isHidden()
        assert not crashed.exists(), "it lives on in the autosave of this window"

    def test_halves_of_the_dead_are_removed_and_those_of_the_living_stay(self, crashed, desk):
        dead = draft_of(crashed)
        dead.write_bytes(b"half")
        assert autosave.abandoned() == [crashed]
        assert not dead.exists()
        assert desk.dock.session.autosave._file._lock.tryLock(0)  # as if its owner lived again
        living = draft_of(crashed)
        living.write_bytes(b"half")
        assert autosave.abandoned() == []
        assert living.exists()

    def test_discarded_work_is_gone(self, crashed, other):
        other.dock.recovery.discard()
        assert not crashed.exists()
        assert other.dock.recovery.isHidden()

    def test_a_damaged_autosave_is_kept_and_named(self, crashed, other):
        crashed.write_bytes(b"half")
        assert picture_name_of(crashed) == ""
        other.dock.recovery.reopen()
        assert "not a session file" in other.dock.state
        assert crashed.exists()

    def test_what_another_window_took_is_offered_no_more(self, crashed, other):
        crashed.unlink()
        other.dock.recovery.reopen()
        assert "there is no session" in other.dock.state
        assert other.dock.recovery.isHidden()

    def test_without_a_crash_nothing_is_offered(self, desk, other):
        assert other.dock.recovery.isHidden()

    def test_ending_in_good_order_leaves_no_file(self, tmp_path):
        environment = os.environ | {"XDG_DATA_HOME": str(tmp_path)}
        command = [sys.executable, "-c", SAVE_AND_END]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        saved = Path(done.stdout.strip())
        assert saved.is_relative_to(tmp_path)
        assert list(saved.parent.iterdir()) == []
