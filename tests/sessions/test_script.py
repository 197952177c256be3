"""A script gives the result that it was written for."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_deep_energy import matte, segment
from napari_deep_energy.sessions import as_python


def run(text):
    names = {}
    exec(compile(text, "script", "exec"), names)
    return names


def test_it_segments_one_plane_of_a_stack(tmp_path, photograph, strokes):
    file = tmp_path / 'a "quoted" name.tif'
    stack = np.stack([photograph[..., 0], photograph[..., 1]])
    tifffile.imwrite(file, stack)
    index = (1, slice(None), slice(None))
    text = as_python(file, index, strokes, "segment", ["analytic"], {"beta": 300.0, "model": None})
    expected = segment(stack[1], strokes, engine="analytic", beta=300.0).labels
    np.testing.assert_array_equal(run(text)["analytic"], expected)
    assert "model" not in text


def test_it_mattes_with_both_engines(tmp_path, photograph, strokes):
    file = tmp_path / "rgba.tif"
    opaque = np.full((*photograph.shape[:2], 1), 255, np.uint8)
    tifffile.imwrite(file, np.concatenate([photograph, opaque], -1), photometric="rgb",
                     extrasamples=["unassalpha"])  # fmt: skip
    labels = np.minimum(strokes, 2).astype(np.uint8)
    engines = ["network", "analytic"]
    text = as_python(file, (..., slice(3)), labels, "matte", engines, {"epsilon": 1e-6})
    done = run(text)
    for engine in engines:
        expected = matte(photograph, labels, engine=engine, epsilon=1e-6).alpha
        assert done[engine] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("quotes", ['"""', "'", "\\"])
def test_nothing_in_the_name_of_the_picture_is_run(tmp_path, photograph, strokes, quotes):
    file = tmp_path / f"{quotes};ran = 1;{quotes}.tif"
    tifffile.imwrite(file, photograph, photometric="rgb")
    done = run(as_python(file, (), strokes, "segment", ["analytic"], {}))
    assert "ran" not in done
    assert done["__doc__"].startswith(f"segment {file.name}")
