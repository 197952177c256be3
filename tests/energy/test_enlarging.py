"""A small picture at the size of a large one, strip by strip."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import interpolate

from napari_deep_energy import strips
from napari_deep_energy.energy.enlarging import enlarged
from napari_deep_energy.errors import Cancelled

SMALL = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [(5, 7), (31, 12), (1, 50), (3, 4)])
@pytest.mark.parametrize("numbers", [1, 100, 10**6])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_strips_are_those_of_the_whole(size, numbers, dtype, monkeypatch):
    monkeypatch.setattr(strips, "NUMBERS", numbers)
    small = SMALL.to(dtype)
    whole = interpolate(small, size, mode="bilinear", align_corners=False)
    parts = list(enlarged(small, size))
    assert [rows.start for rows, _ in parts] == [0, *(rows.stop for rows, _ in parts[:-1])]
    torch.testing.assert_close(
        torch.cat([part for _, part in parts], 2), whole, rtol=1e-5, atol=1e-6
    )


def test_it_is_stopped_between_strips(monkeypatch):
    monkeypatch.setattr(strips, "NUMBERS", 1)
    polls = iter([False, True])
    with pytest.raises(Cancelled):
        list(enlarged(SMALL, (31, 12), lambda: next(polls)))
