"""The folder of results that a command leaves: arrays, pictures to look at, and a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .comparison import Comparison, compare
from .energy import EnergySpec, spec_to_dict
from .files import write_report, write_text
from .outputs import write_outputs, write_pictures
from .picture_files import LARGEST_IN_PNG, write_tiff

if TYPE_CHECKING:
    from pathlib import Path

    from .inputs import Inputs
    from .minimisers import Solution


def write_solution(
    folder: Path, inputs: Inputs, solution: Solution, spec: EnergySpec, gap: float | None = None
) -> None:
    """Write one engine's results; ``gap`` is E above the optimum, where that is known."""
    fits_png = max(solution.values) <= LARGEST_IN_PNG
    write_outputs(folder, inputs, solution, spec, ("tiff", "png") if fits_png else ("tiff",))
    write_pictures(folder, inputs, solution, spec.task)
    write_report(folder / "report.json", report(inputs, solution, spec, gap))


def write_comparison(
    folder: Path, inputs: Inputs, solutions: dict[str, Solution], spec: EnergySpec
) -> Comparison:
    """Write both engines' results, their difference and the table; return the comparison."""
    comparison = compare(solutions["network"], solutions["analytic"])
    for row, solution in zip(comparison.rows, solutions.values(), strict=True):
        write_solution(folder / row.engine, inputs, solution, spec, row.gap)
    write_tiff(folder / "difference.tif", comparison.difference, "YX", inputs.size)
    write_text(folder / "comparison.csv", comparison.to_csv())
    write_report(folder / "report.json", comparison.to_dict())
    return comparison


def report(
    inputs: Inputs, solution: Solution, spec: EnergySpec, gap: float | None
) -> dict[str, Any]:
    """What ran and how good the answer is, as plain values."""
    if gap is None and solution.engine == "analytic":
        gap = 0.0
    return {
        "image": inputs.name,
        "shape": list(inputs.strokes.shape),
        "classes": list(solution.values),
        "spec": spec_to_dict(spec),
        "engine": solution.engine,
        "device": solution.device,
        "outcome": str(solution.outcome),
        "advice": solution.advice,
        "energy": solution.energy,
        "gap": gap,
        "residual": solution.residual,
        "seconds": solution.seconds,
    }
