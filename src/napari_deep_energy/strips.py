"""A picture strip by strip: what is made of it then takes little memory, and can be stopped."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np
import torch

from .stopping import check, never

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .stopping import Stop

NUMBERS = 2**20
"""In a strip; more cost memory and a stop its promptness, fewer leave threads without work."""


def strips(
    size: tuple[int, ...], device: torch.device, stop: Stop = never, numbers: int = 4
) -> Iterator[slice]:
    """Slices of the first axis of a grid; the whole where there is no cache to fit.

    Parameters
    ----------
    numbers
        About how many are made of a pixel.

    Raises
    ------
    Cancelled
        If ``stop``, which is polled before each, returned true.
    """
    fitting = NUMBERS // max(1, numbers * prod(size[1:]))
    rows = max(1, fitting if device.type == "cpu" else size[0])
    for first in range(0, size[0], rows):
        check(stop)
        yield slice(first, min(first + rows, size[0]))


def zeros(shape: tuple[int, ...], like: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Zeros on the device of ``like``; of a large picture they take no time before they are used.

    ``torch.zeros`` writes them all, which takes longer than a user may have to wait for a stop.
    """
    if like.device.type != "cpu" or dtype == torch.bfloat16:  # NumPy does not know it
        return torch.zeros(shape, dtype=dtype, device=like.device)
    kind = torch.empty(0, dtype=dtype).numpy().dtype
    return torch.from_numpy(np.zeros(shape, kind))


def converted(x: torch.Tensor, like: torch.Tensor, stop: Stop = never) -> torch.Tensor:
    """x, (B, K, *S), in the precision and on the device of ``like``; itself if it is."""
    if x.device != like.device or x.dtype == like.dtype:
        return x.to(like)
    result = torch.empty(x.shape, dtype=like.dtype, device=like.device)
    for rows in strips(tuple(x.shape[2:]), x.device, stop, 2 * x.shape[0] * x.shape[1]):
        result[:, :, rows] = x[:, :, rows]
    return result
