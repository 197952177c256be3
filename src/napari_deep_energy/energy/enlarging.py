"""Linear interpolation of a small picture, some rows or a box of the large one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ..stopping import never
from ..strips import strips

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..stopping import Stop


def enlarged(
    small: torch.Tensor, size: tuple[int, int], stop: Stop = never
) -> Iterator[tuple[slice, torch.Tensor]]:
    """A small picture, (B, D, h, w), at ``size`` (H, W): strips of rows, (B, D, rows, W).

    Together they are what torch's ``interpolate`` gives without aligned corners. ``stop`` is polled
    before each.
    """
    (height, width), (rows, columns) = size, small.shape[2:]
    lines = small @ enlarging(0, width, width, columns).to(small).T
    for strip in strips(size, small.device, stop, 2 * small.shape[0] * small.shape[1]):
        before, after, share = neighbours(strip.start, strip.stop, height, rows)
        above, below = (lines[:, :, n.to(small.device)] for n in (before, after))
        yield strip, torch.lerp(above, below, share[:, None].to(small))


def enlarging(first: int, end: int, size: int, small: int) -> torch.Tensor:
    """Linear interpolation from ``small`` samples to pixels ``first <= i < end`` of ``size``.

    (end - first, small), the weights of torch's ``interpolate`` without aligned corners.
    """
    before, after, share = neighbours(first, end, size, small)
    rows = torch.arange(end - first)
    weights = torch.zeros(end - first, small)
    weights[rows, before] += 1 - share
    weights[rows, after] += share
    return weights


def neighbours(
    first: int, end: int, size: int, small: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Samples before and after each pixel ``first <= i < end``, and the latter's share."""
    place = ((torch.arange(first, end) + 0.5) * (small / size) - 0.5).clamp_min(0)
    before = place.floor().long().clamp_max(small - 1)
    after = (before + 1).clamp_max(small - 1)
    return before, after, (place - before).float()
