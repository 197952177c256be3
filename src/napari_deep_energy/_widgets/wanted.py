"""What is shown beside the answer itself, as plain arrays; made on the worker's thread.

Nothing here knows Qt or napari.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..uncertainty import probability_of, uncertainty

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..layers import Kind
    from ..minimisers import Solution

NO_ENGINE = ""
"""In keys of layers that belong to no engine."""


@dataclass(frozen=True)
class Wanted:
    """What is to be shown beside the answer itself."""

    kinds: frozenset[Kind] = frozenset()
    label: int = 0
    """Class in hand."""


def planes(wanted: Wanted, solution: Solution) -> dict[tuple[str, Kind], NDArray[Any]]:
    """Arrays of the wanted layers, (H, W) each."""
    made: dict[tuple[str, Kind], NDArray[Any]] = {}
    if "probability" in wanted.kinds:
        made[NO_ENGINE, "probability"] = probability_of(solution, wanted.label)
    if "uncertainty" in wanted.kinds:
        made[NO_ENGINE, "uncertainty"] = uncertainty(solution)
    return made
