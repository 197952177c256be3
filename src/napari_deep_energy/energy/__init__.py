"""What is minimised: one quadratic energy, two Laplacians."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, TypeAlias

from .grid import GridLaplacian
from .matting import ClosedFormMatting, MattingLaplacian
from .quadratic import Laplacian, QuadraticEnergy, Stencil
from .random_walker import RandomWalker, affinities, grey

EnergySpec: TypeAlias = RandomWalker | ClosedFormMatting

COLOUR = RandomWalker(beta="auto", colour="lab", prior=5e-3)
"""Colour-aware segmentation without anything that was trained. Chosen on half of Berkeley's and of
VOC's validation pictures with simulated strokes, and measured on the others
(benchmarks/interactive.py)."""
DEFAULT = replace(COLOUR, objects=True)
"""What users get to segment."""
ENERGIES: dict[tuple[str, str], EnergySpec] = {
    ("segment", "colour"): DEFAULT,
    ("segment", "paper"): RandomWalker(),
    ("matte", "colour"): ClosedFormMatting(prior="auto"),
    ("matte", "paper"): ClosedFormMatting(),
}
"""What users choose from, by task and by name."""

SPECS: dict[str, type[RandomWalker] | type[ClosedFormMatting]] = {
    RandomWalker.task: RandomWalker,
    ClosedFormMatting.task: ClosedFormMatting,
}


def spec_to_dict(spec: EnergySpec) -> dict[str, Any]:
    """Spec as plain values, for recipes, checkpoints and reports."""
    return {"task": spec.task, **asdict(spec)}


def spec_from_dict(values: dict[str, Any]) -> EnergySpec:
    """Inverse of :func:`spec_to_dict`; unknown keys raise ``TypeError``."""
    values = dict(values)
    return SPECS[values.pop("task")](**values)


__all__ = [
    "COLOUR",
    "DEFAULT",
    "ENERGIES",
    "SPECS",
    "ClosedFormMatting",
    "EnergySpec",
    "GridLaplacian",
    "Laplacian",
    "MattingLaplacian",
    "QuadraticEnergy",
    "RandomWalker",
    "Stencil",
    "affinities",
    "grey",
    "spec_from_dict",
    "spec_to_dict",
]
