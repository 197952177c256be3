"""A picture strip by strip: what is made of it then takes little memory, and can be stopped."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .idle_memory import room
from .stopping import check, never

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .stopping import Stop

NUMBERS = 2**20
"""In a strip; more cost memory and a stop its promptness, fewer leave threads without work."""

KNOWN = {torch.float32, torch.float64, torch.float16, torch.int64, torch.bool, torch.uint8}
"""Types of torch that NumPy knows, of those that there are planes of."""


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
    kind = _numpys(dtype, like.device)
    if kind is None:
        return torch.zeros(shape, dtype=dtype, device=like.device)
    return torch.from_numpy(np.zeros(shape, kind))


def empty(
    shape: tuple[int, ...], like: torch.Tensor, dtype: torch.dtype | None = None
) -> torch.Tensor:
    """Any numbers on the device of ``like``, by default of its type, to be written over.

    The memory of a large tensor has been another's before, see :mod:`.idle_memory`.
    """
    dtype = dtype or like.dtype
    kind = _numpys(dtype, like.device)
    if kind is None:
        return torch.empty(shape, dtype=dtype, device=like.device)
    return torch.from_numpy(room(shape, kind))


def _numpys(dtype: torch.dtype, device: torch.device) -> np.dtype[Any] | None:
    """NumPy's name of a type of torch; None where NumPy has none, or has no memory."""
    if device.type != "cpu" or dtype not in KNOWN:
        return None
    return torch.empty(0, dtype=dtype, device=device).numpy().dtype


def converted(x: torch.Tensor, like: torch.Tensor, stop: Stop = never) -> torch.Tensor:
    """x, (B, K, *S), in the precision and on the device of ``like``; itself if it is."""
    if x.device != like.device or x.dtype == like.dtype:
        return x.to(like)
    result = empty(tuple(x.shape), like)
    for rows in strips(tuple(x.shape[2:]), x.device, stop, 2 * x.shape[0] * x.shape[1]):
        result[:, :, rows] = x[:, :, rows]
    return result
