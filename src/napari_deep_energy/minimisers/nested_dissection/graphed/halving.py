"""Inverses of a level's pivot blocks, by halving, without a subtraction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .layout import ALIGNED

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL = 64
"""Matrices up to this size are inverted by one kernel."""

MOST = 2**15
"""Products that are asked for at a time; libraries may count them in 16 bits."""


def portions(count: int) -> list[slice]:
    """Slices of up to MOST."""
    return [slice(start, start + MOST) for start in range(0, count, MOST)]


def invert_into(
    out: torch.Tensor,
    coupling: torch.Tensor,
    excess: torch.Tensor,
    invert: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], None],
) -> None:
    """As :func:`..elimination.inverse`, in place and without a look at the numbers.

    Parameters
    ----------
    out
        (N, P, P) the inverses.
    coupling
        (N, P, P) symmetric; the diagonal is ignored.
    excess
        (N, P) row sums.
    invert
        What inverts matrices of up to SMALL rows.
    """
    size = excess.shape[1]
    if size <= SMALL:
        invert(coupling, excess, out)
        return
    h = -(-(size // 2) // ALIGNED) * ALIGNED
    w11, w12, w22 = coupling[:, :h, :h], coupling[:, :h, h:], coupling[:, h:, h:]
    m11, m12, m22 = out[:, :h, :h], out[:, :h, h:], out[:, h:, h:]
    e1, e2 = excess[:, :h], excess[:, h:]
    invert_into(m11, w11, w12.sum(2).add_(e1), invert)
    gain = torch.bmm(m11, w12)
    held = torch.baddbmm(e2[..., None], gain.mT, e1[..., None])[..., 0]
    invert_into(m22, torch.baddbmm(w22, w12.mT, gain), held, invert)
    # Into memory of its own: m12 lies in the same matrix as m22, which is read meanwhile.
    product = torch.bmm(gain, m22)
    m12.copy_(product)
    out[:, h:, :h].copy_(product.mT)
    m11.baddbmm_(product, gain.mT)
