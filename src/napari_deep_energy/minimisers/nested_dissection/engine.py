"""The exact minimiser: factors a picture once, then follows its strokes."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from ...errors import InvalidInput
from ..solution import Outcome, Solution, Stop, never, read_out
from .factor import Factor
from .plan import make_plan
from .system import Couplings, System, columns_of, precise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...energy import Laplacian, QuadraticEnergy
    from ...problem import Problem


@dataclass
class _State:
    """The factor of one picture, and what it has taken in."""

    laplacian: Laplacian
    couplings: Couplings
    factor: Factor
    columns: torch.Tensor
    """(1 + K, H, W) row excess and right-hand sides that the factor holds."""
    is_fixed: torch.Tensor
    """(1, H, W)"""
    changed: NDArray[np.bool_] | None
    """(H * W) pixels that it has yet to take in, all of them if None."""
    is_new: bool = True
    """Whether right-hand sides must be taken in everywhere, since their number changed."""


class NestedDissection:
    """Solves A x = b directly, and again after a stroke by what the stroke changed.

    It remembers the last picture (its ``energy.laplacian``, compared by identity): for the same
    one, only the nodes that changed pixels reach are eliminated again. The answer does not depend
    on what was solved before.
    """

    name = "analytic"

    def __init__(self) -> None:
        self._state: _State | None = None

    def minimise(self, problem: Problem, energy: QuadraticEnergy, stop: Stop = never) -> Solution:
        start = time.perf_counter()
        state, x = self._solve(problem, energy, stop)
        solution = read_out(
            precise(energy, state.couplings.laplacian),
            x,
            problem,
            engine=self.name,
            seconds=time.perf_counter() - start,
            outcome=Outcome.EXACT,
        )
        return replace(solution, x=solution.x.to(energy.targets.dtype))

    def _solve(
        self, problem: Problem, energy: QuadraticEnergy, stop: Stop
    ) -> tuple[_State, torch.Tensor]:
        """State of the picture and x, (1, K, H, W)."""
        classes, *size = energy.targets.shape[1:]
        state = self._follow(problem, energy)
        system = System(state.couplings.padded(state.is_fixed), state.columns.flatten(1).T)
        state.factor.take_in(system, state.changed, state.is_new, stop)
        state.changed, state.is_new = np.zeros(size[0] * size[1], bool), False
        x = state.factor.solve(stop).T.reshape(1, -1, *size)
        if x.shape[1] < classes:  # the last one follows, see columns_of
            x = torch.cat([x, 1 - x.sum(1, keepdim=True)], 1)
        return state, x

    def _follow(self, problem: Problem, energy: QuadraticEnergy) -> _State:
        """State of this energy's picture, with what changed since the last solve noted in it."""
        state = self._state
        if state is None or state.laplacian is not energy.laplacian:
            self._state = None
            self._state = _first(problem, energy)
            return self._state
        columns = columns_of(energy, state.couplings)
        differs = state.is_fixed != energy.is_fixed[0]
        differs = state.couplings.widened(differs)
        if columns.shape == state.columns.shape:
            differs = differs | (columns != state.columns).any(0)
        else:
            differs = differs | (columns[0] != state.columns[0])
            state.is_new = True
        state.columns, state.is_fixed = columns, energy.is_fixed[0]
        if state.changed is not None:
            state.changed |= differs.flatten().cpu().numpy()
        return state


def _first(problem: Problem, energy: QuadraticEnergy) -> _State:
    """State of a new picture, nothing taken in yet."""
    if energy.targets.ndim != 4:
        raise InvalidInput(f"the picture has {energy.targets.ndim - 2} axes; this solver takes 2.")
    couplings = Couplings(energy.laplacian, problem.image)
    height, width = energy.targets.shape[2:]
    plan = make_plan((height, width), couplings.offsets)
    factor = Factor(plan, couplings.planes)
    columns = columns_of(energy, couplings)
    return _State(energy.laplacian, couplings, factor, columns, energy.is_fixed[0], None)
