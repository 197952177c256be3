"""While the brush is down, a large picture is answered at a lower resolution."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from napari_deep_energy import kernels
from napari_deep_energy.minimisers import Outcome

from .conftest import TWO


@pytest.fixture
def viewer(make_napari_viewer_proxy):
    return make_napari_viewer_proxy()


def test_the_preview_of_a_large_picture_is_an_estimate_and_the_answer_exact(
    viewer, open_dock, qtbot
):
    image = np.ascontiguousarray(data.astronaut()[::2, ::2])
    viewer.add_image(image)
    desk = open_dock()
    seeds = desk.dock.new_strokes()
    exact = desk.solve((1, 50, 110), (2, 10, 10))["analytic"]
    assert exact.outcome is Outcome.EXACT
    labels = desk.labels().copy()
    seen = []
    desk.dock.previewed.connect(seen.append)
    with seeds.block_history():  # the brush is down: nothing is released before the block ends
        for column in range(20, 240):
            seeds.paint((200, column), 1)
            qtbot.wait(20)
            if seen:
                break
    solution = seen[0]["analytic"]
    assert solution.outcome is Outcome.ESTIMATE
    assert solution.labels.shape == image.shape[:2]
    assert (labels != desk.labels()).any()


def test_kernels_are_compiled_though_nothing_was_left_to_prepare(
    viewer, picture, open_dock, monkeypatch
):
    started = []
    monkeypatch.setattr(kernels, "start", lambda: started.append(True))
    # Opened only now: a dock may make its solver before the first stroke.
    viewer.add_image(picture)
    desk = open_dock()
    desk.dock.live = False
    desk.dock.new_strokes().brush_size = 3
    desk.paint(*TWO)  # both classes at once: no request fails for want of one
    with desk.solved():
        desk.dock.solve_once()
    assert started
