"""The preview: the exact solver on a small copy of the picture."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_energy._widgets import solving
from napari_deep_energy.errors import Cancelled, InvalidInput
from napari_deep_energy.interactive import InteractiveSolver, make_spec
from napari_deep_energy.minimisers import Outcome
from napari_deep_energy.preview import WORKING_SIZE, shrink_labels


@pytest.fixture
def halves():
    """Dark left, bright right, 300 x 400, with a stroke on either side."""
    image = np.zeros((300, 400), np.uint8)
    image[:, 200:] = 200
    labels = np.zeros(image.shape, np.int64)
    labels[100:110, 50:60], labels[100:110, 300:310] = 7, 3
    return image, labels


def test_a_preview_has_the_size_and_the_labels_of_the_strokes(halves):
    image, labels = halves
    solver = InteractiveSolver(image, image.shape, make_spec("segment"), device="cpu")
    solution = solver.preview.solve(labels)
    assert solution.labels.shape == image.shape
    assert set(np.unique(solution.labels)) == {3, 7}
    assert solution.outcome is Outcome.ESTIMATE


def test_a_preview_is_the_exact_answer_up_to_a_cell_at_the_border(halves):
    image, labels = halves
    solver = InteractiveSolver(image, image.shape, make_spec("segment"), device="cpu")
    exact = solver.solve(labels, "analytic")["analytic"].labels
    differs = solver.preview.solve(labels).labels != exact
    cell = int(np.ceil(max(image.shape) / WORKING_SIZE))
    assert not differs[:, : 200 - 2 * cell].any()
    assert not differs[:, 200 + 2 * cell :].any()


def test_a_preview_follows_the_strokes(halves):
    image, labels = halves
    solver = InteractiveSolver(image, image.shape, make_spec("segment"), device="cpu")
    before = solver.preview.solve(labels).labels
    labels[(labels > 0)] = 10 - labels[labels > 0]  # the two are swapped
    assert (solver.preview.solve(labels).labels == 10 - before).all()


def test_a_matte_has_a_preview(halves):
    image, labels = halves
    labels[labels == 7], labels[labels == 3] = 1, 2
    solver = InteractiveSolver(image, image.shape, make_spec("matte"), device="cpu")
    alpha = solver.preview.solve(labels).alpha
    assert alpha.shape == image.shape
    assert alpha[105, 55] > 0.9
    assert alpha[105, 305] < 0.1


def test_a_preview_of_one_label_is_refused_and_can_be_stopped(halves):
    image, labels = halves
    solver = InteractiveSolver(image, image.shape, make_spec("segment"), device="cpu")
    with pytest.raises(InvalidInput, match="at least two labels"):
        solver.preview.solve(np.where(labels == 3, labels, 0))
    with pytest.raises(Cancelled):
        solver.preview.solve(labels, stop=lambda: True)


@pytest.mark.parametrize("size", [(3, 4), (6, 8), (5, 7)])
def test_shrinking_keeps_a_dab_of_one_pixel_and_invents_nothing(size):
    labels = np.zeros((6, 8), np.uint8)
    labels[5, 7] = 9
    small = shrink_labels(labels, size)
    assert small.shape == size
    assert np.count_nonzero(small) == 1
    assert small[-1, -1] == 9


def test_a_cell_gets_the_label_that_most_of_its_painted_pixels_have():
    labels = np.array([[1, 2, 0, 0], [2, 0, 0, 0]])
    assert (shrink_labels(labels, (1, 2)) == [[2, 0]]).all()


def test_the_dock_knows_without_torch_from_which_size_on_there_is_a_small_copy():
    assert solving.PREVIEW_PIXELS == WORKING_SIZE
