"""The dock "Compare", alone and beside the main one."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from qtpy.QtWidgets import QApplication

from napari_deep_energy._widgets import CompareWidget
from napari_deep_energy._widgets.preferences import remembered
from napari_deep_energy.comparison import compare

from .conftest import CLIPBOARD, PATIENCE, TWO, paint


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    return make_napari_viewer_proxy()


@pytest.fixture
def alone(viewer, picture):
    """The Compare dock, with nothing else open."""
    viewer.add_image(picture)
    dock = CompareWidget(viewer)
    viewer.window.add_dock_widget(dock, name="Compare")
    return dock


@CLIPBOARD
@pytest.mark.parametrize(("task", "measure"), [("segment", "mean IoU"), ("matte", "MSE")])
def test_alone_it_compares_the_engines(alone, qtbot, task, measure):
    session = alone.session
    session.set_choices(replace(session.choices, task=task))
    seeds = session.new_strokes()
    with qtbot.waitSignal(session.solved, timeout=PATIENCE) as blocker:
        paint(seeds, *TWO)
    expected = compare(blocker.args[0]["network"], blocker.args[0]["analytic"])
    assert alone.comparison.measure == measure
    assert alone.comparison.rows == expected.rows
    assert alone.comparison.agreement == pytest.approx(expected.agreement)
    alone.copy_csv()
    table = list(csv.DictReader(io.StringIO(QApplication.clipboard().text())))
    assert [row["engine"] for row in table] == ["network", "analytic"]
    difference = session.results.layers["", "difference"]
    assert difference.colormap.name == "magma"
    assert (difference.data == expected.difference).all()


def test_beside_the_main_dock_it_follows_the_same_strokes(desk, viewer, qtbot):
    desk.dock.engine = "network"
    desk.solve(*TWO)
    dock = CompareWidget(viewer)
    viewer.window.add_dock_widget(dock, name="Compare")
    assert dock.session is desk.dock.session
    assert dock.comparison is None
    assert desk.dock.engine == "both"
    assert remembered("engine", "") == "network"
    desk.choose(prior=0.03)
    assert remembered("engine", "") == "network", "for the next viewer"
    desk.qtbot.waitUntil(lambda: dock.comparison is not None, timeout=PATIENCE)
    first = dock.comparison
    desk.solve((1, 30, 30))
    assert dock.comparison is not first
    with desk.solved():
        desk.dock.task = "matte"
        assert dock.comparison is None
    assert dock.comparison.measure == "MSE"
    dock.hide()
    assert desk.dock.engine == "network", "as it was"
    dock.show()
    desk.dock.engine = "analytic"
    dock.hide()
    assert desk.dock.engine == "analytic", "what was chosen meanwhile stays"


def test_an_engine_alone_leaves_no_stale_comparison(desk, viewer):
    desk.solve(*TWO)
    dock = desk.beside("CompareWidget")
    dock.show()
    desk.qtbot.waitUntil(lambda: dock.comparison is not None, timeout=PATIENCE)
    desk.dock.engine = "analytic"
    desk.solve((1, 30, 30))
    assert dock.comparison is None
    with desk.solved():
        dock.run()
    assert dock.comparison is not None


def test_the_difference_is_shown_on_demand(alone, qtbot):
    seeds = alone.session.new_strokes()
    with qtbot.waitSignal(alone.session.solved, timeout=PATIENCE):
        paint(seeds, *TWO)
    layer = alone.session.results.layers["", "difference"]
    assert not layer.visible
    assert layer.contrast_limits[1] == 0.05, "what differs this little is told apart"
    alone.show_difference(True)
    assert layer.visible
    assert alone._difference.isChecked()


def test_what_both_engines_have_answered_is_compared_without_solving_again(
    desk, viewer, monkeypatch
):
    desk.dock.engine = "both"
    solutions = desk.solve(*TWO)

    def solve(*_):
        raise AssertionError("solved again")

    monkeypatch.setattr("napari_deep_energy.interactive.InteractiveSolver.solve", solve)
    with desk.solved():
        dock = CompareWidget(viewer)
        viewer.window.add_dock_widget(dock, name="Compare")
    expected = compare(solutions["network"], solutions["analytic"])
    assert dock.comparison.rows == expected.rows
