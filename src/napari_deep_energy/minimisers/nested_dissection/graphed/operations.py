"""What a level's elimination and substitution consist of: by kernels, or by torch alone.

None of these waits for the device, reads anything back, or depends on the numbers in any other
way, so that they can be recorded.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch

from .layout import stencil_table

if TYPE_CHECKING:
    from ..plan import Plan
    from .layout import Level

logger = logging.getLogger(__name__)


class Left(NamedTuple):
    """What the eliminated nodes of a level leave on their rings."""

    coupling: torch.Tensor
    """(N, R, R); the diagonal is ignored."""
    excess: torch.Tensor
    """(N, 1, R)"""


@dataclass(frozen=True, eq=False)
class Picture:
    """Where the matrix is copied to before its elimination is replayed."""

    size: tuple[int, int]
    reach: int
    table: torch.Tensor
    """See :func:`stencil_table`."""
    couplings: torch.Tensor
    """(M * padded picture)"""
    excess: torch.Tensor
    """(1, H * W + 1); the last one belongs to no pixel."""

    @classmethod
    def of(cls, plan: Plan, like: torch.Tensor) -> Picture:
        """An uncoupled one."""
        height, width = plan.size
        padded = (height + 2 * plan.reach) * (width + 2 * plan.reach)
        return cls(
            plan.size,
            plan.reach,
            stencil_table(plan, like.device),
            like.new_zeros(len(plan.offsets) * padded),
            like.new_ones(1, height * width + 1),
        )

    @property
    def pitch(self) -> int:
        """Pixels from one padded row to the next."""
        return self.size[1] + 2 * self.reach

    @property
    def plane(self) -> int:
        """Pixels of a padded plane."""
        return (self.size[0] + 2 * self.reach) * self.pitch


class Operations(Protocol):
    """P pivots, R ring pixels, W = P + R, K columns; N nodes, of which ``below`` has its own."""

    def assemble(self, picture: Picture, level: Level, below: Left | None) -> torch.Tensor:
        """Whole fronts (N, W, W): the matrix's own entries and what the halves left."""
        ...

    def eliminate(
        self,
        picture: Picture,
        level: Level,
        below: Left | None,
        inverse: torch.Tensor,
        gain: torch.Tensor,
    ) -> Left:
        """Assemble and eliminate small fronts; fills M (N, P, P) and G (N, P, R)."""
        ...

    def gather(
        self, values: torch.Tensor, level: Level, below: torch.Tensor | None, padding: int
    ) -> torch.Tensor:
        """Columns (N, K, W): pivots' ``values`` (K, H * W + 1) and what the halves left on R."""
        ...

    def forward(
        self,
        columns: torch.Tensor,
        level: Level,
        inverse: torch.Tensor,
        gain: torch.Tensor,
        x: torch.Tensor | None,
    ) -> torch.Tensor:
        """Columns (N, K, R) that are left on the ring; M times those of the pivots goes to x."""
        ...

    def backward(self, x: torch.Tensor, level: Level, gain: torch.Tensor) -> None:
        """Add G times x on the ring to x (K, H * W + 1) on the pivots."""
        ...

    def invert(self, coupling: torch.Tensor, excess: torch.Tensor, out: torch.Tensor) -> None:
        """Inverses (N, P, P) for couplings (N, P, P) and row excesses (N, P), P at most SMALL."""
        ...


@cache
def operations_on(device: torch.device) -> Operations:
    """Kernels where they can be compiled, as Triton cannot on every system; else torch alone."""
    from . import plain

    if device.type != "cuda" or find_spec("triton") is None:
        return plain
    try:
        from . import fused

        one = torch.ones(1, 1, 1, device=device)
        with torch.cuda.device(device):
            fused.invert(one, one[0], torch.empty_like(one))
    except torch.cuda.OutOfMemoryError:
        raise  # that is no reason to do without the kernels for good
    except Exception as error:  # a compiler that is not there, a card that is too old
        logger.warning("Triton cannot be used on %s: %s", device, error)
        return plain
    return fused
