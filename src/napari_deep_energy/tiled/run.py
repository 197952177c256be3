"""A tiled run: checked, estimated, then a dask graph from tiles to separators and back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..clusters import as_they_end, connected
from ..energy import EnergySpec, RandomWalker
from ..errors import Cancelled, InvalidInput
from ..extras import require
from ..folders import replacing_folder
from ..minimisers import Stop, never
from ..ome import read_ome_zarr, write_levels
from ..seeds import check_labels, class_values
from .elimination import Skeleton, eliminate_tile, merge, solve_skeleton, solve_tile
from .estimate import Estimate, estimate
from .grid import Grid
from .ranges import find_range
from .scratch import Scratch
from .source import Source, channel_axis_of, load

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .grid import Box, Node

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of steps that are done, and of all."""
TILE = 512
SMALLEST_TILE = 32


def silent(done: int, total: int) -> None:
    """A progress that is not shown."""


@dataclass(frozen=True)
class TiledSolution:
    """Where the results of a tiled run are; nothing of them is in memory."""

    labels: Path | None
    """OME-Zarr (H, W) of the label values; None for matting."""
    probabilities: Path
    """OME-Zarr float32 in [0, 1]: (K, H, W) of each class, or alpha (H, W)."""
    values: tuple[int, ...]
    """Label value of each class."""
    estimate: Estimate

    @classmethod
    def of(cls, output: Path, plan: Plan) -> TiledSolution:
        """Where a finished run has its results."""
        is_matte = plan.source.spec.task == "matte"
        name = "alpha" if is_matte else "probabilities"
        labels = None if is_matte else output / "labels.ome.zarr"
        return cls(labels, output / f"{name}.ome.zarr", plan.source.values, plan.estimate)

    def read(self) -> Any:
        """The probabilities or alpha, as a dask array."""
        return read_ome_zarr(self.probabilities).levels[0]

    def read_labels(self) -> Any:
        """The labels, as a dask array."""
        assert self.labels is not None
        return read_ome_zarr(self.labels).levels[0]


@dataclass(frozen=True)
class Plan:
    """A checked run, and what it will take."""

    source: Source
    grid: Grid
    estimate: Estimate


def plan_tiled(image: Any, seeds: Any, spec: EnergySpec, tile: int = TILE) -> Plan:
    """Check the inputs of :func:`solve_tiled` and estimate the run; reads them block by block.

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
    grid = Grid((height, width), tile, reach, has_corners=reach == 2)
    values = _values(seeds, grid)
    whole = Source(image, axis, seeds, spec, values, find_range(np.dtype(np.uint8), list))
    boxes = [grid.owned(node) for node in leaves_of(grid)]
    found = find_range(np.dtype(image.dtype), lambda: (whole.planes(box) for box in boxes))
    source = Source(image, axis, seeds, spec, values, found)
    classes = 1 if spec.task == "matte" else len(values)
    return Plan(source, grid, estimate(grid, classes))


def solve_tiled(
    image: Any,
    seeds: Any,
    output: Path,
    spec: EnergySpec | None = None,
    *,
    tile: int = TILE,
    memory_limit: int | None = None,
    spacing: tuple[float, float] | None = None,
    unit: str | None = None,
    scheduler: str | None = None,
    stop: Stop = never,
    progress: Progress = silent,
) -> TiledSolution:
    """Solve a picture of any size exactly, tile by tile, to disk.

    The answer is that of the exact solver on the whole picture, up to rounding: each tile is
    reduced to its border, the borders are solved together, and each tile is then solved within its
    own. No part of the picture beyond a tile is in memory at once; see :mod:`.elimination`.

    Parameters
    ----------
    image
        (H, W), (H, W, C) or (C, H, W), any real type: NumPy, dask or zarr. Its intensities are
        scaled as those of the whole picture, see :func:`images.normalise`.
    seeds
        (H, W) integers, 0 unlabelled: NumPy, dask or zarr.
    output
        Folder to write: ``labels.ome.zarr`` and ``probabilities.ome.zarr``, or
        ``alpha.ome.zarr``. It appears when all is done.
    spec
        The energy; the random walker of the paper by default.
    tile
        Rows and columns of a tile. Memory grows with its square, until the picture is larger than
        about ten tiles a side.
    memory_limit
        Bytes that one process may take; a run that is estimated to take more is refused.
    spacing, unit
        Size of a pixel along rows and columns, and its unit such as ``"micrometer"``; written
        with the results.
    scheduler
        Address of a dask.distributed scheduler; None is this machine. The workers must share the
        disk of ``output``.
    stop
        Polled between tiles.
    progress
        Called after each step.

    Raises
    ------
    InvalidInput
        If the inputs do not make a problem, the run would not fit, or the extra is missing.
    Cancelled
        If ``stop`` returned true; nothing is then left behind.
    """
    spec = spec or RandomWalker()
    if isinstance(spec, RandomWalker) and (spec.prior or spec.beta == "auto"):
        raise InvalidInput(
            "a tiled run cannot take beta='auto' or a prior, which go by the whole picture; "
            "take the paper's energy, RandomWalker(beta=...)."
        )
    zarr = require("zarr", "a tiled run")
    plan = plan_tiled(image, seeds, spec, tile)
    _check_room(plan.estimate, output, memory_limit)
    with replacing_folder(output.absolute()) as draft:
        scratch = Scratch(draft / "scratch")
        stores = make_stores(zarr, scratch.folder, plan)
        tasks = _graph(plan, scratch, stores)
        run_tasks(tasks, scheduler, stop, progress)
        finish(draft, stores, spacing, unit)
        shutil.rmtree(scratch.folder)
    return TiledSolution.of(output, plan)


def _check_room(needs: Estimate, output: Path, memory_limit: int | None) -> None:
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


@dataclass(frozen=True)
class Stores:
    """Arrays on disk that tiles write their results to, one chunk a tile."""

    x: str
    labels: str | None


def make_stores(zarr: Any, folder: Path, plan: Plan) -> Stores:
    """Make a folder with empty results."""
    folder.mkdir(parents=True)
    classes = 1 if plan.source.spec.task == "matte" else len(plan.source.values)
    grid, size = plan.grid, plan.grid.size
    x, labels = str(folder / "x.zarr"), str(folder / "labels.zarr")
    chunk = (grid.tile, grid.tile)
    zarr.create_array(x, shape=(classes, *size), chunks=(1, *chunk), dtype="float32")
    if plan.source.spec.task == "matte":
        return Stores(x, None)
    kind = "uint8" if max(plan.source.values) < 256 else "int32"
    zarr.create_array(labels, shape=size, chunks=chunk, dtype=kind)
    return Stores(x, labels)


def _graph(plan: Plan, scratch: Scratch, stores: Stores) -> list[Any]:
    """Delayed steps, the last of which are the results of the tiles."""
    dask = require("dask", "a tiled run")
    source = dask.delayed(plan.source, traverse=False)
    grid, root = plan.grid, plan.grid.tree()

    def up(node: Node) -> Any:
        halves = [up(half) for half in node.halves]
        return dask.delayed(_up, pure=False)(source, grid, node, scratch, halves)

    solved = dask.delayed(_skeleton, pure=False)(grid, root, scratch, up(root))
    down = dask.delayed(_down, pure=False)
    return [down(source, grid, leaf, solved, stores) for leaf in leaves_of(grid)]


def _up(source: Source, grid: Grid, node: Node, scratch: Scratch, halves: list[Node]) -> Node:
    """Eliminate a node; ``halves`` are there so that they come first."""
    if scratch.has(node):
        return node
    if not node.halves:
        scratch.put(node, eliminate_tile(source, grid, node))
        return node
    left, factor = merge(source, grid, node, scratch.left)
    scratch.put(node, left, factor)
    for half in node.halves:
        scratch.drop_remainder(half)
    return node


def _skeleton(grid: Grid, root: Node, scratch: Scratch, _done: Node) -> Skeleton | None:
    return solve_skeleton(grid, root, scratch.factor) if root.halves else None


def _down(
    source: Source, grid: Grid, leaf: Node, skeleton: Skeleton | None, stores: Stores
) -> None:
    """Solve a tile and write its chunk."""
    x = solve_tile(source, grid, leaf, skeleton).numpy()
    store_tile(stores, source.values, grid.owned(leaf), x)


def store_tile(stores: Stores, values: tuple[int, ...], box: Box, x: NDArray[np.floating]) -> None:
    """Write x (K, h, w) of the pixels that a tile owns, and its labels."""
    zarr = require("zarr", "a tiled run")
    window = slice(box.top, box.bottom), slice(box.left, box.right)
    zarr.open_array(stores.x, mode="r+")[(slice(None), *window)] = x.clip(0, 1).astype(np.float32)
    if stores.labels is not None:
        labels = np.array(values)[x.argmax(0)]
        zarr.open_array(stores.labels, mode="r+")[window] = labels


def run_tasks(tasks: list[Any], scheduler: str | None, stop: Stop, progress: Progress) -> None:
    """Run delayed tasks and all that they need, here or on a cluster."""
    if scheduler is None:
        _run_here(tasks, stop, progress)
        return
    with connected(scheduler) as client:
        for done, (_, future) in enumerate(as_they_end(client, tasks, stop), 1):
            future.result()  # raises what the step raised
            progress(done, len(tasks))


def _run_here(tasks: list[Any], stop: Stop, progress: Progress) -> None:
    """One step after another, since each keeps all cores busy."""
    dask = require("dask", "a tiled run")
    callbacks = require("dask.callbacks", "a tiled run")

    def before(key: Any, graph: Any, state: Any) -> None:
        if stop():
            raise Cancelled
        done = len(state["finished"])
        progress(done, done + len(state["waiting"]) + len(state["ready"]) + 1)

    with callbacks.Callback(pretask=before):
        dask.compute(*tasks, scheduler="synchronous", optimize_graph=False)
    progress(1, 1)


def finish(
    folder: Path,
    stores: Stores,
    spacing: tuple[float, float] | None = None,
    unit: str | None = None,
) -> None:
    """Pyramids beside the scratch folder."""
    da = require("dask.array", "a tiled run")
    x = da.from_zarr(stores.x)
    if stores.labels is None:
        write_levels(folder / "alpha.ome.zarr", x[0], "yx", spacing, unit, False)
        return
    per_class = None if spacing is None else (1.0, *spacing)
    write_levels(folder / "probabilities.ome.zarr", x, "cyx", per_class, unit, False)
    labels = da.from_zarr(stores.labels)
    write_levels(folder / "labels.ome.zarr", labels, "yx", spacing, unit, True)
