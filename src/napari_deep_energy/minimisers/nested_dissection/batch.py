"""Products of many small matrices, in the memory order that suits their size.

Fronts of a few pixels come by the ten thousand: they are stored node last ("lanes"), so that one
vector instruction works on many nodes at once. Larger fronts are stored node first, for BLAS.
Both are seen as (N, rows, columns); only the strides differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

LANES_WIDTH = 26
"""Fronts of at most this many pixels are stored node last."""

FEW = 4
"""Up to this many columns, a multiplication and a sum outrun batched BLAS."""


def allocate(
    shape: tuple[int, ...],
    lanes: bool,
    like: torch.Tensor,
    fill: Callable[..., torch.Tensor] = torch.empty,
) -> torch.Tensor:
    """Array (N, ...), node last in memory if ``lanes``."""
    if not lanes:
        return fill(shape, dtype=like.dtype, device=like.device)
    return fill((*shape[1:], shape[0]), dtype=like.dtype, device=like.device).movedim(-1, 0)


def is_lanes(a: torch.Tensor) -> bool:
    """Whether an (N, rows, columns) array is stored node last."""
    return a.stride(0) == 1 and a.shape[0] > 1


def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """A B for each node: (N, I, J), (N, J, K) -> (N, I, K)."""
    if not is_lanes(a):
        return torch.bmm(a, b)
    result = allocate((a.shape[0], a.shape[1], b.shape[2]), True, a)
    torch.mul(a[:, :, 0, None], b[:, 0, None], out=result)
    for j in range(1, a.shape[2]):
        result.addcmul_(a[:, :, j, None], b[:, j, None])
    return result


def concatenate(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
    """The block matrix [[a, b], [c, d]] of each node."""
    n, p, q = b.shape
    result = allocate((n, p + q, p + q), is_lanes(a) or is_lanes(d), b)
    result[:, :p, :p], result[:, :p, p:], result[:, p:, :p], result[:, p:, p:] = a, b, c, d
    return result


def times(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """A x for a few columns: (N, I, J), (N, J, K) -> (N, I, K)."""
    if is_lanes(a) or a.shape[0] == 1 or x.shape[2] > FEW:
        return product(a, x)
    return torch.stack([(a * column[:, None]).sum(2) for column in x.unbind(2)], 2)


def transposed_times(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """A' x for a few columns: (N, J, I), (N, J, K) -> (N, I, K)."""
    if is_lanes(a) or a.shape[0] == 1 or x.shape[2] > FEW:
        return product(a.mT, x)
    return torch.stack([(a * column[..., None]).sum(1) for column in x.unbind(2)], 2)
