"""The history of a strokes layer: which pixels each change gave which label, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

    from numpy.typing import NDArray

    from ..layers import Index

MAX_PIXELS = 8_000_000
"""Of all changes together; beyond it, the older half of them becomes one change."""
STARTS, LENGTHS, LABELS = "history.starts", "history.lengths", "history.labels"
ENDS = "history.ends"
ARRAYS = {STARTS, LENGTHS, LABELS, ENDS}


class Runs(NamedTuple):
    """Pixels of one change as runs of neighbours with one label: a tenth of them, as brushes go."""

    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, positions: NDArray[np.int64], labels: NDArray[np.int64]) -> Self:
        """Runs of these pixels, in their order."""
        breaks = (np.diff(positions) != 1) | (np.diff(labels) != 0)
        firsts = np.flatnonzero(np.concatenate([np.ones(min(1, len(positions)), bool), breaks]))
        lengths = np.diff(firsts, append=len(positions))
        return cls(positions[firsts], lengths, labels[firsts])

    @property
    def pixels(self) -> int:
        """How many."""
        return int(self.lengths.sum())

    def unpacked(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Position and label of each pixel."""
        before = np.cumsum(self.lengths) - self.lengths
        positions = np.repeat(self.starts - before, self.lengths) + np.arange(self.pixels)
        return positions, np.repeat(self.labels, self.lengths)


class StrokeHistory:
    """Changes of one label array, from all zeros to what it is now.

    Parameters
    ----------
    shape
        Of the whole label array, (*S).
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._changes: list[Runs] = []
        # Pages of np.zeros that nobody writes take no memory, so a stack costs what was painted.
        self._now = np.zeros(shape, np.int32)

    def __len__(self) -> int:
        return len(self._changes)

    def note(self, labels: NDArray[Any], index: Index | None = None) -> bool:
        """Record what has changed since the last call; False if nothing has.

        Parameters
        ----------
        labels
            The plane at ``index``, or the whole array.
        index
            The plane among the axes of the whole array; all of it by default.
        """
        where = index if index is not None else tuple(slice(None) for _ in self.shape)
        labels = np.asarray(labels)
        # Flat: np.nonzero on two axes takes ten times as long, and this is on every stroke.
        found = np.flatnonzero(self._now[where] != labels)
        if not len(found):
            return False
        changed = np.unravel_index(found, labels.shape)
        inside = iter(changed)
        # A fixed axis has one place for all pixels; the others are those of the plane.
        places = tuple(
            next(inside) if isinstance(part, slice) else np.full(len(found), part) for part in where
        )
        values = labels[changed].astype(np.int64)
        self._append(Runs.of(np.ravel_multi_index(places, self.shape), values))
        if sum(change.pixels for change in self._changes) > MAX_PIXELS:
            self._merge_older_half()
        return True

    def snapshot(self) -> StrokeHistory:
        """A copy that further calls of :meth:`note` on this one do not change."""
        copy = StrokeHistory.__new__(StrokeHistory)
        copy.shape, copy._now = self.shape, self._now.copy()
        copy._changes = list(self._changes)
        return copy

    def replay(self) -> Iterator[NDArray[np.int32]]:
        """The label array after each change, (*S) int32; the same array again and again."""
        canvas = np.zeros(self.shape, np.int32)
        for positions, labels in self.changes():
            canvas.reshape(-1)[positions] = labels
            yield canvas

    def changes(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Positions in the flat array that each change wrote to, and the labels that it wrote."""
        return (change.unpacked() for change in self._changes)

    def to_arrays(self) -> dict[str, NDArray[np.int64]]:
        """Flat arrays, named as in :data:`ARRAYS`, that :meth:`from_arrays` takes."""
        nothing = Runs(*[np.zeros(0, np.int64)] * 3)
        starts, lengths, labels = map(np.concatenate, zip(nothing, *self._changes, strict=True))
        ends = np.cumsum([len(change.starts) for change in self._changes], dtype=np.int64)
        return {STARTS: starts, LENGTHS: lengths, LABELS: labels, ENDS: ends}

    @classmethod
    def from_arrays(cls, shape: tuple[int, ...], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Inverse of :meth:`to_arrays`.

        Raises
        ------
        InvalidInput
            If the arrays do not make a history of a label array of this shape.
        """
        runs, ends = Runs(arrays[STARTS], arrays[LENGTHS], arrays[LABELS]), arrays[ENDS]
        _check(shape, runs, ends)
        history = cls(shape)
        for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
            history._append(Runs(*(part[start:end] for part in runs)))
        return history

    def _append(self, change: Runs) -> None:
        self._changes.append(change)
        positions, labels = change.unpacked()
        self._now.reshape(-1)[positions] = labels

    def _merge_older_half(self) -> None:
        half = max(2, len(self) // 2)
        parts = zip(*(change.unpacked() for change in self._changes[:half]), strict=True)
        positions, labels = map(np.concatenate, parts)
        # The first of the reversed is the last.
        kept, latest = np.unique(positions[::-1], return_index=True)
        self._changes[:half] = [Runs.of(kept, labels[::-1][latest])]


def _check(shape: tuple[int, ...], runs: Runs, ends: NDArray[Any]) -> None:
    size, count = int(np.prod(shape)), len(runs.starts)
    arrays = (*runs, ends)
    is_whole = (
        all(array.ndim == 1 and array.dtype == np.int64 for array in arrays)
        and len(runs.lengths) == len(runs.labels) == count == (ends[-1] if len(ends) else 0)
        and bool((np.diff(ends, prepend=0) > 0).all())
        and bool(((runs.lengths > 0) & (runs.lengths <= size)).all())
        and bool(((runs.starts >= 0) & (runs.starts <= size - runs.lengths)).all())
        # No more than a history comes to by itself: a small file must not ask for much work.
        and float(runs.lengths.astype(float).sum()) <= MAX_PIXELS + 2 * size
    )
    if not is_whole:
        raise InvalidInput(
            f"the history of strokes is damaged, or not that of an array of shape {shape}."
        )
