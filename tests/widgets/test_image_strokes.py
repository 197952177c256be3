"""An image layer with painted labels or a trimap becomes strokes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from napari_deep_energy import matte, segment
from napari_deep_energy._widgets import menu_commands

from .conftest import TWO


@pytest.fixture
def labels(picture):
    painted = np.zeros(picture.shape[:2], np.uint8)
    for label, row, column in TWO:
        painted[row - 1 : row + 2, column - 1 : column + 2] = label
    return painted


@pytest.fixture
def said(monkeypatch):
    """What the commands tell the user."""
    told = []
    monkeypatch.setattr(menu_commands, "show_info", told.append)
    return told


def take(desk, layer):
    desk.viewer.layers.selection.active = layer
    with desk.solved() as blocker:
        menu_commands.image_as_strokes(desk.viewer)
    assert not layer.visible
    assert desk.dock.image_layer.name == "picture"
    return blocker.args[0]["analytic"]


def test_a_png_with_a_palette_is_taken_by_its_indices(desk, picture, labels, tmp_path):
    image = Image.fromarray(labels, mode="P")
    image.putpalette([0, 0, 0, 200, 30, 30, 30, 30, 200])
    image.save(tmp_path / "painted.png")
    (layer,) = desk.viewer.open(tmp_path / "painted.png", plugin="napari")
    assert layer.rgb, "napari has made colours of it"
    solution = take(desk, layer)
    assert desk.dock.seeds_layer.name == "painted strokes"
    assert (solution.labels == segment(picture, labels).labels).all()


@pytest.mark.parametrize("kind", ["uint8", "rgb", "float"])
def test_a_trimap_is_taken_and_matted(desk, picture, labels, kind):
    trimap = np.select([labels == 1, labels == 2], [255, 0], 128).astype(np.uint8)
    shown = {"uint8": trimap, "rgb": np.dstack([trimap] * 3), "float": trimap / 255}[kind]
    solution = take(desk, desk.viewer.add_image(shown, name="trimap", scale=(1, 1)))
    assert desk.dock.task == "matte"
    assert solution.alpha == pytest.approx(matte(picture, trimap=trimap).alpha, abs=1e-5)


def test_what_cannot_be_taken_is_said_and_stays(desk, picture, said):
    desk.viewer.layers.selection.active = desk.dock.seeds_layer
    menu_commands.image_as_strokes(desk.viewer)
    photograph = desk.viewer.add_image(picture[::-1], name="another")
    desk.viewer.layers.selection.active = photograph
    before = list(desk.viewer.layers)
    menu_commands.image_as_strokes(desk.viewer)
    assert "select the image layer" in said[0]
    assert "another has shape (48, 64, 3)" in said[1]
    assert list(desk.viewer.layers) == before
    assert photograph.visible
