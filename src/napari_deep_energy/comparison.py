"""Network against the exact solver on the same seeds, in numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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

    def to_dict(self) -> dict[str, object]:
        """Plain values, for reports."""
        return {"rows": [asdict(row) for row in self.rows], self.measure: self.agreement}

    def to_csv(self) -> str:
        """The table as comma-separated values, one line an engine."""
        names = list(asdict(self.rows[0]))
        lines = [",".join([*names, self.measure])]
        for row in self.rows:
            values = [f"{v:.6g}" if isinstance(v, float) else v for v in asdict(row).values()]
            lines.append(",".join([*values, f"{self.agreement:.6g}"]))
        return "\n".join(lines) + "\n"


def compare(network: Solution, analytic: Solution) -> Comparison:
    """Compare two solutions of the same problem, the second of which is the optimum."""
    difference = (network.x - analytic.x).abs().amax(0).float().numpy()
    if len(network.x) == 1:
        measure, agreement = "MSE", float(np.mean((network.alpha - analytic.alpha) ** 2))
    else:
        measure = "mean IoU"
        agreement = mean_iou(network.labels, analytic.labels, analytic.values)
    rows = tuple(_row(solution, analytic) for solution in (network, analytic))
    return Comparison(rows, difference, agreement, measure)


def mean_iou(a: NDArray[np.int64], b: NDArray[np.int64], values: Sequence[int]) -> float:
    """Intersection over union of two label images, averaged over the classes in ``values``."""
    scores = []
    for value in values:
        union = np.count_nonzero((a == value) | (b == value))
        if union:
            scores.append(np.count_nonzero((a == value) & (b == value)) / union)
    return float(np.mean(scores)) if scores else 1.0


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
