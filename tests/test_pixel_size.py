"""The size of a pixel, in the words of each format."""

from __future__ import annotations

import pytest

from napari_deep_energy.pixel_size import UNITS, PixelSize, name_of, symbol_of


@pytest.mark.parametrize(("symbol", "names"), UNITS.items())
def test_every_name_of_a_unit_is_that_unit(symbol, names):
    for name in (symbol, *names):
        assert symbol_of(name) == symbol
        assert name_of(name) == names[0]


def test_other_units_stay_as_they_are():
    assert name_of(symbol_of("furlong")) == "furlong"


@pytest.mark.parametrize(
    ("axes", "sizes"), [("CZYX", (1, 1, 3, 2)), ("yx", (3, 2)), ("TYX", (1, 3, 2))]
)
def test_axes_that_nobody_told_of_have_size_one(axes, sizes):
    assert PixelSize((3, 2)).along(axes) == sizes
