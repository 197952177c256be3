"""The intensity range of a picture that is read in blocks: that of :func:`images.normalise`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidInput
from ..images import PERCENTILES, check_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Blocks = Callable[[], Iterable[NDArray[Any]]]

BINS = 65536
COUNTED = 2
"""Bytes of an integer up to which each value is counted by itself."""


@dataclass(frozen=True)
class Range:
    """Intensities that become 0 and 1."""

    low: float
    high: float

    def apply(self, block: NDArray[Any]) -> NDArray[np.float32]:
        """Scale a block as the whole picture is scaled: float32 in [0, 1]."""
        if (self.low, self.high) == (0, 1) and block.dtype.kind in "bf":
            return block.astype(np.float32)
        if block.dtype == np.uint8:
            return block.astype(np.float32) / np.float32(255)
        if self.high <= self.low:
            return np.zeros(block.shape, np.float32)
        scaled = (block.astype(np.float64) - self.low) / (self.high - self.low)
        result: NDArray[np.float32] = scaled.clip(0, 1).astype(np.float32)
        return result


def passes_of(dtype: np.dtype[Any]) -> int:
    """How often :func:`find_range` reads a picture, at most."""
    if dtype in (np.bool_, np.uint8):
        return 0
    return 1 if _is_counted(dtype) else 1 + 2 * len(PERCENTILES)


def find_range(dtype: np.dtype[Any], blocks: Blocks) -> Range:
    """Range of a picture of ``dtype``, the same as if it were whole.

    Parameters
    ----------
    dtype
        Of the picture.
    blocks
        Gives the picture's blocks anew at each call; called up to :func:`passes_of` times.

    Raises
    ------
    InvalidInput
        If the picture is complex, not numeric, or holds NaN or infinity.
    """
    check_type(dtype)
    if dtype == np.bool_:
        return Range(0, 1)
    if dtype == np.uint8:
        return Range(0, 255)
    if _is_counted(dtype):
        return _of_counts(dtype, blocks)
    low, high, count = np.inf, -np.inf, 0
    for block in blocks():
        if dtype.kind == "f" and not np.isfinite(block).all():
            raise InvalidInput(
                "image holds NaN or infinite values; replace them, for example with "
                "dask.array.nan_to_num."
            )
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        count += block.size
    if dtype.kind == "f" and low >= 0 and high <= 1:
        return Range(0, 1)
    if high <= low:
        return Range(low, high)
    bottom, top = (_percentile(p, low, high, count, blocks) for p in PERCENTILES)
    return Range(bottom, top) if top > bottom else Range(low, high)


def _is_counted(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "ui" and dtype.itemsize <= COUNTED


def _of_counts(dtype: np.dtype[Any], blocks: Blocks) -> Range:
    """Range of short integers, from how often there is each."""
    lowest = int(np.iinfo(dtype).min)
    counts = np.zeros(256**dtype.itemsize, np.int64)
    for block in blocks():
        counts += np.bincount(block.ravel().astype(np.int64) - lowest, minlength=len(counts))
    total = np.cumsum(counts)
    last = int(total[-1]) - 1

    def value_at(rank: int) -> int:
        return lowest + int(np.searchsorted(total, min(rank, last), side="right"))

    def percentile(percent: float) -> float:
        rank, share = divmod(percent / 100 * last, 1)
        first, second = value_at(int(rank)), value_at(int(rank) + 1)
        return first + share * (second - first)

    bottom, top = map(percentile, PERCENTILES)
    return Range(bottom, top) if top > bottom else Range(value_at(0), value_at(last))


def _percentile(percent: float, low: float, high: float, count: int, blocks: Blocks) -> float:
    """One percentile, exactly: the bins that hold its two neighbours are looked into."""
    place = percent / 100 * (count - 1)
    ranks = int(np.floor(place)), min(int(np.floor(place)) + 1, count - 1)
    edges = np.linspace(low, high, BINS + 1)
    histogram = np.zeros(BINS, np.int64)
    for block in blocks():
        histogram += np.bincount(_bin(block, edges), minlength=BINS)
    total = np.cumsum(histogram)
    bins = [int(np.searchsorted(total, rank, side="right")) for rank in ranks]
    inside = []
    for block in blocks():
        number = _bin(block, edges)
        inside.append(block.ravel()[(number >= bins[0]) & (number <= bins[1])])
    ordered = np.sort(np.concatenate(inside).astype(np.float64))
    before = int(total[bins[0] - 1]) if bins[0] else 0
    first, second = (float(ordered[rank - before]) for rank in ranks)
    return first + float(place - np.floor(place)) * (second - first)


def _bin(block: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the bin of each value, never descending with the value."""
    number = np.searchsorted(edges, block.ravel(), side="right") - 1
    return number.clip(0, BINS - 1)
