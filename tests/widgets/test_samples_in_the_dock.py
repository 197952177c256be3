"""A sample, then the dock: an answer at once."""

from __future__ import annotations

import pytest

from napari_deep_energy import samples


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    return make_napari_viewer_proxy()


def add(viewer, name):
    for data, attributes, kind in getattr(samples, name)():
        getattr(viewer, f"add_{kind}")(data, **attributes)


def test_a_sample_is_answered_when_the_dock_opens(viewer, open_dock):
    add(viewer, "coins")
    desk = open_dock()
    assert desk.dock.image_layer.name == "coins"
    assert desk.dock.seeds_layer.name == "coins strokes"
    with desk.solved() as blocker:
        pass
    assert blocker.args[0]["analytic"].values == (1, 2, 3, 4, 5)


def test_a_sample_opened_later_is_taken_up_with_its_task(desk):
    add(desk.viewer, "composite")
    assert desk.dock.task == "matte"
    assert desk.dock.image_layer.name == "composite"
    assert desk.dock.seeds_layer.name == "composite strokes"
