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

from .batch import concatenate, is_lanes, product

SMALL = 32


def small_inverse(coupling: torch.Tensor, excess: torch.Tensor) -> torch.Tensor | None:
    """Inverse of small matrices by Cholesky in double precision; None if one is singular."""
    half = coupling.double().tril(-1)
    couplings = half + half.mT
    matrix = torch.diag_embed(excess.double() + couplings.sum(2)) - couplings
    lower, failed = torch.linalg.cholesky_ex(matrix)
    if failed.any():
        return None
    return torch.cholesky_inverse(lower).to(coupling.dtype)


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
        return torch.where(excess > 0, 1 / excess, 0)[..., None]
    if size <= SMALL and not is_lanes(coupling):
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
