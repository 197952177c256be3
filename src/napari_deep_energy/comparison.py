"""Network against the exact solver on the same seeds, in numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .minimisers import Solution


@dataclass(frozen=True)
class Row:
    """One engine's numbers."""

    engine: str
    energy: float
    """E(x)."""
    gap: float
    """E(x) - E(optimum), over the whole picture."""
    gap_per_pixel: float
    residual: float
    """Largest |b - A x| over free pixels."""
    milliseconds: float
    outcome: str


@dataclass(frozen=True)
class Comparison:
    """Two answers to the same strokes."""

    rows: tuple[Row, ...]
    difference: NDArray[np.float32]
    """(H, W): largest absolute difference over the classes, or of alpha."""
    agreement: float
    """Mean IoU of the two label images over the classes, or the MSE of the two alphas."""
    measure: str
    """What ``agreement`` is: ``"mean IoU"`` or ``"MSE"``."""
    class_iou: dict[int, float] = field(default_factory=dict)
    """IoU of each class, by its label value; empty for alphas."""

    def to_dict(self) -> dict[str, object]:
        """Plain values, for reports."""
        plain = {"rows": [asdict(row) for row in self.rows], self.measure: self.agreement}
        return plain | {f"IoU {value}": iou for value, iou in self.class_iou.items()}

    def to_csv(self) -> str:
        """The table as comma-separated values, one line an engine."""
        names = list(asdict(self.rows[0]))
        shared = {self.measure: self.agreement}
        shared |= {f"IoU {value}": iou for value, iou in self.class_iou.items()}
        lines = [",".join([*names, *shared])]
        for row in self.rows:
            values = [f"{v:.6g}" if isinstance(v, float) else v for v in asdict(row).values()]
            lines.append(",".join([*values, *(f"{value:.6g}" for value in shared.values())]))
        return "\n".join(lines) + "\n"


def compare(network: Solution, analytic: Solution) -> Comparison:
    """Compare two solutions of the same problem, the second of which is the optimum."""
    difference = (network.x - analytic.x).abs().amax(0).float().numpy()
    if len(network.x) == 1:
        measure, agreement, scores = "MSE", _mse(network.alpha, analytic.alpha), {}
    else:
        scores = class_iou(network.labels, analytic.labels, analytic.values)
        measure, agreement = "mean IoU", _mean(scores)
    rows = tuple(_row(solution, analytic) for solution in (network, analytic))
    return Comparison(rows, difference, agreement, measure, scores)


def class_iou(
    a: NDArray[np.int64], b: NDArray[np.int64], values: Sequence[int]
) -> dict[int, float]:
    """Intersection over union of each class of ``values`` that either label image has."""
    scores: dict[int, float] = {}
    for value in values:
        union = np.count_nonzero((a == value) | (b == value))
        if union:
            scores[value] = float(np.count_nonzero((a == value) & (b == value)) / union)
    return scores


def _mean(scores: dict[int, float]) -> float:
    return float(np.mean(list(scores.values()))) if scores else 1.0


def _mse(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.mean((a - b) ** 2))


def _row(solution: Solution, optimum: Solution) -> Row:
    gap = solution.energy - optimum.energy
    return Row(
        solution.engine,
        solution.energy,
        gap,
        gap / solution.x[0].numel(),
        solution.residual,
        1000 * solution.seconds,
        str(solution.outcome),
    )
