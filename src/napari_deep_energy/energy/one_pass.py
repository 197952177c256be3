"""E and its residual on a grid of pixels, in one pass over the picture.

The same formulas as those of :class:`.grid.GridLaplacian` and
:class:`.quadratic.QuadraticEnergy`, which a tensor library can only take step by step: each step
reads and writes whole planes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..kernels.compiling import compiled
from ..stopping import never
from ..strips import strips

if TYPE_CHECKING:
    from ..stopping import Stop
    from .quadratic import QuadraticEnergy

PLANES = 6
"""Planes that are read for each class."""
BITS: dict[np.dtype[Any], type[np.integer[Any]]] = {
    np.dtype(np.float32): np.int32,
    np.dtype(np.float64): np.int64,
}
"""Whole numbers as large as those that there are kernels for."""


def measured(
    energy: QuadraticEnergy, affinity: list[torch.Tensor], x: torch.Tensor, stop: Stop = never
) -> tuple[torch.Tensor, torch.Tensor]:
    """As :meth:`.quadratic.QuadraticEnergy.measured`, of one picture and projected x."""
    fields = x, energy.targets, energy.confidence, energy.is_fixed, *affinity
    xs, targets, confidence, is_fixed, below, beside = (
        field[0].detach().contiguous().numpy() for field in fields
    )
    width = xs.shape[2]
    work = np.zeros(width)
    pull = np.empty(width, xs.dtype)
    # Of numbers that are not negative, the largest has the largest bits; NaN has larger ones still.
    bits = pull.view(BITS[xs.dtype])
    largest = np.zeros(1, bits.dtype)
    for rows in strips(xs.shape[1:], x.device, stop, PLANES * len(xs)):
        for k in range(len(xs)):
            measure_rows(
                xs[k], targets[k], confidence[0], is_fixed[0], below[0], beside[0],
                rows.start, rows.stop, work, pull, bits, largest,
            )  # fmt: skip
    return x.new_tensor([work.sum()]), torch.from_numpy(largest.view(xs.dtype))[0]


@compiled
def measure_rows(x, targets, confidence, is_fixed, below, beside, first, end,
                 work, pull, bits, largest):  # fmt: skip
    """Add the part of E that rows [first, end) of a class have, column by column, to ``work``.

    Other fields are (H, W); ``below`` and ``beside`` are the affinities to the next row and column.
    ``work``, (W,) float64, and ``largest``, (1,), are added to: the latter holds the bits of the
    largest absolute value of b - A x so far. ``pull`` and ``bits``, (W,), are a row of those
    values, two views of the same memory.
    """
    height, width = x.shape
    for row in range(first, end):
        for c in range(width):
            step = targets[row, c] - x[row, c]
            pull[c] = confidence[row, c] * step
            work[c] += pull[c] * step
        if row > 0:
            for c in range(width):
                pull[c] += below[row - 1, c] * (x[row - 1, c] - x[row, c])
        if row + 1 < height:
            for c in range(width):
                step = x[row + 1, c] - x[row, c]
                flow = below[row, c] * step
                pull[c] += flow
                work[c] += flow * step
        for c in range(width - 1):
            step = x[row, c + 1] - x[row, c]
            flow = beside[row, c] * step
            pull[c] += flow
            work[c] += flow * step
        for c in range(1, width):
            pull[c] += beside[row, c - 1] * (x[row, c - 1] - x[row, c])
        for c in range(width):
            pull[c] = 0 if is_fixed[row, c] else abs(pull[c])
        for c in range(width):
            largest[0] = max(largest[0], bits[c])


def rehearse() -> None:
    """Run the kernel once, so that it is compiled."""
    for dtype, kind in BITS.items():
        one, work, largest = np.ones(1, dtype), np.zeros(1), np.zeros(1, kind)
        pixel = one.reshape(1, 1)
        fields = pixel, 0 * pixel, pixel, pixel < 0, pixel[:0], np.empty((1, 0), dtype)
        measure_rows(*fields, 0, 1, work, one, one.view(kind), largest)
        assert work[0] == 1
