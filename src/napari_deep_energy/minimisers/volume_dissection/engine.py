"""The exact minimiser of a volume: eliminated leaves first, solved root first.

Nothing is subtracted (see :mod:`..nested_dissection.elimination`), so that single precision is
enough for couplings from 1e-10 to 1, where iterations stall.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ...energy.quadratic import shifted
from ...stopping import Stop, check, never
from ..nested_dissection.elimination import inverse
from ..solution import Outcome, Solution, read_out
from .plan import make_volume_plan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...energy import QuadraticEnergy
    from ...problem import Problem
    from .plan import Batch, Kind, Level


@dataclass
class _Eliminated:
    """What a batch of boxes leaves on its rings, and what solves it: x = centre + gain x_ring."""

    coupling: torch.Tensor | None
    """(N, R, R), until the parents have taken it in."""
    columns: torch.Tensor | None
    """(N, R, 1 + K) row excess and right-hand sides."""
    gain: torch.Tensor
    """(N, P, R)"""
    centre: torch.Tensor
    """(N, P, K)"""


@dataclass(frozen=True)
class _System:
    planes: torch.Tensor
    """(axes * voxels) couplings of each voxel with the next along each axis."""
    columns: torch.Tensor
    """(voxels, 1 + K)"""


class VolumeDissection:
    """Solves A x = b of the random walker on a grid of any number of axes."""

    name = "analytic"

    def minimise(self, problem: Problem, energy: QuadraticEnergy, stop: Stop = never) -> Solution:
        start = time.perf_counter()
        size = tuple(energy.targets.shape[2:])
        classes = energy.targets.shape[1]
        levels = make_volume_plan(size)
        x = _solve(levels, _system_of(energy, stop), stop)
        return read_out(
            energy,
            x.T.reshape(1, classes, *size),
            problem,
            engine=self.name,
            seconds=time.perf_counter() - start,
            outcome=Outcome.EXACT,
            stop=stop,
        )


def memory_needed(size: tuple[int, ...], classes: int) -> int:
    """Bytes that the solver takes for a volume of this size."""
    return _bytes(make_volume_plan(size), classes)


def _bytes(levels: tuple[Level, ...], classes: int) -> int:
    stored, widest, above = 0, 0, 0
    for level in levels:
        fronts = left = 0
        for batch in level.values():
            count, pivots, ring = len(batch.origins), len(batch.pivots), len(batch.ring)
            stored += count * pivots * (ring + classes)
            fronts += count * (pivots * (pivots + ring) + 2 * pivots**2)
            left += count * ring**2
        widest = max(widest, fronts + left, above + left)
        above = fronts + left
    return 4 * (stored + 2 * widest)


def _system_of(energy: QuadraticEnergy, stop: Stop) -> _System:
    """Couplings, row excess and right-hand sides; a fixed voxel is the equation 1 x = 0."""
    energy.check_held()
    is_fixed = energy.is_fixed[0]
    stencil = energy.laplacian.stencil(stop)
    free = (~is_fixed[0]).to(stencil.values)
    planes = []
    for plane, offset in zip(-stencil.values[0, 1:], stencil.offsets[1:], strict=True):
        here, there = shifted(offset)
        cut = torch.zeros_like(plane)
        cut[here] = plane[here] * free[here] * free[there]
        planes.append(cut.float().flatten())
    ones = torch.ones_like(energy.confidence)
    excess = torch.where(is_fixed, 1, energy.operator(ones)[0])
    columns = torch.cat([excess, energy.rhs[0]]).flatten(1).T
    return _System(torch.cat(planes), columns.float().contiguous())


def _solve(levels: tuple[Level, ...], system: _System, stop: Stop) -> torch.Tensor:
    """x of each voxel, (voxels, K)."""
    done: list[dict[Kind, _Eliminated]] = []
    below: dict[Kind, _Eliminated] = {}
    for level in reversed(levels):
        here = {}
        for kind, batch in level.items():
            check(stop)
            here[kind] = _eliminate(batch, below, system)
        for eliminated in below.values():  # the parents have it
            eliminated.coupling = eliminated.columns = None
        done.append(here)
        below = here
    x = torch.zeros_like(system.columns[:, 1:])
    for level, factors in zip(levels, reversed(done), strict=True):
        check(stop)
        for kind, batch in level.items():
            factor, origins = factors[kind], _on(batch.origins, x)[:, None]
            solved = factor.centre
            if len(batch.ring):
                solved = solved + factor.gain @ x[origins + _on(batch.ring, x)]
            x[origins + _on(batch.pivots, x)] = solved
    return x


def _on(values: NDArray[np.int64], like: torch.Tensor) -> torch.Tensor:
    return torch.as_tensor(values, device=like.device)


def _eliminate(batch: Batch, below: dict[Kind, _Eliminated], system: _System) -> _Eliminated:
    """Assemble the fronts of a batch from its halves and eliminate their pivots."""
    count, pivots, ring = len(batch.origins), len(batch.pivots), len(batch.ring)
    like = system.columns
    origins = _on(batch.origins, like)[:, None]
    rows = like.new_zeros(count, pivots * (pivots + ring))
    rows[:, _on(batch.slots, like)] = system.planes[origins + _on(batch.sources, like)]
    rows = rows.view(count, pivots, pivots + ring)
    square = like.new_zeros(count, ring, ring)
    columns = like.new_zeros(count, pivots + ring, like.shape[1])
    columns[:, :pivots] = like[origins + _on(batch.pivots, like)]
    for half in batch.halves:
        left = below[half.kind]
        assert left.coupling is not None
        assert left.columns is not None
        coupling = left.coupling[half.first : half.first + count]
        place = _on(half.place, like)
        own = place < pivots
        rows[:, place[own][:, None], place] += coupling[:, own]
        outer = place[~own] - pivots
        square[:, outer[:, None], outer] += coupling[:, ~own][:, :, ~own]
        columns[:, place] += left.columns[half.first : half.first + count]
    to_ring, held = rows[:, :, pivots:], columns[:, :pivots]
    inverted = inverse(rows[:, :, :pivots], held[:, :, 0] + to_ring.sum(2))
    gain = inverted @ to_ring
    square.baddbmm_(to_ring.mT, gain)
    passed = columns[:, pivots:].baddbmm(gain.mT, held)
    return _Eliminated(square, passed, gain, inverted @ held[:, :, 1:])
