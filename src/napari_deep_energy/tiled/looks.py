"""Passes over the tiles of a picture before it is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..stopping import check
from .tasks import silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..stopping import Stop
    from .grid import Box, Grid
    from .tasks import Progress

UNIT = "tiles looked at"


class Looks:
    """What each tile owns, again at each pass: counted, and left when it is asked to stop.

    Parameters
    ----------
    grid
        The tiles.
    passes
        How many there will be; see :meth:`expect`.
    stop
        Polled before each tile; true raises :class:`Cancelled`.
    progress
        Called after each tile.
    """

    def __init__(self, grid: Grid, passes: int, stop: Stop, progress: Progress = silent) -> None:
        self._boxes = [grid.owned(leaf) for leaf in grid.tree().leaves()]
        self._done, self._total = 0, passes * len(self._boxes)
        self._stop, self._progress = stop, progress

    def expect(self, passes: int) -> None:
        """Say that there will be more."""
        self._total += passes * len(self._boxes)

    def __iter__(self) -> Iterator[Box]:
        for box in self._boxes:
            check(self._stop)
            yield box
            self._done += 1
            self._progress(self._done, self._total, UNIT)
