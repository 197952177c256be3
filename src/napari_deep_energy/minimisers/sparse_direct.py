"""Exact minimiser by a sparse LU factorisation (SuperLU): slow, simple, the reference."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.sparse.linalg import splu

from ..stopping import Stop, check, never
from .solution import Outcome, Solution, read_out

if TYPE_CHECKING:
    from ..energy import QuadraticEnergy
    from ..problem import Problem


class SparseDirect:
    """Solves A x = b in float64, all classes with one factor."""

    name = "analytic"

    def minimise(self, problem: Problem, energy: QuadraticEnergy, stop: Stop = never) -> Solution:
        start = time.perf_counter()
        matrix, rhs, free = energy.to_sparse()
        check(stop)
        classes, shape = energy.targets.shape[1], energy.targets.shape[2:]
        x = np.zeros((free.size, classes))
        if free.any():
            # The matrix is symmetric and diagonally dominant enough to do without pivoting.
            factor = splu(
                matrix,
                permc_spec="MMD_AT_PLUS_A",
                diag_pivot_thresh=0.0,
                options={"SymmetricMode": True},
            )
            x[free] = factor.solve(rhs)
        result = torch.from_numpy(x.T.reshape(1, classes, *shape)).to(energy.targets.device)
        return read_out(
            energy,
            result,
            problem,
            engine=self.name,
            seconds=time.perf_counter() - start,
            outcome=Outcome.EXACT,
        )
