"""The factor of one picture on a graphics card.

A stroke renews all of it: the arithmetic is nothing to such a device, and only thousands of small
calls would keep it waiting. So each sweep over the levels is recorded once for pictures of a size
and then replayed by one call, over whatever has been copied to where it reads from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ....stopping import check
from .halving import invert_into, portions
from .layout import FUSED, levels_of
from .operations import Left, Picture, operations_on
from .recording import recorded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ....stopping import Stop
    from ..plan import Plan
    from ..system import System
    from .layout import Level
    from .operations import Operations
    from .recording import Recorder, Work


class Factor:
    """Factor of the system of one whole picture."""

    @torch.inference_mode(False)  # buffers made in that mode could not be written to outside it
    def __init__(
        self,
        plan: Plan,
        like: torch.Tensor,
        record: Recorder = recorded,
        operations: Operations | None = None,
    ) -> None:
        self.plan, self.like = plan, like
        self.levels = levels_of(plan, like.device)
        self._record = record
        self._operations = operations or operations_on(like.device)
        self._picture = Picture.of(plan, like)
        sides = [(level.count, level.pivots, level.ring) for level in self.levels]
        self._inverses = [like.new_empty(n, p, p) for n, p, _ in sides]
        self._gains = [like.new_empty(n, p, r) for n, p, r in sides]
        self._rhs = self._x = like.new_empty(0, 0)
        self._eliminate = record(self._sweep, like.device)
        self._substitute: Work | None = None

    def take_in(
        self, system: System, changed: NDArray[np.bool_] | None, is_new: bool, stop: Stop
    ) -> None:
        """Follow a system that differs from the last one in some pixels; all of it if None.

        Right-hand sides are always read everywhere, ``is_new`` or not.
        """
        check(stop)
        if changed is None or changed.any():
            self._picture.couplings.copy_(system.couplings)
            self._picture.excess[0, :-1] = system.excess[:, 0]
            self._play(self._eliminate, self._sweep)
            check(stop)
        self._make_room(system.rhs.shape[1])
        self._rhs[:, :-1] = system.rhs.T

    def solve(self, stop: Stop) -> torch.Tensor:
        """x of each pixel, (H * W, K)."""
        check(stop)
        self._play(self._substitute, self._forward_and_back)
        return self._x[:, :-1].T.clone()  # the next replay writes over it

    @torch.inference_mode(False)
    def _make_room(self, count: int) -> None:
        """Right-hand sides and x, (K, H * W + 1); their last entries belong to no pixel."""
        if len(self._rhs) != count:
            self._substitute = None  # lets go of the memory of the last recording
            self._rhs = self.like.new_zeros(count, self._picture.excess.shape[1])
            self._x = torch.zeros_like(self._rhs)
            self._substitute = self._record(self._forward_and_back, self.like.device)

    def _play(self, recording: Work | None, work: Work) -> None:
        """The recording; the work itself where there is none."""
        if recording is not None:
            recording()
            return
        with torch.cuda.device(self.like.device):
            work()

    def _sweep(self) -> None:
        """Eliminate all nodes, leaves first."""
        left: Left | None = None
        for level, inverse, gain in zip(
            self.levels[::-1], self._inverses[::-1], self._gains[::-1], strict=True
        ):
            if level.width <= FUSED:
                left = self._operations.eliminate(self._picture, level, left, inverse, gain)
            else:
                left = self._large(level, left, inverse, gain)

    def _large(
        self, level: Level, below: Left | None, inverse: torch.Tensor, gain: torch.Tensor
    ) -> Left:
        """Eliminate the nodes of one level by matrix products; see :mod:`..elimination`."""
        p, do = level.pivots, self._operations
        front = do.assemble(self._picture, level, below)
        columns = do.gather(
            self._picture.excess, level, None if below is None else below.excess, padding=1
        )
        to_ring, square = front[:, :p, p:], front[:, p:, p:]
        held = to_ring.sum(2).add_(columns[:, 0, :p])
        invert_into(inverse, front[:, :p, :p], held, do.invert)
        for some in portions(level.count if level.ring else 0):
            torch.bmm(inverse[some], to_ring[some], out=gain[some])
            square[some].baddbmm_(to_ring[some].mT, gain[some])
        return Left(square, do.forward(columns, level, inverse, gain, None))

    def _forward_and_back(self) -> None:
        """x for these right-hand sides, up to the root and down again."""
        passed: torch.Tensor | None = None
        steps = list(zip(self.levels, self._inverses, self._gains, strict=True))
        for level, inverse, gain in reversed(steps):
            columns = self._operations.gather(self._rhs, level, passed, padding=0)
            passed = self._operations.forward(columns, level, inverse, gain, self._x)
        for level, _, gain in steps:
            self._operations.backward(self._x, level, gain)
