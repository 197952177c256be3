"""Every kernel of the exact solver run once."""

from __future__ import annotations

import torch

from ....stopping import never
from ..plan import make_plan
from ..system import System
from . import columns
from .factor import Factor


def rehearse(dtype: torch.dtype) -> None:
    """Run every kernel once, so that it is compiled for numbers of this type."""
    columns.rehearse()
    offsets, side = ((0, 0), (1, 0), (0, 1)), 160
    factor = Factor(make_plan((side, side), offsets), torch.zeros(0, dtype=dtype))
    factor.threads = 1  # more would share all of so small a picture's fronts
    couplings = torch.zeros(len(offsets) * factor.program.plane, dtype=dtype)
    column = torch.ones(side * side, 1, dtype=dtype)
    factor.take_in(System(couplings, column, column), None, True, never)
    assert torch.equal(factor.solve(never), column)
