"""A GPU that is full or whose driver fails: the CPU answers, and says so."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import tifffile
import torch

from napari_deep_energy import RandomWalker, interactive, segment
from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.fallback import OutOfMemory, cuda_or_why_not, is_device_failure, reason
from napari_deep_energy.interactive import InteractiveSolver
from napari_deep_energy.minimisers import NetworkMinimiser

from .conftest import FULL


@pytest.mark.parametrize("engine", ["analytic", "network"])
def test_a_full_gpu_hands_over_to_the_cpu_and_says_so(full_gpu, photograph, strokes, engine):
    solution = segment(photograph, strokes, engine=engine)
    assert "The GPU failed (CUDA out of memory); the CPU answers." in solution.advice
    assert solution.device == "cpu"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interactive, "choose_device", lambda device="auto": torch.device("cpu"))
        expected = segment(photograph, strokes, engine=engine)
    assert expected.advice == ""
    np.testing.assert_array_equal(solution.labels, expected.labels)


def test_a_picture_that_is_prepared_first_falls_back_too(full_gpu, photograph, strokes):
    solver = InteractiveSolver(photograph, strokes.shape, RandomWalker())
    solver.prepare()
    assert solver.device == torch.device("cpu")
    first, second = solver.solve(strokes, "both").values()
    assert "the CPU answers" in first.advice
    assert "the CPU answers" not in second.advice  # once an answer, not once an engine


def test_the_notice_is_on_the_command_line(full_gpu, tmp_path, photograph, strokes, run):
    tifffile.imwrite(tmp_path / "image.tif", photograph)
    tifffile.imwrite(tmp_path / "strokes.tif", strokes.astype(np.uint8))
    files = (tmp_path / "image.tif", tmp_path / "strokes.tif")
    done = run("segment", *files, "-o", tmp_path / "out")
    assert done.returncode == 0
    assert done.stderr.count("the CPU answers") == 1


def test_a_full_computer_is_said_in_words(photograph, strokes, monkeypatch):
    def full(self, problem, energy, stop):
        raise RuntimeError(
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
        )

    monkeypatch.setattr(NetworkMinimiser, "minimise", full)
    with pytest.raises(InvalidInput, match="not enough memory for 40 x 56 pixels"):
        segment(photograph, strokes, engine="network", device="cpu")


def test_other_errors_are_not_hidden(photograph, strokes, monkeypatch):
    def broken(self, problem, energy, stop):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(NetworkMinimiser, "minimise", broken)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        segment(photograph, strokes, engine="network")


def test_a_driver_that_fails_is_named(photograph, strokes, monkeypatch):
    def is_available():
        warnings.warn("CUDA initialization: The NVIDIA driver is too old. Update it.", stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    cuda_or_why_not.cache_clear()
    try:
        assert cuda_or_why_not() == (False, "CUDA initialization: The NVIDIA driver is too old")
        assert "driver is too old" in segment(photograph, strokes, device="auto").advice
        assert segment(photograph, strokes, device="cpu").advice == ""
    finally:
        cuda_or_why_not.cache_clear()


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (OutOfMemory("full"), True),
        (torch.cuda.OutOfMemoryError(FULL), True),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), True),
        (RuntimeError("shapes do not match"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_failures_of_the_device_are_told_from_others(error, is_one):
    assert is_device_failure(error) is is_one
    assert reason(error)
    assert reason(RuntimeError("First. Second\nthird")) == "First"
