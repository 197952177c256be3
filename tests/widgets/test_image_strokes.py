"""An image layer with painted labels or a trimap becomes strokes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from napari_deep_energy import matte, segment
from napari_deep_energy._widgets import menu_commands
from napari_deep_energy.palette import colour

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
    seeds = desk.dock.seeds_layer
    assert seeds.name == "painted strokes"
    assert seeds.get_color(1) == pytest.approx([*colour(1) / 255, 1])
    assert (solution.labels == segment(picture, labels).labels).all()
    seeds.paint((20, 20), 2)
    assert seeds.data[20, 20] == 2


@pytest.mark.parametrize("has_file", [True, False])
def test_painting_on_leaves_the_image_as_it_was(desk, labels, tmp_path, has_file):
    if has_file:
        Image.fromarray(labels).save(tmp_path / "painted.png")
        (layer,) = desk.viewer.open(tmp_path / "painted.png", plugin="napari")
    else:
        layer = desk.viewer.add_image(labels, name="painted")
    before = np.array(layer.data)
    take(desk, layer)
    desk.dock.seeds_layer.paint((20, 20), 2)
    assert desk.dock.seeds_layer.data[20, 20] == 2
    assert (layer.data == before).all()


@pytest.mark.parametrize("kind", ["uint8", "rgb", "float"])
def test_a_trimap_is_taken_and_matted(desk, picture, labels, kind):
    trimap = np.select([labels == 1, labels == 2], [255, 0], 128).astype(np.uint8)
    shown = {"uint8": trimap, "rgb": np.dstack([trimap] * 3), "float": trimap / 255}[kind]
    solution = take(desk, desk.viewer.add_image(shown, name="trimap", scale=(1, 1)))
    assert desk.dock.task == "matte"
    assert solution.alpha == pytest.approx(matte(picture, trimap=trimap).alpha, abs=1e-5)


def test_a_trimap_can_be_painted_on(desk, labels):
    trimap = np.select([labels == 1, labels == 2], [255, 0], 128).astype(np.uint8)
    take(desk, desk.viewer.add_image(trimap, name="trimap"))
    assert set(np.unique(desk.dock.seeds_layer.data)) == {0, 1, 2}
    with desk.solved() as blocker:
        desk.dock.seeds_layer.paint((20, 20), 1)
    after = blocker.args[0]["analytic"].alpha
    assert after[labels == 1].mean() > 0.9
    assert after[labels == 2].mean() < 0.1


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.full((48, 64, 3), (1, 2, 3), np.uint8), "another has shape (48, 64, 3)"),
        (np.full((48, 64), 2.0), "other numbers than 0 to 1"),
        (np.full((48, 64), np.nan), "other numbers than 0 to 1"),
        (np.ones((20, 20), np.uint8), "no other picture has the size of another"),
    ],
)
def test_what_cannot_be_taken_is_said_and_stays(desk, said, pixels, sentence):
    layer = desk.viewer.add_image(pixels, name="another", rgb=pixels.ndim == 3)
    desk.viewer.layers.selection.active = layer
    before = list(desk.viewer.layers)
    menu_commands.image_as_strokes(desk.viewer)
    assert sentence in said[0]
    assert list(desk.viewer.layers) == before
    assert layer.visible


def test_only_images_are_taken(desk, said):
    desk.viewer.layers.selection.active = desk.dock.seeds_layer
    menu_commands.image_as_strokes(desk.viewer)
    assert "select the image layer" in said[0]
