"""Whether strokes are on an object, or on some of many alike things and stand for all of them.

A network that looks for an object does harm to a field of cells. What the strokes make out by
themselves tells the two apart: cells are about as large as each other, clutter is of any size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.ndimage import label

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZES = 3.0
"""Alike are parts whose size is within this factor of the median of those with strokes."""
SOME = 3
"""From so many alike parts with strokes on, they speak for being many themselves, if there are
others: clutter that clicks cut into pieces has none."""
FEW = (0.6, 0.8)
"""Share of a region in alike parts, up to which it is one object, and from which it is many alike
things, if strokes are on one of its parts ..."""
SEVERAL = (0.02, 0.10)
"""... and if they are on more."""


def object_share(by_strokes: torch.Tensor, painted: torch.Tensor) -> torch.Tensor:
    """How far the strokes are on single things, rather than on some of many alike: (N, 1, 1, 1).

    It goes by the smaller one of the two regions that the strokes make out by themselves.

    Parameters
    ----------
    by_strokes
        (N, 1, h, w) logit of a class against the rest.
    painted
        (N, 2, h, w): 1 where the class is painted, and where the rest is.
    """
    shares = []
    for logit, strokes in zip(by_strokes[:, 0].cpu().numpy(), painted.cpu().numpy(), strict=True):
        sides = zip((logit > 0, logit < 0), strokes > 0, strict=True)
        shares.append(min(_size_and_share(region, stroke) for region, stroke in sides)[1])
    return torch.tensor(shares).view(-1, 1, 1, 1).to(by_strokes)


def _size_and_share(region: NDArray[np.bool_], stroke: NDArray[np.bool_]) -> tuple[int, float]:
    """Pixels of a region, and how far the strokes on it are on single things."""
    parts, count = label(region)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0  # what is not of the region
    touched = np.unique(parts[stroke & region])
    if not len(touched):
        return int(sizes.sum()), 1.0
    usual = np.median(sizes[touched])
    alike = (sizes > usual / SIZES) & (sizes < usual * SIZES)
    others = np.setdiff1d(alike.nonzero()[0], touched)
    if not len(others):  # what the strokes stand for has strokes itself
        return int(sizes.sum()), 1.0
    if alike[touched].sum() < SOME:
        alike[touched] = False
    one, many = SEVERAL if len(touched) > 1 else FEW
    share = (many - sizes[alike].sum() / sizes.sum()) / (many - one)
    return int(sizes.sum()), float(np.clip(share, 0, 1))
