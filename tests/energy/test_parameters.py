"""What parameters an energy takes: up to both ends of a range, and not beyond."""

from __future__ import annotations

import pytest

from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import InvalidInput

RANGES = [
    (RandomWalker, "beta", 0, 1e9),
    (RandomWalker, "lam", 1e-9, 1e12),
    (RandomWalker, "floor", 0, 1),
    (RandomWalker, "prior", 0, 1e6),
    (RandomWalker, "bandwidth", 1e-6, 1),
    (ClosedFormMatting, "epsilon", 1e-12, 1e6),
    (ClosedFormMatting, "lam", 1e-9, 1e12),
]


@pytest.mark.parametrize(("kind", "name", "low", "high"), RANGES)
def test_a_range_has_its_ends_and_no_more(kind, name, low, high):
    for value in (low, high):
        assert getattr(kind(**{name: value}), name) == value
    for value in (low / 2 if low else -1e-9, high * 2, float("nan"), True, "1", None):
        with pytest.raises(InvalidInput, match=f"{name} is .* from {low:g} to"):
            kind(**{name: value})


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (RandomWalker, {"hard_seeds": 1}),
        (RandomWalker, {"colour": "red"}),
        (ClosedFormMatting, {"hard_seeds": 0}),
    ],
    ids=str,
)
def test_a_choice_is_one_of_those_named(kind, changed):
    with pytest.raises(InvalidInput, match=r"; give .* or "):
        kind(**changed)
