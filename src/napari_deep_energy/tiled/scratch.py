"""What the steps of a tiled run leave for each other, on disk: a file is there whole or not at all.

On a cluster the folder must be on a disk that all workers share. A worker may die at any moment:
what it had finished is found here by the one that takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..files import replacing
from .elimination import Left, NodeFactor

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .grid import Node


@dataclass(frozen=True)
class Scratch:
    """A folder of arrays, named by node."""

    folder: Path

    def has(self, node: Node) -> bool:
        """Whether this node has been eliminated."""
        return self._path(node, "done").exists()

    def put(self, node: Node, left: Left, factor: NodeFactor | None = None) -> None:
        """Store what a node left, and how it is solved."""
        if factor is not None:
            self._save(node, "gain", factor.gain)
            self._save(node, "centre", factor.centre)
        self._save(node, "columns", left.columns)
        self._save(node, "coupling", left.coupling[:])
        self._save(node, "done", np.zeros(0))

    def is_solved(self, tile: Node) -> bool:
        """Whether the results of this tile are written."""
        return self._path(tile, "solved").exists()

    def note_solved(self, tile: Node) -> None:
        """The results of this tile are written."""
        self._save(tile, "solved", np.zeros(0))

    def left(self, node: Node) -> Left:
        """What a node left; its large part stays on disk until it is read."""
        return Left(RowsOnDisk(self._path(node, "coupling")), self._load(node, "columns"))

    def factor(self, node: Node) -> NodeFactor:
        """How a node is solved."""
        return NodeFactor(self._load(node, "gain"), self._load(node, "centre"))

    def drop_remainder(self, node: Node) -> None:
        """Remove what a node left, once its parent has taken it in."""
        for part in ("coupling", "columns"):
            self._path(node, part).unlink(missing_ok=True)

    def _path(self, node: Node, part: str) -> Path:
        return self.folder / f"{node.name}.{part}.npy"

    def _save(self, node: Node, part: str, array: NDArray[np.floating]) -> None:
        with replacing(self._path(node, part)) as draft:
            np.save(draft, array)

    def _load(self, node: Node, part: str) -> NDArray[np.floating]:
        array: NDArray[np.floating] = np.load(self._path(node, part), allow_pickle=False)
        return array


@dataclass(frozen=True)
class RowsOnDisk:
    """Rows of a stored matrix; what has been read counts as memory of the process no longer."""

    path: Path

    def __getitem__(self, rows: slice) -> NDArray[np.floating]:
        return np.array(np.load(self.path, mmap_mode="r", allow_pickle=False)[rows])
