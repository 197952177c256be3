"""The range found block by block is that of the whole picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.images import normalise
from napari_deep_energy.tiled.ranges import find_range, passes_of

KINDS = st.sampled_from(["uint8", "uint16", "int16", "int32", "float32", "float64", "bool"])
SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40))
PICTURES = KINDS.flatmap(
    lambda kind: arrays(
        kind,
        SHAPES,
        elements=None
        if kind[0] != "f"
        else st.floats(-1e6, 1e6, width=32, allow_nan=False, allow_subnormal=False),
    )
)


@given(PICTURES, st.integers(1, 40))
def test_it_scales_blocks_as_the_whole_is_scaled(picture, rows):
    starts = range(0, len(picture), rows)
    passes = []

    def blocks():
        passes.append(1)
        return (picture[s : s + rows] for s in starts)

    found = find_range(picture.dtype, blocks)
    assert len(passes) <= passes_of(picture.dtype)
    np.testing.assert_allclose(found.apply(picture), normalise(picture), atol=1e-6)


def test_not_a_number_is_refused():
    picture = np.ones((4, 4), np.float32)
    picture[2, 2] = np.nan
    with pytest.raises(InvalidInput, match="NaN"):
        find_range(picture.dtype, lambda: [picture])
