"""Memory of large arrays is used again, and never while anything looks at it."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch

from napari_deep_energy import idle_memory
from napari_deep_energy.idle_memory import LEAST, drop_idle, idle_bytes, room
from napari_deep_energy.memory import give_back

SHAPE = (2, LEAST // 8)


def address(array):
    return array.__array_interface__["data"][0]


@pytest.fixture(autouse=True)
def _nothing_idle():
    gc.collect()
    drop_idle()
    yield
    drop_idle()


def test_the_next_array_of_a_size_takes_the_place_of_the_last():
    array = room(SHAPE, np.float32)
    assert array.shape == SHAPE
    assert array.dtype == np.float32
    place = address(array)
    del array
    assert idle_bytes() == LEAST
    again = room((LEAST // 8,), np.int64)
    assert address(again) == place
    assert idle_bytes() == 0


@pytest.mark.parametrize(
    "look",
    [
        lambda array: array[1, 5:],
        lambda array: array.view(np.uint8).T,
        lambda array: torch.from_numpy(array)[:1].detach(),
        lambda array: torch.from_numpy(array).flatten().numpy()[3:],
        memoryview,
    ],
    ids=["slice", "view", "tensor", "tensor's array", "buffer"],
)
def test_what_something_looks_at_is_not_idle(look):
    array = room(SHAPE, np.float32)
    place, seen = address(array), look(array)
    del array
    gc.collect()
    assert idle_bytes() == 0
    assert address(room(SHAPE, np.float32)) != place
    del seen
    gc.collect()
    assert idle_bytes() == 2 * LEAST


def test_of_small_arrays_nothing_is_kept():
    room((100, 100), np.float32)
    assert idle_bytes() == 0


def test_no_more_is_kept_than_is_worth_it(monkeypatch):
    monkeypatch.setattr(idle_memory, "MOST", 3 * LEAST)
    several = [room(SHAPE, np.float32) for _ in range(2)]
    del several
    assert idle_bytes() == 2 * LEAST
    larger = room((2 * LEAST,), np.uint8)
    assert idle_bytes() == 0
    several = [room(SHAPE, np.float32) for _ in range(4)]
    del larger, several
    assert idle_bytes() == 3 * LEAST


def test_idle_memory_goes_back_with_all_other_that_is_free():
    room(SHAPE, np.float32)
    assert idle_bytes() == LEAST
    give_back()
    assert idle_bytes() == 0
