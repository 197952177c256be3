"""The answer on view, saved as files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from .conftest import TWO


@pytest.fixture
def saved(desk, tmp_path):
    """Saves the result on view into a folder, and waits."""

    def save():
        desk.dock.keeping.save_result(tmp_path / "results")
        desk.says("The result is in")
        folder = desk.dock.state.removeprefix("The result is in ").rstrip(".")
        desk.dock.session.say(desk.dock.session.state.__class__("hint", ""))
        return tmp_path / "results" / folder.rpartition("/")[2]

    return save


def test_labels_are_saved_as_they_are_on_view(desk, saved):
    desk.solve(*TWO)
    folder = saved()
    assert folder.name == "picture-segment"
    for name in ("labels.tif", "labels.png"):
        found = np.asarray(Image.open(folder / name))
        np.testing.assert_array_equal(found, desk.labels())
    assert tifffile.imread(folder / "probabilities.tif").shape == (2, *found.shape)
    assert np.asarray(Image.open(folder / "overlay.png")).shape == (*found.shape, 3)
    assert json.loads((folder / "report.json").read_text())["engine"] == "analytic"


def test_a_matte_is_saved_in_full_depth_and_as_a_picture(desk, saved):
    desk.dock.task = "matte"
    alpha = desk.solve(*TWO)["analytic"].alpha
    folder = saved()
    np.testing.assert_array_equal(tifffile.imread(folder / "alpha.tif"), alpha)
    eight_bits = np.asarray(Image.open(folder / "alpha.png"))
    assert np.abs(eight_bits / 255 - alpha).max() <= 0.5 / 255 + 1e-6
    assert np.asarray(Image.open(folder / "cutout.png")).shape == (*alpha.shape, 4)


def test_of_two_engines_the_one_on_view_is_saved_with_its_gap(desk, saved):
    desk.dock.engine = "both"
    solutions = desk.solve(*TWO)
    desk.dock.flip()
    shown = desk.dock.session.results.shown
    report = json.loads((saved() / "report.json").read_text())
    assert report["engine"] == shown
    gap = solutions[shown].energy - solutions["analytic"].energy
    assert report["gap"] == pytest.approx(gap)


def test_nothing_is_written_over(desk, saved):
    desk.solve(*TWO)
    first = saved()
    stamp = (first / "labels.tif").stat().st_mtime_ns
    desk.solve((2, 40, 60))
    assert saved().name == "picture-segment-2"
    assert (first / "labels.tif").stat().st_mtime_ns == stamp


def test_without_an_answer_there_is_nothing_to_save(desk, tmp_path):
    desk.dock.keeping.save_result(tmp_path)
    assert "Nothing was solved yet" in desk.dock.state
    assert not list(tmp_path.glob("picture*"))


def test_a_place_that_cannot_be_written_to_is_named(desk, tmp_path):
    desk.solve(*TWO)
    (tmp_path / "file").write_text("in the way")
    desk.dock.keeping.save_result(tmp_path / "file")
    desk.says("picture-segment")
    assert desk.dock.session.state.mood == "error"
