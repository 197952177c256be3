"""The exact minimiser: factors a picture once, then follows its strokes."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from ...devices import synchronise
from ...errors import InvalidInput
from ...fallback import OutOfMemory, is_device_failure
from ...stopping import check, never
from ...strips import empty, strips, zeros
from ..solution import Outcome, Solution, read_out
from .choosing import can_turn, choose_plan, choose_whole_factor, has_room_for, is_outdone
from .columns import columns_of, differing
from .refinement import free_operator, refine
from .system import Couplings, System, offsets_of, precise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...energy import Laplacian, QuadraticEnergy
    from ...problem import Problem
    from ...stopping import Stop
    from .choosing import WholeFactor

TOLERANCE = 3e-5
"""Estimated error at which one last correction ends the refinement."""
MANY = 0.05
"""Share of pixels whose right-hand side alone may differ before all of it is read again, which
costs a tenth of an elimination."""


@dataclass
class _State:
    """The factor of one picture, and what it has taken in."""

    laplacian: Laplacian
    couplings: Couplings
    factor: WholeFactor
    columns: torch.Tensor
    """(1 + K, H, W) row excess and right-hand sides that the factor holds."""
    is_fixed: torch.Tensor
    """(1, H, W)"""
    changed: NDArray[np.bool_] | None
    """(H * W) pixels that it has yet to take in, all of them if None."""
    is_ahead: bool = False
    """Whether the factor was made ready for a stroke that has not come yet."""
    is_new: bool = True
    """Whether right-hand sides must be taken in everywhere, as their number or most of them
    changed."""
    x: torch.Tensor | None = None
    """(K, H, W) the last refined solution, to start from."""


class NestedDissection:
    """Solves A x = b directly, and again after a stroke by what the stroke changed.

    It remembers the last picture (its ``energy.laplacian``, compared by identity): for the same
    one, only the nodes that changed pixels reach are eliminated again, and of strokes that stay
    near each other only those up to a node around them. The answer does not depend on what was
    solved before, but for rounding.
    """

    name = "analytic"

    def __init__(self) -> None:
        self._state: _State | None = None
        self._spare: WholeFactor | None = None
        """Of a picture that is not worked on any more."""

    def prepare(
        self,
        image: torch.Tensor,
        laplacian: Laplacian,
        stop: Stop = never,
        confidence: float = 0.0,
    ) -> None:
        """Factor a picture before its first stroke, which then costs no more than any other.

        Parameters
        ----------
        image
            (1, C, H, W)
        laplacian
            That of the image; the same object must come with the energies that follow.
        stop
            Polled between steps; true raises :class:`Cancelled`.
        confidence
            Of the prior at unpainted pixels, if the energies that follow have one.
        """
        state = self._state
        if state is None or state.laplacian is not laplacian:
            state = self._begin(image, laplacian, stop)
            for rows in strips(tuple(image.shape[2:]), image.device, stop):
                state.columns[0, rows] = confidence
        if state.changed is None:
            # The root is singular without a seed, but no stroke fails to renew it.
            _take_in(state, state.columns[1:], stop, all_rhs=True)

    def expect(self, row: int, column: int, stop: Stop = never) -> None:
        """Do, while there is time, what the next stroke would wait for if it starts at this pixel.

        The stroke may go elsewhere: its answer is the same, and takes as long as one that is not
        near the last two. Nothing is done for a picture that is not prepared, after a solve that
        was cancelled, where no kernels are at hand, and where there is no memory for it.

        Parameters
        ----------
        row, column
            Of a pixel of the picture.
        stop
            Polled between steps; true raises :class:`Cancelled`. What was finished is kept.

        Raises
        ------
        InvalidInput
            If the picture has no such pixel.
        """
        state = self._state
        if state is None or not can_turn(state.factor):
            return
        height, width = state.is_fixed.shape[1:]
        if not (0 <= row < height and 0 <= column < width):
            raise InvalidInput(
                f"the pixel ({row}, {column}) is not in the picture of {height} x {width}."
            )
        if state.changed is None or state.changed.any():
            return
        state.is_ahead = True
        try:
            if state.factor.turn_to(row * width + column):
                state.factor.catch_up(_system(state, state.columns[1:], stop), stop)
        except (MemoryError, RuntimeError) as error:
            if not is_device_failure(error):
                raise
            state.factor.turn_back()  # from there the stroke needs no more than it did

    def minimise(self, problem: Problem, energy: QuadraticEnergy, stop: Stop = never) -> Solution:
        start = time.perf_counter()
        try:
            state = self._follow(problem, energy, stop)
            if state.couplings.never_subtracts:
                x, outcome, advice = _direct(state, stop), Outcome.EXACT, ""
            else:
                x, outcome, advice = _refined(state, stop)
            synchronise(x.device)
        except (MemoryError, RuntimeError) as error:
            if not is_device_failure(error):
                raise
            self._state = self._spare = None
            size = " x ".join(str(n) for n in energy.targets.shape[2:])
            raise OutOfMemory(
                f"the exact solver ran out of memory on {size} pixels; make the picture smaller."
            ) from error
        seconds = time.perf_counter() - start
        is_closed = len(x) < energy.targets.shape[1]
        if is_closed:  # see columns_of
            x = with_last(x, stop)
        solution = read_out(
            precise(energy, state.couplings.laplacian),
            x[None],
            problem,
            engine=self.name,
            seconds=seconds,
            outcome=outcome,
            advice=advice,
            is_closed=is_closed,
            stop=stop,
        )
        return replace(solution, x=solution.x.to(energy.targets.dtype))

    def _begin(self, image: torch.Tensor, laplacian: Laplacian, stop: Stop) -> _State:
        """State of a picture without seeds, nothing taken in yet.

        The factor of a picture of the same size before it is used again: to ask the system for its
        memory anew takes about as long as an elimination.
        """
        if image.ndim != 4:
            raise InvalidInput(f"the picture has {image.ndim - 2} axes; this solver takes 2.")
        if self._state is not None:
            self._spare, self._state = self._state.factor, None
        height, width = image.shape[2:]
        like = image.new_empty(0, dtype=torch.float32)
        plan = choose_plan((height, width), offsets_of(laplacian), like, stop)
        couplings = Couplings(laplacian, image, stop, plan.margin)
        check(stop)
        factor, self._spare = self._spare, None
        if factor is None or not has_room_for(factor, plan, like):
            factor = None  # free the old one before the new one is made
            factor = choose_whole_factor(plan, like)
        columns = zeros((2, height, width), like, couplings.planes.dtype)
        nowhere = zeros((1, height, width), like, torch.bool)
        self._state = _State(laplacian, couplings, factor, columns, nowhere, None)
        return self._state

    def _follow(self, problem: Problem, energy: QuadraticEnergy, stop: Stop) -> _State:
        """State of this energy's picture, with what changed since the last solve noted in it."""
        state = self._state
        if state is None or state.laplacian is not energy.laplacian:
            state = self._begin(problem.image, energy.laplacian, stop)
        elif is_outdone(state.factor):
            size, offsets = state.factor.plan.size, state.factor.plan.offsets
            plan = choose_plan(size, offsets, state.factor.like, stop)
            state.factor = choose_whole_factor(plan, state.factor.like)
            state.changed, state.is_new = None, True
        columns = columns_of(energy, state.couplings, stop)
        check(stop)
        state.is_new |= columns.shape != state.columns.shape
        if state.changed is not None:
            _note_changes(state, columns, energy.is_fixed[0], stop)
        state.columns, state.is_fixed = columns, energy.is_fixed[0]
        return state


def _note_changes(state: _State, columns: torch.Tensor, is_fixed: torch.Tensor, stop: Stop) -> None:
    """Add the pixels whose equations differ from the last ones to those to be taken in."""
    assert state.changed is not None
    differs, moved = differing(state.columns, columns, stop)
    if not state.couplings.holds_seeds:
        differs |= state.couplings.widened(state.is_fixed != is_fixed)
        if len(moved):
            moved &= ~differs
    if not state.is_new:
        # Targets that move nearly everywhere, as a prior's do, leave the matrix as it is.
        state.is_new = int(moved.count_nonzero()) > MANY * moved.numel()
        differs = differs if state.is_new else differs | moved
    state.changed |= differs.flatten().cpu().numpy()


def _take_in(state: _State, rhs: torch.Tensor, stop: Stop, *, all_rhs: bool) -> None:
    """Bring the factor up to date with the state's matrix and these right-hand sides."""
    state.factor.take_in(_system(state, rhs, stop), state.changed, all_rhs, stop)
    state.changed, state.is_ahead = np.zeros(state.is_fixed.numel(), bool), False


def _system(state: _State, rhs: torch.Tensor, stop: Stop) -> System:
    """The state's matrix and these right-hand sides, without couplings if the factor has them."""
    like = state.factor.like
    planes = state.couplings.planes[:0]
    if state.is_ahead or state.changed is None or state.changed.any():
        planes = state.couplings.padded(state.is_fixed, state.factor.plan.margin, stop)
    check(stop)
    columns = [values.flatten(1).T.to(like) for values in (state.columns[:1], rhs)]
    return System(planes.to(like), *columns)


def with_last(x: torch.Tensor, stop: Stop = never) -> torch.Tensor:
    """x, (K, H, W), and one minus their sum, which is that of the last class."""
    whole = empty((len(x) + 1, *x.shape[1:]), x)
    for rows in strips(tuple(x.shape[1:]), x.device, stop, 2 * len(whole)):
        whole[:-1, rows] = x[:, rows]
        torch.sub(1, x[:, rows].sum(0), out=whole[-1, rows])
    return whole


def _direct(state: _State, stop: Stop) -> torch.Tensor:
    """x, (K, H, W), by elimination alone."""
    _take_in(state, state.columns[1:], stop, all_rhs=state.is_new)
    state.is_new = False
    return state.factor.solve(stop).T.reshape(-1, *state.is_fixed.shape[1:])


def _refined(state: _State, stop: Stop) -> tuple[torch.Tensor, Outcome, str]:
    """x, (K, H, W), by a factor in single precision and refinement, or in double if that fails."""
    rhs, size = state.columns[1:], state.is_fixed.shape[1:]
    apply = free_operator(state.couplings, state.columns[:1], state.is_fixed)

    def precondition(residual: torch.Tensor) -> torch.Tensor:
        _take_in(state, residual, stop, all_rhs=True)
        return state.factor.solve(stop).double().T.reshape(-1, *size)

    start = state.x if state.x is not None else torch.zeros_like(rhs)
    result = refine(apply, precondition, rhs, start, TOLERANCE)
    if not result.error <= TOLERANCE and state.factor.like.dtype == torch.float32:
        plan = state.factor.plan
        del state.factor  # its memory is needed for the next
        state.factor = choose_whole_factor(plan, state.couplings.planes.new_empty(0))
        state.changed = None
        result = refine(apply, precondition, rhs, torch.zeros_like(rhs), TOLERANCE)
    state.x = result.x if result.error < 1 else None
    if result.error <= TOLERANCE:
        return result.x, Outcome.EXACT, ""
    advice = f"the solution may be off by {result.error:.1g}; raise epsilon or paint more strokes."
    return result.x, Outcome.DEGRADED, advice
