"""Denormal numbers count as zero while a problem is solved, and only then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from napari_deep_energy.interactive import InteractiveSolver, make_spec
from napari_deep_energy.minimisers import NestedDissection, Solution
from napari_deep_energy.minimisers.denormals import flushed_denormals, is_flushed, without_denormals

if not torch.set_flush_denormal(False):
    pytest.skip("this processor keeps denormal numbers", allow_module_level=True)


def test_denormal_products_are_zero_within_and_kept_after() -> None:
    with flushed_denormals():
        assert is_flushed()
        assert torch.tensor(1e-30) * 1e-10 == 0
    assert not is_flushed()
    assert torch.tensor(1e-30) * 1e-10 > 0


def test_what_was_set_before_is_set_after() -> None:
    torch.set_flush_denormal(True)
    try:
        with flushed_denormals():
            pass
        assert is_flushed()
    finally:
        torch.set_flush_denormal(False)


def test_the_exact_solver_works_without_denormals(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    minimise = NestedDissection.minimise

    def watched(self: NestedDissection, *arguments: object) -> Solution:
        seen.append(is_flushed())
        return minimise(self, *arguments)

    monkeypatch.setattr(NestedDissection, "minimise", watched)
    solver = InteractiveSolver(np.eye(24), (24, 24), make_spec("segment"), device="cpu")
    labels = np.zeros((24, 24), int)
    labels[2, 2:6], labels[20, 2:6] = 1, 2
    solver.solve(labels, "analytic")
    solver.preview.solve(labels)
    assert seen == [True, True]
    assert not is_flushed()


def test_a_thread_of_its_own_and_its_helpers_take_denormals_for_zero() -> None:
    small = torch.full((2**22,), 1e-30)  # large enough for the helpers to work on it
    with ThreadPoolExecutor(1) as other:
        assert other.submit(lambda: bool((small * 1e-10 > 0).all())).result()
    assert without_denormals(lambda: bool((small * 1e-10 == 0).all()))
    assert not is_flushed()


def test_errors_of_the_work_come_through() -> None:
    def fail() -> None:
        raise ValueError("what went wrong")

    with pytest.raises(ValueError, match="what went wrong"):
        without_denormals(fail)
