"""A tiled run gives what the whole picture gives, whatever the tiles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from skimage import data

from napari_deep_energy import kernels
from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import Cancelled, InvalidInput
from napari_deep_energy.problem import Problem
from napari_deep_energy.tiled import plan_tiled, solve_tiled

from .conftest import whole

pytest.importorskip("ome_zarr")

TOLERANCE = 1e-5
"""Two eliminations in another order, in single precision with nothing subtracted."""


@pytest.fixture(scope="module")
def picture():
    return np.ascontiguousarray(data.astronaut()[:130, 150:350])


@pytest.fixture(scope="module")
def seeds():
    """Strokes of three classes, in a few of the tiles only, and none on the rest."""
    labels = np.zeros((130, 200), np.uint8)
    labels[40:60, 70:75], labels[:3, :90], labels[100:103, 20:60] = 1, 2, 5
    return labels


@pytest.mark.parametrize("way", ["compiled", "batched"])
@pytest.mark.parametrize("tile", [45, 129, 500])
@pytest.mark.parametrize(
    "spec", [RandomWalker(), RandomWalker(beta=50.0, hard_seeds=True)], ids=str
)
def test_tiles_give_the_probabilities_of_the_whole(
    picture, seeds, spec, tile, way, tmp_path, monkeypatch
):
    expected = whole(picture, seeds, spec)
    if way == "batched":
        monkeypatch.setattr(kernels, "is_ready", lambda _dtype: False)
    found = solve_tiled(picture, seeds, tmp_path / "out", spec, tile=tile)
    np.testing.assert_allclose(np.asarray(found.read()), expected.probabilities, atol=TOLERANCE)
    best = np.sort(expected.probabilities, 0)
    is_tie = best[-1] - best[-2] < 2 * TOLERANCE
    is_same = np.asarray(found.read_labels()) == expected.labels
    assert (is_same | is_tie).all()
    assert found.values == (1, 2, 5)


@pytest.mark.parametrize("tile", [40, 64])
@pytest.mark.parametrize("spec", [ClosedFormMatting(), ClosedFormMatting(hard_seeds=True)], ids=str)
def test_tiles_give_the_alpha_of_the_whole(picture, seeds, spec, tile, tmp_path):
    expected = whole(picture, seeds, spec)
    found = solve_tiled(picture, seeds, tmp_path / "out", spec, tile=tile)
    # The whole is refined until its own error is estimated to be below 3e-5.
    np.testing.assert_allclose(np.asarray(found.read()), expected.alpha, atol=1e-4)
    assert found.labels is None


def test_a_dask_picture_is_never_loaded_whole(picture, seeds, tmp_path):
    import dask.array as da

    largest = 0

    def block(block_info=None):
        (top, bottom), (left, right), _ = block_info[None]["array-location"]
        nonlocal largest
        largest = max(largest, (bottom - top) * (right - left))
        return picture[top:bottom, left:right]

    chunks = ((30,) * 4 + (10,), (40,) * 5, (3,))
    lazy = da.map_blocks(block, chunks=chunks, dtype=np.uint8, meta=np.zeros((0, 0, 0), np.uint8))
    found = solve_tiled(lazy, da.from_array(seeds, 50), tmp_path / "out", RandomWalker(), tile=64)
    expected = whole(picture, seeds, RandomWalker()).probabilities
    np.testing.assert_allclose(np.asarray(found.read()), expected, atol=TOLERANCE)
    assert largest == 30 * 40


@pytest.mark.parametrize("kind", [np.uint16, np.float32, np.int16, bool])
def test_intensities_are_scaled_as_those_of_the_whole(kind, picture, seeds, tmp_path):
    grey = picture.mean(2)
    image = (grey > 90) if kind is bool else (grey * 13 - 500 * (kind != np.uint16)).astype(kind)
    found = solve_tiled(image, seeds, tmp_path / "out", RandomWalker(), tile=60)
    expected = whole(image, seeds, RandomWalker()).probabilities
    np.testing.assert_allclose(np.asarray(found.read()), expected, atol=TOLERANCE)


def test_channels_may_come_first(picture, seeds, tmp_path):
    planes = np.moveaxis(picture, -1, 0)[:2]
    found = solve_tiled(planes, seeds, tmp_path / "out", RandomWalker(), tile=60)
    expected = whole(planes, seeds, RandomWalker()).probabilities
    np.testing.assert_allclose(np.asarray(found.read()), expected, atol=TOLERANCE)


def test_the_result_solves_the_equations_across_the_seams(picture, seeds, tmp_path):
    spec = RandomWalker(beta=100.0)
    found = solve_tiled(picture, seeds, tmp_path / "out", spec, tile=50)
    problem = Problem.from_labels(picture, seeds).to(dtype=torch.float64)
    x = torch.from_numpy(np.asarray(found.read()))[None].double()
    residual = spec.energy(problem).residual(x)[0].abs().amax(0)
    assert residual[48:52].max() < 1e-5
    assert residual.max() < 1e-5


PHASES = ("tiles looked at", "steps done", "parts of results written")


@pytest.mark.parametrize("phase", PHASES)
def test_a_run_that_is_cancelled_in_any_phase_leaves_nothing(phase, picture, seeds, tmp_path):
    begun = []
    with pytest.raises(Cancelled):
        solve_tiled(
            picture, seeds, tmp_path / "out", tile=64,
            stop=lambda: phase in begun, progress=lambda done, total, unit: begun.append(unit),
        )  # fmt: skip
    assert begun.count(phase) == 1
    assert list(tmp_path.iterdir()) == []


def test_each_phase_counts_to_its_end(picture, seeds, tmp_path):
    steps = []
    solve_tiled(picture, seeds, tmp_path / "a", tile=64, progress=lambda *s: steps.append(s))
    assert list(dict.fromkeys(unit for _, _, unit in steps)) == list(PHASES)
    for (done, total, unit), (following, other, next_unit) in pairwise(steps):
        goes_on = following == done + 1 and total == other and unit == next_unit
        assert goes_on or (done == total and following == 1)
    assert steps[-1][0] == steps[-1][1]


def test_a_run_sets_nothing_for_dask_as_a_whole(picture, seeds, tmp_path):
    """What other threads compute must be neither watched nor stopped, nor left without a pool."""
    dask, callbacks = pytest.importorskip("dask"), pytest.importorskip("dask.callbacks")
    units = set()

    def look(done, total, unit):
        units.add(unit)
        assert dask.config.get("pool", None) is None
        assert not callbacks.Callback.active

    solve_tiled(picture, seeds, tmp_path / "out", tile=64, progress=look)
    assert units == set(PHASES)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tile": 8}, "too small"),
        ({"memory_limit": 2**20}, "GiB of memory"),
        ({"seeds": np.ones((130, 200), int)}, "only label 1"),
        ({"seeds": np.ones((13, 20), int)}, "but the image has shape"),
        ({"seeds": np.ones((2, 13, 20), int)}, "one plane"),
        ({"seeds": np.ones((130, 200))}, "integer"),
        ({"image": np.full((130, 200), np.nan)}, "NaN"),
        ({"image": np.ones((130, 200), complex)}, "has type complex"),
    ],
)
def test_bad_input_is_one_sentence(changes, sentence, picture, seeds, tmp_path):
    given = {"image": picture, "seeds": seeds, "output": tmp_path / "out"} | changes
    with pytest.raises(InvalidInput, match=sentence):
        solve_tiled(**given)
    assert list(tmp_path.iterdir()) == []


def test_the_estimate_does_not_grow_with_the_picture_until_the_separators_do():
    needs = {}
    for size in (1024, 4096, 20000):
        image = np.broadcast_to(np.uint8(0), (size, size))
        seeds = _two_labels(size)
        needs[size] = plan_tiled(image, seeds, RandomWalker()).estimate
    assert needs[4096].memory == needs[1024].memory
    assert needs[20000].memory < 8 * 2**30
    assert needs[4096].tiles == 64


def test_the_scratch_of_a_run_here_is_within_its_estimate(tmp_path):
    image = np.random.default_rng(0).random((320, 320))
    seeds = _two_labels(320)
    needs = [plan_tiled(image, seeds, RandomWalker(), 32, on).estimate for on in (False, True)]
    taken = []

    def measure(done, total, unit):
        taken.append(sum(f.stat().st_size for f in tmp_path.rglob("scratch/*.npy")))

    solve_tiled(image, seeds, tmp_path / "out", RandomWalker(), tile=32, progress=measure)
    headers = 128 * 5 * 199  # of the files, each smaller than a page
    assert 0.3 * needs[0].scratch < max(taken) < needs[0].scratch + headers
    assert needs[0].scratch < 0.9 * needs[1].scratch


def _two_labels(size):
    """Seeds of any size in the memory of one row."""
    row = np.zeros(size, np.uint8)
    row[0], row[-1] = 1, 2
    return np.broadcast_to(row, (size, size))
