"""All planes of a stack that have strokes, as one result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..volumes import segment_stack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..inputs import Inputs
    from ..stopping import Stop
    from .jobs import Batch


@dataclass(frozen=True, eq=False)
class StackSolution:
    """What a stack's planes were answered; planes without strokes are 0."""

    values: NDArray[Any]
    """(N, H, W) labels, or float32 alpha."""
    engine: str
    outcome: str
    """That of every plane, or each of those there are."""
    energy: float
    """Sum over the planes."""


def solve_stack(inputs: Inputs, batch: Batch, stop: Stop) -> StackSolution:
    """Answer the painted planes of a stack one by one.

    Raises
    ------
    InvalidInput
        If no plane has strokes, or one has only a single label.
    Cancelled
        If ``stop`` returned true.
    """
    is_matte = batch.spec.task == "matte"
    largest = int(inputs.strokes.max(initial=0))
    kind: Any = np.float32 if is_matte else (np.uint8 if largest < 256 else np.int32)
    values = np.zeros(inputs.strokes.shape, kind)
    engines, outcomes, energy = [], [], 0.0
    for number, solution in segment_stack(
        inputs.image,
        inputs.strokes,
        spec=batch.spec,
        engine=batch.engine,
        model=batch.model,
        device=batch.device,
        stop=stop,
    ):
        values[number] = solution.alpha if is_matte else solution.labels
        engines.append(solution.engine)
        outcomes.append(str(solution.outcome))
        energy += solution.energy
    return StackSolution(
        values, " ".join(dict.fromkeys(engines)), " ".join(dict.fromkeys(outcomes)), energy
    )
