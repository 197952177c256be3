"""A tiled run: a dask graph from tiles to separators and back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import kernels
from ..energy import DEFAULT, EnergySpec
from ..extras import require
from ..memory import returned_memory
from ..minimisers.denormals import flushed_denormals
from ..pixel_size import UNTOLD
from ..stopping import Stop, never
from .checkpoint import draft_of, fingerprint, killed_run
from .elimination import Skeleton, eliminate_tile, merge, solve_skeleton, solve_tile
from .plan import TILE, Plan, check_room, plan_tiled
from .scratch import Scratch
from .solution import TiledSolution
from .stores import Stores, finish, make_stores, store_tile
from .survey import survey
from .tasks import Progress, run_tasks, silent

if TYPE_CHECKING:
    from pathlib import Path

    from ..pixel_size import PixelSize
    from .grid import Grid, Node
    from .source import Source

MANY = 8
"""Tiles from which on it pays to have kernels compiled."""


def solve_tiled(
    image: Any,
    seeds: Any,
    output: Path,
    spec: EnergySpec | None = None,
    *,
    tile: int = TILE,
    memory_limit: int | None = None,
    resume: bool = False,
    size: PixelSize = UNTOLD,
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
        The energy; the colour-aware one by default, as of :func:`segment`.
    tile
        Rows and columns of a tile. Memory grows with its square, until the picture is larger than
        about ten tiles a side.
    memory_limit
        Bytes that one process may take; a run that is estimated to take more is refused.
    resume
        Whether to go on with what a killed run of the same picture, seeds and settings had
        finished. That run must not be alive.
    size
        Of a pixel along rows and columns, and its unit; written with the results.
    scheduler
        Address of a dask.distributed scheduler; None is this machine. The workers must share the
        disk of ``output``.
    stop
        Polled between tiles and within them.
    progress
        Called after each step with how many are done, how many there are, and what they are: it
        begins anew when the picture was looked at, when it was solved, and for each result.

    Raises
    ------
    InvalidInput
        If the inputs do not make a problem, the run would not fit, or the extra is missing.
    Cancelled
        If ``stop`` returned true; nothing is then left behind.
    """
    plan = plan_tiled(image, seeds, spec or DEFAULT, tile, scheduler is not None, stop, progress)
    return solve_plan(
        plan,
        output,
        memory_limit=memory_limit,
        resume=resume,
        size=size,
        scheduler=scheduler,
        stop=stop,
        progress=progress,
    )


def solve_plan(
    plan: Plan,
    output: Path,
    *,
    memory_limit: int | None = None,
    resume: bool = False,
    size: PixelSize = UNTOLD,
    scheduler: str | None = None,
    stop: Stop = never,
    progress: Progress = silent,
) -> TiledSolution:
    """Do what :func:`plan_tiled` planned.

    Parameters and exceptions are those of :func:`solve_tiled`.
    """
    zarr = require("zarr", "a tiled run")
    output = output.absolute()
    record = fingerprint(plan, stop)
    earlier = killed_run(record, output) if resume else None
    check_room(plan.estimate, output, memory_limit, earlier)
    with draft_of(record, output, earlier) as draft:
        scratch = Scratch(draft / "scratch")
        stores = make_stores(zarr, scratch.folder, plan)
        known = replace(plan, source=survey(plan.source, plan.grid, stop, progress))
        # A cluster's steps are not stopped midway: what would ask them to is in this process.
        tasks = _graph(known, scratch, stores, never if scheduler else stop)
        run_tasks(tasks, scheduler, stop, progress)
        finish(draft, stores, size, stop, progress)
        shutil.rmtree(scratch.folder)
    return TiledSolution.of(output, plan)


def _graph(plan: Plan, scratch: Scratch, stores: Stores, stop: Stop) -> list[Any]:
    """Delayed steps, the last of which are the results of the tiles."""
    dask = require("dask", "a tiled run")
    source = dask.delayed(plan.source, traverse=False)
    grid, root = plan.grid, plan.grid.tree()

    def up(node: Node) -> Any:
        halves = [up(half) for half in node.halves]
        return dask.delayed(_up, pure=False)(source, grid, node, scratch, halves, stop)

    solved = dask.delayed(_skeleton, pure=False)(grid, root, scratch, up(root))
    down = dask.delayed(_down, pure=False)
    return [down(source, grid, leaf, solved, scratch, stores, stop) for leaf in root.leaves()]


@returned_memory()
@flushed_denormals()
def _up(
    source: Source, grid: Grid, node: Node, scratch: Scratch, halves: list[Node], stop: Stop
) -> Node:
    """Eliminate a node; ``halves`` are there so that they come first."""
    if scratch.has(node):
        return node
    if not node.halves:
        _ask_for_kernels(grid)
        scratch.put(node, eliminate_tile(source, grid, node, stop))
        return node
    left, factor = merge(source, grid, node, scratch.left)
    scratch.put(node, left, factor)
    for half in node.halves:
        scratch.drop_remainder(half)
    return node


def _ask_for_kernels(grid: Grid) -> None:
    """Tiles are done without until they are there; matting's always, in double precision."""
    if grid.count[0] * grid.count[1] >= MANY and not grid.has_corners:
        kernels.start()


@returned_memory()
@flushed_denormals()
def _skeleton(grid: Grid, root: Node, scratch: Scratch, _done: Node) -> Skeleton | None:
    return solve_skeleton(grid, root, scratch.factor) if root.halves else None


@returned_memory()
@flushed_denormals()
def _down(
    source: Source,
    grid: Grid,
    leaf: Node,
    skeleton: Skeleton | None,
    scratch: Scratch,
    stores: Stores,
    stop: Stop,
) -> None:
    """Solve a tile and write its chunk."""
    if scratch.is_solved(leaf):
        return
    _ask_for_kernels(grid)
    x = solve_tile(source, grid, leaf, skeleton, stop).numpy()
    store_tile(stores, source.values, grid.owned(leaf), x)
    scratch.note_solved(leaf)
