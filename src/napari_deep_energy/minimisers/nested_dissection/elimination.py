"""Elimination of one batch of fronts, without a subtraction.

A front is kept as in Grassmann, Taksar, Heyman, "Regenerative analysis and steady state
distributions for Markov chains" (1985): the couplings w_ij = -A_ij and the row excesses
e_i = sum_j A_ij. The diagonal is never stored, but always summed anew, A_ii = e_i + sum_j w_ij.
For the random walker all of these are positive and nothing ever cancels, whence single precision
suffices for couplings from 1e-10 to 1. The formulas hold for every symmetric matrix.

With the pivots P and the ring R of a node, r_P = e_P + W_PR 1, and M = A_PP^-1:

    gain G = M W_PR,    W_RR += W_RP G,    e_R += G' e_P.
"""

from __future__ import annotations

import torch

from .batch import allocate, concatenate, is_lanes, product

SMALL = 32
"""Matrices up to this size are inverted by a library, in double precision."""
TINY = 4
"""Matrices of many nodes up to this size are inverted by the formula below."""
FEW = 8
JOINED = 256
"""Batches of at most this many fronts are joined, to save calls."""


def small_inverse(coupling: torch.Tensor, excess: torch.Tensor) -> torch.Tensor | None:
    """Inverse of small matrices by Cholesky in double precision; None if one is singular.

    Such is one, too, of which the inverse is beyond the numbers of the matrix's own type.
    """
    matrix = coupling.double().tril_(-1)
    diagonal = excess.double() + matrix.sum(2) + matrix.sum(1)
    matrix.neg_().diagonal(dim1=1, dim2=2).copy_(diagonal)
    lower, failed = torch.linalg.cholesky_ex(matrix)
    least = torch.finfo(coupling.dtype).tiny
    if (failed > 0).any() or (lower.diagonal(dim1=1, dim2=2).square() < least).any():
        return None
    result = allocate(tuple(coupling.shape), is_lanes(coupling), coupling)
    return result.copy_(torch.cholesky_inverse(lower))


def inverse(coupling: torch.Tensor, excess: torch.Tensor) -> torch.Tensor:
    """Inverse of the matrices with these couplings and row excesses, by halving.

    Parameters
    ----------
    coupling
        (N, P, P) symmetric; the diagonal is ignored.
    excess
        (N, P) row sums.

    Returns
    -------
    torch.Tensor
        (N, P, P); zero in the row of a pixel that nothing holds.
    """
    size = coupling.shape[-1]
    if size == 1:
        # Of a number below these the inverse is infinite.
        is_held = excess >= torch.finfo(excess.dtype).tiny
        return torch.where(is_held, 1 / excess, 0)[..., None]
    few = len(coupling) <= FEW
    if TINY < size <= (2 * SMALL if few else SMALL) or (size <= TINY and not is_lanes(coupling)):
        small = small_inverse(coupling, excess)
        if small is not None:
            return small
    h = size // 2
    w11, w12, w22 = coupling[:, :h, :h], coupling[:, :h, h:], coupling[:, h:, h:]
    e1, e2 = excess[:, :h], excess[:, h:]
    m11 = inverse(w11, e1 + w12.sum(2))
    gain = product(m11, w12)
    m22 = inverse(w22 + product(w12.mT, gain), e2 + product(gain.mT, e1[..., None])[..., 0])
    m12 = product(gain, m22)
    return concatenate(m11 + product(m12, gain.mT), m12, m12.mT, m22)


def pivot_inverses(rows: list[torch.Tensor], excesses: list[torch.Tensor]) -> list[torch.Tensor]:
    """A_PP^-1 of several batches of fronts.

    Parameters
    ----------
    rows
        (N, P, P + R) pivot rows of each batch.
    excesses
        (N, P, 1) row excess of each batch.
    """
    blocks = [
        (r[:, :, : r.shape[1]], e[..., 0] + r[:, :, r.shape[1] :].sum(2))
        for r, e in zip(rows, excesses, strict=True)
    ]
    few = [k for k, (w, _) in enumerate(blocks) if not is_lanes(w) and len(w) <= JOINED]
    results = {k: inverse(*block) for k, block in enumerate(blocks) if k not in few}
    if few:
        joined = _joined_inverse([blocks[k] for k in few])
        results.update(zip(few, joined, strict=True))
    return [results[k] for k in range(len(blocks))]


def _joined_inverse(blocks: list[tuple[torch.Tensor, torch.Tensor]]) -> list[torch.Tensor]:
    """Inverses of a few matrices of nearly one size, as one batch of the largest size."""
    size = max(w.shape[1] for w, _ in blocks)
    coupling = blocks[0][0].new_zeros(sum(len(w) for w, _ in blocks), size, size)
    excess = coupling.new_ones(coupling.shape[:2])
    starts, start = [], 0
    for w, e in blocks:
        n, p = e.shape
        coupling[start : start + n, :p, :p] = w
        excess[start : start + n, :p] = e
        starts.append((start, n, p))
        start += n
    inverted = inverse(coupling, excess)
    return [inverted[start : start + n, :p, :p] for start, n, p in starts]
