"""One pass over a picture for what :mod:`..columns` says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from ....kernels.compiling import compiled
from ....stopping import never
from ....strips import empty, strips

if TYPE_CHECKING:
    from ....energy import QuadraticEnergy
    from ....stopping import Stop


def held_columns(
    energy: QuadraticEnergy,
    like: torch.Tensor,
    held: float,
    rounding: float,
    stop: Stop = never,
    *,
    of_all: bool = False,
) -> torch.Tensor:
    """As :func:`..columns.columns_of`, hard seeds being held with this confidence.

    ``like`` is of the type that is wanted, float32; ``of_all`` keeps the last class in any case.
    """
    fields = energy.targets, energy.confidence[:, 0], energy.is_fixed[:, 0]
    targets, confidence, is_fixed = (field[0].detach().contiguous().numpy() for field in fields)
    size, is_whole = targets.shape[1:], of_all or len(targets) == 1
    columns = empty((1 + len(targets) - (not is_whole), *size), like)
    for rows in strips(size, columns.device, stop, 2 + 2 * len(targets)):
        sums_to_one = fill_rows(
            targets, confidence, is_fixed, held, rounding, columns.numpy(), rows.start, rows.stop
        )
        if not (sums_to_one or is_whole):
            return held_columns(energy, like, held, rounding, stop, of_all=True)
    return columns


def differing_columns(
    before: torch.Tensor, after: torch.Tensor, stop: Stop = never
) -> tuple[torch.Tensor, torch.Tensor]:
    """As :func:`..columns.differing`."""
    size = tuple(after.shape[1:])
    excess = np.empty(size, bool)
    rhs = np.empty(size if before.shape == after.shape else (0, 0), bool)
    for rows in strips(size, after.device, stop, 2 * len(after)):
        compare_rows(before.numpy(), after.numpy(), excess, rhs, rows.start, rows.stop)
    return torch.from_numpy(excess), torch.from_numpy(rhs)


@compiled
def fill_rows(targets, confidence, is_fixed, held, rounding, columns, first, end):
    """Columns (1 + K, H, W) of rows [first, end); whether targets that count sum to one there."""
    width = confidence.shape[1]
    held = confidence.dtype.type(held)
    total = np.empty(width, targets.dtype)
    is_off = 0
    for row in range(first, end):
        for c in range(width):
            columns[0, row, c] = held if is_fixed[row, c] else confidence[row, c]
            total[c] = -1
        for k in range(targets.shape[0]):
            for c in range(width):
                total[c] += targets[k, row, c]
        for k in range(columns.shape[0] - 1):
            for c in range(width):
                columns[1 + k, row, c] = columns[0, row, c] * targets[k, row, c]
        for c in range(width):
            is_off |= (abs(total[c]) >= rounding) & (columns[0, row, c] > 0)
    return is_off == 0


@compiled
def compare_rows(before, after, excess, rhs, first, end):
    """Where rows [first, end) differ in their first column, and where only in the others."""
    width = before.shape[2]
    for row in range(first, end):
        for c in range(width):
            excess[row, c] = before[0, row, c] != after[0, row, c]
        if len(rhs):
            rhs[row] = False
            for k in range(1, before.shape[0]):
                for c in range(width):
                    rhs[row, c] |= before[k, row, c] != after[k, row, c]
            for c in range(width):
                rhs[row, c] &= not excess[row, c]


def rehearse() -> None:
    """Run the kernels once, so that they are compiled."""
    for dtype in (np.float32, np.float64):
        pixel, columns = np.ones((1, 1, 1), dtype), np.empty((2, 1, 1), np.float32)
        assert fill_rows(pixel, pixel[0], pixel[0] < 0, 1.0, 0.5, columns, 0, 1)
        where = np.empty((1, 1), bool)
        compare_rows(pixel, pixel, where, where.copy(), 0, 1)
        assert not where.any()
