"""Previews by a child process: the same answers, whatever becomes of the child."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest

from napari_deep_energy._widgets.previewing import LATE_PREVIEWS, Previewing
from napari_deep_energy.array_pipe import Message, receive, send
from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled, InvalidInput
from napari_deep_energy.interactive import make_spec
from napari_deep_energy.minimisers import Outcome
from napari_deep_energy.preview import Preview
from napari_deep_energy.preview_process import PreviewProcess
from napari_deep_energy.problem import image_tensor

SECONDS = 60


@pytest.fixture
def picture():
    """Noise on two halves, RGB, 40 x 60."""
    image = np.random.default_rng(0).random((40, 60, 3)) * 0.1
    image[:, 30:] += 0.6
    return image


@pytest.fixture
def labels():
    seeds = np.zeros((40, 60), np.int64)
    seeds[10:14, 5:9], seeds[10:14, 50:54] = 1, 2
    return seeds


def preview_of(picture, spec):
    return Preview(image_tensor(picture, picture.shape[:2]).double(), spec)


def wait_for(process):
    deadline = time.monotonic() + SECONDS
    while not process.is_ready and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.is_ready


def started(preview):
    process = PreviewProcess(preview)
    wait_for(process)
    return process


@pytest.fixture
def process(picture):
    process = started(preview_of(picture, make_spec("segment")))
    yield process
    process.close()
    process._thread.join(SECONDS)
    assert not process._thread.is_alive()


@pytest.mark.parametrize("array", [np.arange(6.0).reshape(2, 3), np.zeros((0, 4), np.uint8)])
def test_what_is_sent_is_received(array):
    pipe = io.BytesIO()
    send(pipe, Message(array[:, ::-1], {"name": "é", "number": 1.5}))
    pipe.seek(0)
    message = receive(pipe)
    np.testing.assert_array_equal(message.array, array[:, ::-1])
    assert message.array.dtype == array.dtype
    assert message.values == {"name": "é", "number": 1.5}
    assert receive(pipe) is None


@pytest.mark.parametrize("kept", [3, -1])
def test_a_message_that_breaks_off_is_the_end(kept):
    pipe = io.BytesIO()
    send(pipe, Message(np.ones(9)))
    assert receive(io.BytesIO(pipe.getvalue()[:kept])) is None


@pytest.mark.parametrize(
    "spec", [make_spec("segment"), RandomWalker(beta=50.0), ClosedFormMatting()], ids=str
)
def test_the_child_answers_as_the_preview_itself(picture, labels, spec):
    preview = preview_of(picture, spec)
    process = started(preview)
    try:
        found, expected = process.solve(labels), preview.small(labels)
    finally:
        process.close()
    # The matte goes through the pipe in single precision, and the child may not have its kernels
    # yet: batched products round otherwise.
    np.testing.assert_allclose(found.x, expected.x, atol=1e-5)
    assert found.values == expected.values
    assert found.outcome is Outcome.ESTIMATE
    assert found.energy == pytest.approx(expected.energy, rel=1e-4)


def test_what_cannot_be_solved_is_said_and_the_child_goes_on(process, labels):
    with pytest.raises(InvalidInput, match="paint at least two labels"):
        process.solve(np.zeros_like(labels))
    assert process.solve(labels).values == (1, 2)


def test_an_answer_that_is_not_waited_for_is_not_the_next_one(process, labels):
    with pytest.raises(Cancelled):
        process.solve(labels, stop=lambda: True)
    assert process.solve(labels * 3).values == (3, 6)


def test_a_child_that_dies_is_noticed(process, labels):
    process._process.kill()
    process._thread.join(SECONDS)
    with pytest.raises(ChildProcessError):
        process.solve(labels)
    assert not process.is_ready


class Late(Preview):
    """Waits for a turn before each answer, as behind a window that is being drawn."""

    def solve(self, labels, stop=lambda: False):
        time.sleep(0.2)
        return super().solve(labels, stop)


def test_late_previews_bring_a_child_and_a_dead_child_the_previews_of_old(picture, labels):
    preview = Late(image_tensor(picture, picture.shape[:2]).double(), make_spec("segment"))
    previewing = Previewing()
    expected = preview.solve(labels).labels
    for _ in range(LATE_PREVIEWS):
        assert previewing._process is None
        previewing.solve(preview, labels, lambda: False)
    process = previewing._process
    wait_for(process)
    preview.solve = None  # the child's from now on
    assert (previewing.solve(preview, labels, lambda: False).labels == expected).all()
    del preview.solve
    process._process.kill()
    process._thread.join(SECONDS)
    assert (previewing.solve(preview, labels, lambda: False).labels == expected).all()
    previewing.close()
    for _ in range(LATE_PREVIEWS):
        previewing.solve(preview, labels, lambda: False)
    assert previewing._process is None, "started anew after it was closed"


def test_previews_in_time_need_no_child(picture, labels, monkeypatch):
    monkeypatch.setattr("napari_deep_energy._widgets.previewing.LATE_SECONDS", 60.0)  # any load
    preview, previewing = preview_of(picture, make_spec("segment")), Previewing()
    for _ in range(3 * LATE_PREVIEWS):
        previewing.solve(preview, labels, lambda: False)
    assert previewing._process is None
