"""Estimates grow with the picture and are told in words."""

from __future__ import annotations

import pytest

from napari_deep_energy.estimate import BYTES, SECONDS, Estimate, estimate


@pytest.mark.parametrize("task", ["segment", "matte"])
@pytest.mark.parametrize("engine", ["network", "analytic"])
def test_the_reference_takes_what_was_measured(task, engine):
    expected = estimate(512 * 512, task, (engine,))
    assert expected.seconds == SECONDS[task, engine]
    assert expected.bytes == 512 * 512 * BYTES[task, engine]


def test_the_exact_solver_takes_more_than_in_proportion():
    small, large = (estimate(n, "segment", ("analytic",)) for n in (10**6, 10**7))
    assert large.seconds > 10 * small.seconds
    assert large.bytes == 10 * small.bytes


def test_engines_run_one_after_the_other():
    both = estimate(10**6, "matte", ("network", "analytic"))
    single = [estimate(10**6, "matte", (engine,)) for engine in ("network", "analytic")]
    assert both.seconds == sum(one.seconds for one in single)
    assert both.bytes == max(one.bytes for one in single)


@pytest.mark.parametrize(
    ("seconds", "text"), [(41.2, "about 41 s and 2.0 GiB"), (300, "about 5 min and 2.0 GiB")]
)
def test_it_reads_well(seconds, text):
    assert str(Estimate(seconds, 2 * 2**30)) == text
