"""Graph Laplacian of a grid of pixels with edges between nearest neighbours; paper Eq. (4)-(5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .. import kernels
from ..stopping import never
from ..strips import strips, zeros
from .quadratic import Laplacian, Stencil

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..stopping import Stop
    from .quadratic import QuadraticEnergy
    from .stroke_prior import Targets


class GridLaplacian(Laplacian):
    """Laplacian of the grid of pixels with nearest-neighbour edges (4 in 2D, 6 in 3D)."""

    def __init__(self, affinity: list[torch.Tensor], stroke_prior: Targets | None = None) -> None:
        self.affinity = affinity
        self.stroke_prior = stroke_prior
        """The picture's appearance, for a prior: no part of L, but of the picture alone too."""

    def quadratic(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([_work(step, flow) for _, step, flow in self._edges(x)]).sum(0)

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        result = torch.zeros_like(x)
        for axis, _, flow in self._edges(x):
            _move(flow, axis, result)
        return result

    def pieces(
        self, x: torch.Tensor, stop: Stop = never
    ) -> Iterator[tuple[slice, torch.Tensor, torch.Tensor]]:
        for rows in strips(tuple(x.shape[2:]), x.device, stop):
            # The row above too, for the edges that end in the first of these.
            above = rows.start > 0
            seen = slice(rows.start - above, rows.stop)
            work, product = [], x.new_zeros(*x.shape[:2], seen.stop - seen.start + 1, *x.shape[3:])
            for axis, step, flow in self._edges(x, seen):
                own = slice(above, None)
                work.append(_work(step[:, :, own], flow[:, :, own]))
                _move(flow, axis, product)
            count = rows.stop - rows.start
            yield rows, torch.stack(work).sum(0), product[:, :, above : above + count]

    def measured(
        self, energy: QuadraticEnergy, x: torch.Tensor, stop: Stop = never
    ) -> tuple[torch.Tensor, torch.Tensor] | None:
        fields = x, energy.targets, energy.confidence, *self.affinity
        is_one = x.ndim == 4 and len(x) == 1 and x.shape == energy.targets.shape
        if not (is_one and kernels.suit(*fields)):
            return None
        from .one_pass import measured

        return measured(energy, self.affinity, x, stop)

    def _edges(
        self, x: torch.Tensor, rows: slice | None = None
    ) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
        """Of each axis: its number, the step of x along each edge, and that times the affinity.

        Only of the edges that begin in these ``rows``, a slice of the first axis, if it is given.
        """
        rows = rows or slice(0, x.shape[2])
        for axis, w in enumerate(self.affinity, start=2):
            seen = x[:, :, rows.start : rows.stop + (axis == 2)]  # to the next strip's first row
            step = seen.diff(dim=axis)
            yield axis, step, w[:, :, rows] * step

    @property
    def offsets(self) -> tuple[tuple[int, ...], ...]:
        axes = range(len(self.affinity))
        return tuple(tuple(int(other == axis) for other in axes) for axis in (-1, *axes))

    def stencil(self, stop: Stop = never) -> Stencil:
        axes = range(2, 2 + len(self.affinity))
        size = [self.affinity[0].shape[axis] + (axis == 2) for axis in axes]
        # Beside a weight of 1, one of 1e-10 would be lost from a float32 sum.
        affinity = self.affinity[0]
        values = zeros((len(affinity), 1 + len(size), *size), affinity, torch.float64)
        for rows in strips(tuple(size), values.device, stop):
            strip = values[:, :, rows.start :]
            for axis, affinity in enumerate(self.affinity, start=2):
                w = affinity[:, :, rows].double()
                for end in _ends(strip[:, :1], w, axis):
                    end.add_(w)
                _ends(strip[:, axis - 1 : axis], w, axis)[0].sub_(w)
        return Stencil(self.offsets, values)


def _work(step: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    # Eq. (4): every edge once. Eq. (5) visits it from both ends, hence twice this value.
    return (flow * step).flatten(1).sum(1)


def _move(flow: torch.Tensor, axis: int, result: torch.Tensor) -> None:
    """Take what flows along edges from where they begin to where they end."""
    begin, end = _ends(result, flow, axis)
    begin.sub_(flow)
    end.add_(flow)


def _ends(
    values: torch.Tensor, edges: torch.Tensor, axis: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Values (B, K, *S) where edges along an axis begin, and where they end."""
    begin = [slice(n) for n in edges.shape[2:]]
    end = begin.copy()
    end[axis - 2] = slice(1, 1 + edges.shape[axis])
    return values[:, :, *begin], values[:, :, *end]
