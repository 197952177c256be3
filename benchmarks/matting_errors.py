"""The four errors of alphamatting.com: Rhemann et al., "A perceptually motivated online benchmark
for image matting" (2009). All are taken over the unknown pixels of the trimap.
"""  # noqa: D205

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGMA = 1.4
"""Of the derivatives in the gradient error, pixels (Rhemann et al., section 3.2)."""
STEP, SLACK = 0.1, 0.15
"""Thresholds between connected parts, and how far from them is still connected."""


def errors(
    alpha: NDArray[np.float64], truth: NDArray[np.float64], unknown: NDArray[np.bool_]
) -> dict[str, float]:
    """MSE, and SAD, gradient and connectivity error in thousands; all arrays are (H, W)."""
    difference = (alpha - truth)[unknown]
    return {
        "mse": float(np.mean(difference**2)),
        "sad": float(np.abs(difference).sum() / 1000),
        "gradient": float(((slope(alpha) - slope(truth))[unknown] ** 2).sum() / 1000),
        "connectivity": connectivity(alpha, truth, unknown),
    }


def slope(alpha: NDArray[np.float64]) -> NDArray[np.float64]:
    """Size of the gradient of a smoothed matte."""
    size: NDArray[np.float64] = ndimage.gaussian_gradient_magnitude(alpha, SIGMA)
    return size


def connectivity(
    alpha: NDArray[np.float64], truth: NDArray[np.float64], unknown: NDArray[np.bool_]
) -> float:
    """How much of the matte hangs off the largest part that both mattes agree on (section 3.2)."""
    level = np.full(alpha.shape, -1.0)
    for threshold in np.arange(STEP, 1 + STEP / 2, STEP):
        parts, count = ndimage.label((alpha >= threshold) & (truth >= threshold))
        largest = np.bincount(parts.ravel())[1:].argmax() + 1 if count else -1
        level[(level < 0) & (parts != largest)] = threshold - STEP
    level[level < 0] = 1

    def connected(matte: NDArray[np.float64]) -> NDArray[np.float64]:
        off = matte - level
        return 1 - off * (off >= SLACK)

    return float(np.abs(connected(alpha) - connected(truth))[unknown].sum() / 1000)
