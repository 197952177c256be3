"""Network against optimum, in numbers."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from napari_deep_energy.comparison import class_iou, compare
from napari_deep_energy.interactive import InteractiveSolver, make_spec


@pytest.fixture(scope="module", params=["segment", "matte"])
def solutions(request, photograph, strokes):
    solver = InteractiveSolver(photograph, strokes.shape, make_spec(request.param))
    return solver.solve(strokes, "both")


def test_gap_is_zero_at_the_optimum_and_positive_for_the_network(solutions):
    network, analytic = compare(solutions["network"], solutions["analytic"]).rows
    assert analytic.gap == 0
    assert network.gap > 0
    assert network.gap_per_pixel == pytest.approx(network.gap / (40 * 56))


def test_difference_and_agreement_are_those_of_the_answers(solutions):
    network, analytic = solutions["network"], solutions["analytic"]
    comparison = compare(network, analytic)
    assert comparison.difference.shape == (40, 56)
    assert comparison.difference.max() == pytest.approx(float((network.x - analytic.x).abs().max()))
    if len(network.x) == 1:
        expected = ((network.alpha - analytic.alpha) ** 2).mean()
    else:
        scores = class_iou(network.labels, analytic.labels, (1, 2, 3))
        expected = sum(scores.values()) / 3
    assert comparison.agreement == pytest.approx(expected)


def test_table_as_csv_has_a_line_an_engine(solutions):
    table = compare(solutions["network"], solutions["analytic"]).to_csv()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["engine"] for row in rows] == ["network", "analytic"]
    assert float(rows[0]["energy"]) == pytest.approx(solutions["network"].energy, rel=1e-5)


def test_each_class_has_its_iou_in_table_and_report(solutions):
    network, analytic = solutions["network"], solutions["analytic"]
    comparison = compare(network, analytic)
    row = next(csv.DictReader(io.StringIO(comparison.to_csv())))
    if len(network.x) == 1:
        assert comparison.class_iou == {}
        return
    for value, iou in comparison.class_iou.items():
        a, b = network.labels == value, analytic.labels == value
        assert iou == pytest.approx((a & b).sum() / (a | b).sum())
        assert float(row[f"IoU {value}"]) == pytest.approx(iou, rel=1e-5)
        assert comparison.to_dict()[f"IoU {value}"] == iou
    assert comparison.agreement == pytest.approx(np.mean(list(comparison.class_iou.values())))


def test_iou_of_known_labels():
    a, b = np.array([1, 1, 2, 2]), np.array([1, 2, 2, 2])
    assert class_iou(a, b, (1, 2, 9)) == pytest.approx({1: 1 / 2, 2: 2 / 3})
