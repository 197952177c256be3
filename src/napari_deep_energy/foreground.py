"""Colour of the object under a soft edge.

After Germer et al., "Fast Multi-Level Foreground Estimation", 2020: a pixel of opacity alpha shows
alpha F + (1 - alpha) B, paper Eq. (6). Pasted elsewhere with its own colour it carries a rim of the
old background along; F does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from numpy.typing import NDArray

REGULARISATION = 1e-5
"""Pull of F and B towards their neighbours where alpha is flat (Germer: epsilon_r)."""
GRADIENT_WEIGHT = 1.0
"""How much that pull grows with the change of alpha (Germer: omega)."""
SMALL, SMALL_STEPS, STEPS = 32, 10, 2
"""Steps on levels up to 32 pixels, where information travels far, and on the larger ones."""


def estimate_foreground(
    image: NDArray[np.float32], alpha: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Foreground colour of every pixel, (H, W, C) in [0, 1].

    Parameters
    ----------
    image
        (H, W, C) in [0, 1].
    alpha
        (H, W) in [0, 1].
    """
    colours = torch.from_numpy(np.ascontiguousarray(image)).movedim(-1, 0)[None]
    opacity = torch.from_numpy(np.ascontiguousarray(alpha))[None, None]
    height, width = alpha.shape
    levels = int(np.ceil(np.log2(max(height, width)))) + 1
    layers = colours.mean((2, 3), keepdim=True).repeat(2, 1, 1, 1)  # F and B, (2, C, h, w)
    for level in range(levels):
        fraction = level / max(1, levels - 1)
        size = (max(1, round(height**fraction)), max(1, round(width**fraction)))
        layers = F.interpolate(layers, size, mode="nearest")
        steps = SMALL_STEPS if max(size) <= SMALL else STEPS
        shown, covered = (F.interpolate(x, size, mode="nearest") for x in (colours, opacity))
        for _ in range(steps):
            layers = _relax(layers, shown, covered)
    result: NDArray[np.float32] = layers[0].movedim(0, -1).numpy()
    return result


def _relax(layers: torch.Tensor, image: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """One step towards Germer's Eq. (3): each pixel's F and B, its neighbours' held fixed."""
    total = torch.zeros_like(alpha)
    pulled = torch.zeros_like(layers)
    padded, bordered = (F.pad(x, (1, 1, 1, 1), mode="replicate") for x in (layers, alpha))
    height, width = alpha.shape[2:]
    for i, j in ((0, 1), (2, 1), (1, 0), (1, 2)):
        here = (..., slice(i, i + height), slice(j, j + width))
        weight = REGULARISATION + GRADIENT_WEIGHT * (alpha - bordered[here]).abs()
        total += weight
        pulled += weight * padded[here]
    # What is left is a 2x2 system per pixel; its matrix is total * 1 + (a, 1-a)(a, 1-a)'.
    share = torch.cat([alpha, 1 - alpha])  # (2, 1, h, w)
    mean = pulled / total
    misfit = image - (share * mean).sum(0, keepdim=True)
    return (mean + share * misfit / (total + share.square().sum(0, keepdim=True))).clamp(0, 1)
