"""What the plan needs to know of a node's pixels: how they are cut, and what lies around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

Offset: TypeAlias = tuple[int, int]


class Region(Protocol):
    """Pixels of a node, relative to its origin; equal regions share a shape."""

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns that it takes up; a diamond's with its ring."""

    @property
    def margin(self) -> int:
        """How far its parts and their rings lie off the picture at most."""

    @staticmethod
    def axis_of(level: Iterable[Any]) -> int | None:
        """Axis to cut all regions of a level along, None once they are leaves."""

    def halves(self, axis: int, is_large: bool) -> tuple[tuple[Region, Offset], ...]:
        """The halves that have pixels, and their origins; ``is_large`` if they are few."""

    def pixels(self) -> NDArray[np.int64]:
        """All pixels, (n, 2)."""

    def pivots(self, axis: int | None) -> NDArray[np.int64]:
        """Pixels that are eliminated, (P, 2): the separator, or all of a leaf's."""

    def ring(self) -> NDArray[np.int64]:
        """Pixels around it, eliminated later, (R, 2).

        Each side is numbered as a separator along it is, so that a side of a half is a slice of its
        parent's side or of the separator, never reversed.
        """
