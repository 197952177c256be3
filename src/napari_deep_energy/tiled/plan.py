"""A tiled run before it begins: inputs checked, read once block by block, and estimated."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidInput
from ..seeds import check_labels, class_values
from .estimate import Estimate, estimate
from .grid import Grid
from .ranges import find_range
from .source import Source, channel_axis_of, load

if TYPE_CHECKING:
    from pathlib import Path

    from ..energy import EnergySpec
    from .grid import Node

TILE = 512
SMALLEST_TILE = 32


@dataclass(frozen=True)
class Plan:
    """A checked run, and what it will take."""

    source: Source
    grid: Grid
    estimate: Estimate


def plan_tiled(
    image: Any, seeds: Any, spec: EnergySpec, tile: int = TILE, is_cluster: bool = False
) -> Plan:
    """Check the inputs of :func:`solve_tiled` and estimate the run; reads them block by block.

    ``is_cluster`` is for runs with a scheduler, whose workers need more disk together.

    Raises
    ------
    InvalidInput
        As :func:`solve_tiled`.
    """
    axis = channel_axis_of(tuple(image.shape), tuple(seeds.shape))
    if tile < SMALLEST_TILE:
        raise InvalidInput(f"tiles of {tile} pixels are too small; use {SMALLEST_TILE} or more.")
    reach = 2 if spec.task == "matte" else 1
    height, width = (int(size) for size in seeds.shape)
    if min(height, width) < 3:
        raise InvalidInput(f"the image is {height} x {width} pixels; it needs at least 3 x 3.")
    tile = min(tile, max(height, width))
    grid = Grid((height, width), tile, reach, has_corners=reach == 2)
    values = _values(seeds, grid)
    whole = Source(image, axis, seeds, spec, values, find_range(np.dtype(np.uint8), list))
    boxes = [grid.owned(node) for node in leaves_of(grid)]
    found = find_range(np.dtype(image.dtype), lambda: (whole.planes(box) for box in boxes))
    source = Source(image, axis, seeds, spec, values, found)
    classes = 1 if spec.task == "matte" else len(values)
    return Plan(source, grid, estimate(grid, classes, is_cluster))


def check_room(needs: Estimate, output: Path, memory_limit: int | None) -> None:
    """Refuse a run that would end with a full memory or disk."""
    if memory_limit is not None and needs.memory > memory_limit:
        raise InvalidInput(
            f"the run would take {needs.memory / 2**30:.1f} GiB of memory ({needs}), but the "
            f"limit is {memory_limit / 2**30:.1f} GiB; use smaller tiles, or a smaller picture."
        )
    place = output.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if needs.scratch + needs.output > free:
        raise InvalidInput(
            f"the run may take {(needs.scratch + needs.output) / 2**30:.1f} GiB of disk in "
            f"{place}, which has {free / 2**30:.1f} GiB left; write to a larger disk."
        )


def _values(seeds: Any, grid: Grid) -> tuple[int, ...]:
    """Checked label values of seeds that are read block by block."""
    found = [np.zeros(0, seeds.dtype)]
    for node in leaves_of(grid):
        box = grid.owned(node)
        block = load(seeds[box.top : box.bottom, box.left : box.right])
        found.append(np.unique(block))
    return tuple(class_values(check_labels(np.unique(np.concatenate(found)))))


def leaves_of(grid: Grid) -> list[Node]:
    """The tiles of a grid."""
    return [node for node in grid.tree().walk() if not node.halves]
