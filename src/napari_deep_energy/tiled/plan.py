"""A tiled run before it begins: inputs checked, read once block by block, and estimated."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidInput
from ..seeds import check_labels, class_values
from ..stopping import Stop, never
from .estimate import Estimate, estimate
from .grid import Grid
from .looks import Looks
from .ranges import find_range, passes_of
from .source import Source, channel_axis_of, load
from .tasks import Progress, silent

if TYPE_CHECKING:
    from pathlib import Path

    from ..energy import EnergySpec

TILE = 512
SMALLEST_TILE = 32


@dataclass(frozen=True)
class Plan:
    """A checked run, and what it will take."""

    source: Source
    grid: Grid
    estimate: Estimate


def plan_tiled(
    image: Any,
    seeds: Any,
    spec: EnergySpec,
    tile: int = TILE,
    is_cluster: bool = False,
    stop: Stop = never,
    progress: Progress = silent,
) -> Plan:
    """Check the inputs of :func:`solve_tiled` and estimate the run; reads them block by block.

    ``is_cluster`` is for runs with a scheduler, whose workers need more disk together.

    Raises
    ------
    InvalidInput, Cancelled
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
    looks = Looks(grid, 1 + passes_of(np.dtype(image.dtype)), stop, progress)
    values = _values(seeds, looks)
    whole = Source(image, axis, seeds, spec, values, find_range(np.dtype(np.uint8), list))
    found = find_range(np.dtype(image.dtype), lambda: (whole.planes(box) for box in looks))
    source = Source(image, axis, seeds, spec, values, found)
    classes = 1 if spec.task == "matte" else len(values)
    return Plan(source, grid, estimate(grid, classes, is_cluster))


def check_room(
    needs: Estimate, output: Path, memory_limit: int | None, earlier: Path | None = None
) -> None:
    """Refuse a run that would end with a full memory or disk; it may go on in ``earlier``."""
    if memory_limit is not None and needs.memory > memory_limit:
        raise InvalidInput(
            f"the run would take {needs.memory / 2**30:.1f} GiB of memory ({needs}), but the "
            f"limit is {memory_limit / 2**30:.1f} GiB; use smaller tiles, or a smaller picture."
        )
    place = output.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    there = 0 if earlier is None else sum(path.stat().st_size for path in earlier.rglob("*"))
    more = needs.scratch + needs.output - there
    if more > free:
        raise InvalidInput(
            f"the run may take {more / 2**30:.1f} GiB of disk in "
            f"{place}, which has {free / 2**30:.1f} GiB left; write to a larger disk."
        )


def _values(seeds: Any, looks: Looks) -> tuple[int, ...]:
    """Checked label values of seeds that are read block by block."""
    found = [np.zeros(0, seeds.dtype)]
    for box in looks:
        block = load(seeds[box.top : box.bottom, box.left : box.right])
        found.append(np.unique(block))
    return tuple(class_values(check_labels(np.unique(np.concatenate(found)))))
