"""The history of a strokes layer: which pixels each change gave which label, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

    from numpy.typing import NDArray

    from ..layers import Index

MAX_PIXELS = 8_000_000
"""Of all changes together; beyond it, the older half of them becomes one change."""
POSITIONS, LABELS, ENDS = "history.positions", "history.labels", "history.ends"


class StrokeHistory:
    """Changes of one label array, from all zeros to what it is now.

    Parameters
    ----------
    shape
        Of the whole label array, (*S).
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._positions: list[NDArray[np.int64]] = []
        self._labels: list[NDArray[np.int64]] = []
        # Pages of np.zeros that nobody writes take no memory, so a stack costs what was painted.
        self._now = np.zeros(shape, np.int32)

    def __len__(self) -> int:
        return len(self._positions)

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
        self._append(np.ravel_multi_index(places, self.shape), values)
        if sum(map(len, self._positions)) > MAX_PIXELS:
            self._merge_older_half()
        return True

    def snapshot(self) -> StrokeHistory:
        """A copy that further calls of :meth:`note` on this one do not change."""
        copy = StrokeHistory.__new__(StrokeHistory)
        copy.shape, copy._now = self.shape, self._now.copy()
        copy._positions, copy._labels = list(self._positions), list(self._labels)
        return copy

    def replay(self) -> Iterator[NDArray[np.int32]]:
        """The label array after each change, (*S) int32; the same array again and again."""
        canvas = np.zeros(self.shape, np.int32)
        for positions, labels in zip(self._positions, self._labels, strict=True):
            canvas.reshape(-1)[positions] = labels
            yield canvas

    def to_arrays(self) -> dict[str, NDArray[np.int64]]:
        """Three flat arrays that :meth:`from_arrays` takes."""
        empty = [np.zeros(0, np.int64)]
        return {
            POSITIONS: np.concatenate(self._positions or empty).astype(np.int64),
            LABELS: np.concatenate(self._labels or empty),
            ENDS: np.cumsum([len(part) for part in self._positions], dtype=np.int64),
        }

    @classmethod
    def from_arrays(cls, shape: tuple[int, ...], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Inverse of :meth:`to_arrays`.

        Raises
        ------
        InvalidInput
            If the arrays do not make a history of a label array of this shape.
        """
        positions, labels, ends = (arrays[name] for name in (POSITIONS, LABELS, ENDS))
        _check(shape, positions, labels, ends)
        history = cls(shape)
        for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
            history._append(positions[start:end], labels[start:end])
        return history

    def _append(self, positions: NDArray[Any], labels: NDArray[np.int64]) -> None:
        self._positions.append(positions.astype(np.int64))
        self._labels.append(labels)
        self._now.reshape(-1)[positions] = labels

    def _merge_older_half(self) -> None:
        half = max(2, len(self) // 2)
        positions = np.concatenate(self._positions[:half])[::-1]
        labels = np.concatenate(self._labels[:half])[::-1]
        kept, latest = np.unique(positions, return_index=True)  # the first of the reversed is last
        self._positions[:half], self._labels[:half] = [kept], [labels[latest]]


def _check(
    shape: tuple[int, ...], positions: NDArray[Any], labels: NDArray[Any], ends: NDArray[Any]
) -> None:
    arrays = (positions, labels, ends)
    is_whole = (
        all(array.ndim == 1 and array.dtype == np.int64 for array in arrays)
        and len(positions) == len(labels) == (ends[-1] if len(ends) else 0)
        and bool((np.diff(ends, prepend=0) > 0).all())
    )
    size = int(np.prod(shape))
    if not is_whole or (len(positions) and not 0 <= positions.min() <= positions.max() < size):
        raise InvalidInput(
            f"the history of strokes is damaged, or not that of an array of shape {shape}."
        )
