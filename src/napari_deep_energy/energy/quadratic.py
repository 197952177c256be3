"""The one energy of the product: loss, operator and read-out in a single object.

Golts, Freedman, Elad, "Deep Energy" (2018), Eq. (3) and (7):

    E(x) = sum_k [ x_k' L x_k + (x_k - s_k)' C (x_k - s_k) ]

with a graph Laplacian L, targets s (the seeds) and a diagonal confidence C (lambda at seeds).
With a prior, the other pixels have targets too, and a small confidence (Grady 2005).
Its minimiser solves A x = b with A = L + C and b = C s; its gradient is -2 (b - A x).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
import torch

from ..errors import InvalidInput
from ..stopping import check, never
from ..strips import empty, strips, zeros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ..problem import Problem
    from ..stopping import Stop


@dataclass(frozen=True)
class Stencil:
    """A symmetric matrix on a pixel grid, stored once per pair of neighbours."""

    offsets: tuple[tuple[int, ...], ...]
    """(M) grid offsets o; the first is zero, of each pair +o and -o only one is kept."""
    values: torch.Tensor
    """(B, M, *S): entry [p, p + o]; zero where p + o leaves the grid."""

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        """The matrix times x for each class: (B, K, *S) -> (B, K, *S)."""
        result = self.values[:, :1] * x
        for m, offset in enumerate(self.offsets[1:], 1):
            here, there = ((slice(None), slice(None), *part) for part in shifted(offset))
            entry = self.values[:, m : m + 1][here]
            result[here].addcmul_(entry, x[there])
            result[there].addcmul_(entry, x[here])
        return result

    def to(self, like: torch.Tensor) -> Stencil:
        """The same matrix in the precision and on the device of ``like``."""
        return Stencil(self.offsets, self.values.to(like))

    def to_sparse(self, batch: int = 0) -> sp.csc_array:
        """The matrix as float64 CSC, (N, N) with N the number of pixels."""
        shape = self.values.shape[2:]
        index = np.arange(int(np.prod(shape))).reshape(shape)
        rows, columns, entries = [], [], []
        for m, offset in enumerate(self.offsets):
            here, there = shifted(offset)
            value = self.values[batch, m][here].double().cpu().numpy().ravel()
            rows.append(index[here].ravel())
            columns.append(index[there].ravel())
            entries.append(value)
        row, column, entry = map(np.concatenate, (rows, columns, entries))
        upper = sp.coo_array((entry, (row, column)), shape=(index.size, index.size)).tocsc()
        return upper + sp.triu(upper, 1).T + sp.tril(upper, -1).T


def shifted(offset: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Slices (here, there) of a grid such that ``there`` is ``here`` moved by ``offset``."""
    here = tuple(slice(max(0, -o), -o if o > 0 else None) for o in offset)
    there = tuple(slice(max(0, o), o if o < 0 else None) for o in offset)
    return here, there


class Laplacian(ABC):
    """Symmetric positive semi-definite L with L 1 = 0 on the pixels of a batch of pictures."""

    @abstractmethod
    def quadratic(self, x: torch.Tensor) -> torch.Tensor:
        """x' L x, summed over classes: (B, K, *S) -> (B,), as a sum of squares, never below 0."""

    @abstractmethod
    def apply(self, x: torch.Tensor) -> torch.Tensor:
        """L x for each class: (B, K, *S) -> (B, K, *S)."""

    def pieces(
        self, x: torch.Tensor, stop: Stop = never
    ) -> Iterator[tuple[slice, torch.Tensor, torch.Tensor]]:
        """Rows of the picture, their part of x' L x (B,), and L x there (B, K, rows, ...).

        All at once, where L does not make them strip by strip.
        """
        quadratic = self.quadratic(x)
        check(stop)
        yield slice(0, x.shape[2]), quadratic, self.apply(x)

    def measured(
        self, energy: QuadraticEnergy, x: torch.Tensor, stop: Stop = never
    ) -> tuple[torch.Tensor, torch.Tensor] | None:
        """:meth:`QuadraticEnergy.measured` of projected x by a kernel; None if there is none."""
        return None

    @property
    @abstractmethod
    def offsets(self) -> tuple[tuple[int, ...], ...]:
        """Those of :meth:`stencil`, see :class:`Stencil`."""

    @abstractmethod
    def stencil(self, stop: Stop = never) -> Stencil:
        """The matrix entries themselves, for direct solvers; ``stop`` is polled in between."""

    def diagonal(self) -> torch.Tensor:
        """Diagonal of L, (B, 1, *S)."""
        return self.stencil().values[:, :1]

    def to_sparse(self, batch: int = 0) -> sp.csc_array:
        """L of one picture as float64 CSC."""
        return self.stencil().to_sparse(batch)


@dataclass(frozen=True)
class QuadraticEnergy:
    """E of one problem under one spec; everything that is minimised or reported comes from here."""

    laplacian: Laplacian
    targets: torch.Tensor
    """s, (B, K, *S)."""
    confidence: torch.Tensor
    """Diagonal of C, (B, 1, *S): lambda at soft seeds, 0 at hard ones; the prior's elsewhere."""
    is_fixed: torch.Tensor
    """(B, 1, *S) bool: pixels whose value is given (hard seeds); all false if they are soft."""

    def check_held(self, stop: Stop = never) -> None:
        """Refuse a problem without an answer.

        Raises
        ------
        InvalidInput
            If no pixel has a target: every constant is a minimum then.
        """
        fields = self.is_fixed, self.confidence
        parts = strips(tuple(self.targets.shape[2:]), self.targets.device, stop)
        if not any(bool(field[:, :, rows].any()) for rows in parts for field in fields):
            raise InvalidInput("nothing holds the answer: no stroke has any weight; raise lam.")

    def project(self, x: torch.Tensor) -> torch.Tensor:
        """x with the values of hard seeds put in; x itself if the seeds are soft."""
        return torch.where(self.is_fixed, self.targets, x) if self._has_fixed else x

    @cached_property
    def _has_fixed(self) -> bool:
        # Where nothing is fixed, choosing pixel by pixel would cost as much as all that follows.
        return bool(self.is_fixed.any())

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """E(x) of each picture of the batch: (B, K, *S) -> (B,)."""
        x = self.project(x)
        return self.laplacian.quadratic(x) + self._data(x)

    def residual(self, x: torch.Tensor) -> torch.Tensor:
        """b - A x on the free pixels, 0 on fixed ones; equals -1/2 the gradient of E."""
        x = self.project(x)
        return self._pull(x, self.laplacian.apply(x))

    def measured(self, x: torch.Tensor, stop: Stop = never) -> tuple[torch.Tensor, torch.Tensor]:
        """E(x), (B,), and the largest of the residual's absolute values, ()."""
        x = self.project(x)
        if (found := self.laplacian.measured(self, x, stop)) is not None:
            return found
        values, largest = [], []
        for piece, quadratic, product in self.laplacian.pieces(x, stop):
            values.append(quadratic)
            for part in strips(tuple(product.shape[2:]), x.device, stop):
                rows = slice(piece.start + part.start, piece.start + part.stop)
                fields = self.targets, self.confidence, self.is_fixed
                here = QuadraticEnergy(self.laplacian, *(field[:, :, rows] for field in fields))
                values.append(here._data(x[:, :, rows]))
                largest.append(here._pull(x[:, :, rows], product[:, :, part]).abs().max())
        return torch.stack(values).sum(0), torch.stack(largest).max()

    def _data(self, x: torch.Tensor) -> torch.Tensor:
        return (self.confidence * (x - self.targets).square()).flatten(1).sum(1)

    def _pull(self, x: torch.Tensor, product: torch.Tensor) -> torch.Tensor:
        pull = self.confidence * (self.targets - x) - product
        return torch.where(self.is_fixed, 0, pull) if self._has_fixed else pull

    def operator(self, x: torch.Tensor) -> torch.Tensor:
        """A x on the free pixels, with fixed ones taken as 0 (symmetric positive definite)."""
        x = torch.where(self.is_fixed, 0, x)
        return torch.where(self.is_fixed, 0, self.laplacian.apply(x) + self.confidence * x)

    @cached_property
    def rhs(self) -> torch.Tensor:
        """b on the free pixels, the part from fixed pixels included: (B, K, *S)."""
        return self.residual(torch.zeros_like(self.targets))

    def of_class(self, k: int) -> QuadraticEnergy:
        """The part of E that one class has: E is the sum of those of all classes."""
        return replace(self, targets=self.targets[:, k : k + 1])

    def gap(self, x: torch.Tensor, optimum: torch.Tensor) -> torch.Tensor:
        """E(x) - E(x*) as (x - x*)' A (x - x*), free of cancellation: (B,)."""
        error = self.project(x) - self.project(optimum)
        return self.laplacian.quadratic(error) + (self.confidence * error.square()).flatten(1).sum(
            1
        )

    def to_sparse(
        self, batch: int = 0
    ) -> tuple[sp.csc_array, NDArray[np.float64], NDArray[np.bool_]]:
        """(A, b, free): A (F, F) float64, b (F, K), and which of the N pixels are the F free."""
        free = ~self.is_fixed[batch, 0].cpu().numpy().ravel()
        diagonal = self.confidence[batch, 0].double().cpu().numpy().ravel()
        matrix = (self.laplacian.to_sparse(batch) + sp.diags_array(diagonal)).tocsr()
        targets = self.targets[batch].double().cpu().numpy().reshape(self.targets.shape[1], -1).T
        known = np.where(free[:, None], 0, targets)
        rhs = diagonal[:, None] * targets - matrix @ known
        return matrix[free][:, free].tocsc(), rhs[free], free


@dataclass(frozen=True)
class Prior:
    """What is expected of the pixels that nobody painted."""

    targets: torch.Tensor
    """(B, K, *S)."""
    confidence: float
    """The same for every pixel: so the matrix A does not change when the targets do."""


def seeded_energy(
    laplacian: Laplacian,
    problem: Problem,
    targets: torch.Tensor,
    lam: float,
    hard_seeds: bool,
    prior: Prior | None = None,
    stop: Stop = never,
) -> QuadraticEnergy:
    """Energy that pulls seeded pixels to ``targets`` with weight ``lam``, or fixes them.

    The other pixels are pulled by the ``prior``, if there is one; ``stop`` is polled in between.
    """
    size, numbers = tuple(targets.shape[2:]), 2 * targets.shape[0] * targets.shape[1]
    # Tensors, as of two numbers torch would choose the type itself.
    held = targets.new_tensor(0.0 if hard_seeds else lam)
    elsewhere = targets.new_tensor(0.0 if prior is None else prior.confidence)
    confidence = empty((len(targets), 1, *size), targets)
    is_fixed = zeros(tuple(confidence.shape), confidence, torch.bool)
    wanted = targets if prior is None else empty(tuple(targets.shape), targets)
    for rows in strips(size, targets.device, stop, numbers):
        is_seed = problem.seeds[:, :, rows].sum(1, keepdim=True) > 0
        if hard_seeds:
            is_fixed[:, :, rows] = is_seed
        confidence[:, :, rows] = torch.where(is_seed, held, elsewhere)
        if prior is not None:
            given, expected = targets[:, :, rows], prior.targets[:, :, rows]
            wanted[:, :, rows] = torch.where(is_seed, given, expected)
    return QuadraticEnergy(laplacian, wanted, confidence, is_fixed)
