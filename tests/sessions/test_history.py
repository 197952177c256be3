"""The history of strokes gives every state again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_energy import InvalidInput
from napari_deep_energy.sessions import StrokeHistory, history


@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 4)), max_size=20))
def test_replay_goes_through_every_state(dabs):
    labels, made, states = np.zeros((5, 6), np.uint8), StrokeHistory((5, 6)), []
    for place, label in dabs:
        before = labels.copy()
        labels.reshape(-1)[place] = label
        assert made.note(labels) == (labels != before).any()
        if (labels != before).any():
            states.append(labels.copy())
    replayed = [state.copy() for state in made.replay()]
    assert len(replayed) == len(states)
    for ours, theirs in zip(replayed, states, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_planes_of_a_stack_are_recorded_where_they_are():
    stack, made = np.zeros((3, 4, 5), np.uint8), StrokeHistory((3, 4, 5))
    stack[2, 1:3, 2] = 7
    index = (2, slice(None), slice(None))
    assert made.note(stack[index], index)
    stack[:, 0, 4] = 1
    index = (slice(None), 0, slice(None))
    assert made.note(stack[index], index)
    *_, last = made.replay()
    np.testing.assert_array_equal(last, stack)


def test_arrays_give_the_history_again(strokes):
    made = StrokeHistory(strokes.shape)
    for label in (1, 2, 3):
        made.note(np.where(strokes <= label, strokes, 0))
    again = StrokeHistory.from_arrays(strokes.shape, made.to_arrays())
    assert len(again) == 3
    for one, other in zip(made.replay(), again.replay(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not again.note(strokes)


def test_a_snapshot_stays_as_it_is(strokes):
    made = StrokeHistory(strokes.shape)
    made.note(strokes)
    copy = made.snapshot()
    made.note(np.zeros_like(strokes))
    assert (len(copy), len(made)) == (1, 2)
    *_, last = copy.replay()
    np.testing.assert_array_equal(last, strokes)


def test_a_long_history_is_shortened_and_ends_the_same(monkeypatch):
    monkeypatch.setattr(history, "MAX_PIXELS", 50)
    labels, made = np.zeros((4, 5), np.uint8), StrokeHistory((4, 5))
    for step in range(40):
        labels[step % 4] = step
        made.note(labels)
    assert made.to_arrays()[history.LENGTHS].sum() <= 50
    *_, last = made.replay()
    np.testing.assert_array_equal(last, labels)


@pytest.mark.parametrize(
    "damage",
    [
        lambda arrays: arrays.update({history.STARTS: arrays[history.STARTS] + 10**9}),
        lambda arrays: arrays.update({history.STARTS: -arrays[history.STARTS] - 1}),
        lambda arrays: arrays.update({history.LENGTHS: arrays[history.LENGTHS] + 2**62}),
        lambda arrays: arrays.update({history.LENGTHS: arrays[history.LENGTHS] * 0}),
        lambda arrays: arrays.update({history.ENDS: arrays[history.ENDS][::-1].copy()}),
        lambda arrays: arrays.update({history.LABELS: arrays[history.LABELS][:-1]}),
        lambda arrays: arrays.update({history.LABELS: arrays[history.LABELS].astype(float)}),
    ],
)
def test_damaged_arrays_are_refused(strokes, damage):
    made = StrokeHistory(strokes.shape)
    made.note(np.where(strokes == 1, 1, 0))
    made.note(strokes)
    arrays = made.to_arrays()
    damage(arrays)
    with pytest.raises(InvalidInput, match="damaged"):
        StrokeHistory.from_arrays(strokes.shape, arrays)


def test_a_small_file_cannot_ask_for_much_work(monkeypatch):
    monkeypatch.setattr(history, "MAX_PIXELS", 50)
    shape, count = (4, 5), 30
    each = np.ones(count, np.int64)
    arrays = {history.STARTS: 0 * each, history.LENGTHS: 20 * each, history.LABELS: each}
    arrays[history.ENDS] = np.arange(1, count + 1)
    with pytest.raises(InvalidInput, match="damaged"):
        StrokeHistory.from_arrays(shape, arrays)


def test_a_thick_stroke_takes_far_less_room_than_its_pixels():
    painted = np.zeros((200, 300), np.uint8)
    painted[20:60, 10:250] = 1
    made = StrokeHistory(painted.shape)
    made.note(painted)
    saved = made.to_arrays()
    assert saved[history.LENGTHS].sum() == 40 * 240
    assert sum(array.nbytes for array in saved.values()) < 40 * 240 / 5
