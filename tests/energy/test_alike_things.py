"""Strokes on an object, or on some of many alike things."""

from __future__ import annotations

import pytest
import torch

from napari_deep_energy.energy.alike_things import object_share

SMALL = [(5, 5, 6), (5, 25, 6), (5, 45, 6)]
FOURTH = (18, 5, 6)
LARGE = (30, 30, 20)
DUST = [(row, column, 1) for row in range(30, 60, 2) for column in range(2, 28, 2)]


def region_with_strokes(squares, strokes):
    """Logit of squares (row, column, side) and what is painted: a pixel of some, and the ground."""
    logit, painted = torch.full((1, 1, 64, 64), -1.0), torch.zeros(1, 2, 64, 64)
    for row, column, side in squares:
        logit[..., row : row + side, column : column + side] = 1
    for row, column, side in strokes:
        painted[0, 0, row + side // 2, column + side // 2] = 1
    painted[0, 1, 0, 0] = 1
    return logit, painted


@pytest.mark.parametrize(
    ("squares", "strokes", "share"),
    [
        pytest.param(SMALL, SMALL[:2], 0, id="two of three"),
        pytest.param(SMALL, SMALL, 1, id="all three"),
        pytest.param([*SMALL, FOURTH], SMALL, 0, id="three of four"),
        pytest.param(SMALL[:2], SMALL[:2], 1, id="two, as of eyes"),
        pytest.param(SMALL[:1], SMALL[:1], 1, id="one"),
        pytest.param(SMALL, [], 1, id="nothing painted"),
        pytest.param([*SMALL[:2], LARGE], SMALL[:2], 1, id="the other one is large"),
        pytest.param([*SMALL[:2], *DUST], SMALL[:2], 1, id="the others are dust"),
        pytest.param([*SMALL, LARGE], SMALL[:2], (0.10 - 36 / 508) / 0.08, id="in between"),
        pytest.param([*SMALL, LARGE], SMALL[:1], 1, id="one, and few are like it"),
        pytest.param(SMALL, SMALL[:1], (0.8 - 2 / 3) / 0.2, id="one of three"),
        pytest.param([*SMALL, LARGE], SMALL, 1, id="all three, and a large one is left"),
        pytest.param([*SMALL, FOURTH, LARGE], SMALL, 0, id="three of four, and a large one"),
    ],
)
def test_strokes_are_on_one_thing_or_on_some_of_many_alike(squares, strokes, share):
    logit, painted = region_with_strokes(squares, strokes)
    assert object_share(logit, painted).item() == pytest.approx(share, rel=1e-5)
    assert object_share(-logit, painted.flip(1)).item() == pytest.approx(share, rel=1e-5)
