"""The network on a picture of any size, tile by tile, at a scale that is the same for all tiles.

Each tile is seen with a margin as wide as the network reaches, so that the answer is that of one
pass over the whole picture at that scale.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from ..errors import InvalidInput
from ..extras import require
from ..folders import replacing_folder
from ..interactive import load_model
from ..minimisers import Stop, never
from ..networks import network_input
from .plan import leaves_of, plan_tiled
from .solution import TiledSolution
from .stores import finish, make_stores, store_tile
from .tasks import Progress, run_tasks
from .tasks import silent as silently

if TYPE_CHECKING:
    from pathlib import Path

    from ..networks import Checkpoint, SeededNetwork
    from ..problem import Problem
    from .grid import Box, Grid, Node
    from .source import Source
    from .stores import Stores

TILE = 1024


def predict_tiled(
    image: Any,
    seeds: Any,
    output: Path,
    task: str = "segment",
    *,
    shrink: int = 4,
    model: Checkpoint | Path | str | None = None,
    tile: int = TILE,
    scheduler: str | None = None,
    stop: Stop = never,
    progress: Progress = silently,
) -> TiledSolution:
    """Answer a picture of any size by the network, tile by tile, to disk.

    Parameters
    ----------
    image, seeds, output, scheduler, stop, progress
        As in :func:`solve_tiled`.
    task
        ``"segment"`` or ``"matte"``.
    shrink
        How many pixels along each side the network sees as one. The paper's reaches 76 of these:
        strokes further away than ``76 * shrink`` pixels are not seen.
    model
        Checkpoint; the bundled one by default.
    tile
        Rows and columns of a tile, a multiple of ``shrink``, and of the strides of a pyramid.

    Raises
    ------
    InvalidInput, Cancelled
        As :func:`solve_tiled`.
    """
    checkpoint = load_model(model, task)
    stride = checkpoint.network.stride
    if shrink < 1 or tile % (shrink * stride):
        halved = f" and then halved to a {stride}th" if stride > 1 else ""
        raise InvalidInput(
            f"tiles of {tile} pixels cannot be shrunk {shrink} times{halved} evenly."
        )
    dask, zarr = require("dask", "a tiled run"), require("zarr", "a tiled run")
    plan = plan_tiled(image, seeds, checkpoint.spec, tile)
    with replacing_folder(output.absolute()) as draft:
        scratch = draft / "scratch"
        stores = make_stores(zarr, scratch, plan)
        shared = [dask.delayed(part, traverse=False) for part in (plan.source, checkpoint.network)]
        one = dask.delayed(_predict_tile, pure=False)
        tasks = [one(*shared, plan.grid, leaf, shrink, stores) for leaf in leaves_of(plan.grid)]
        run_tasks(tasks, scheduler, stop, progress)
        finish(draft, stores)
        shutil.rmtree(scratch)
    return TiledSolution.of(output, plan)


def _predict_tile(
    source: Source,
    network: SeededNetwork,
    grid: Grid,
    leaf: Node,
    shrink: int,
    stores: Stores,
) -> None:
    box = grid.owned(leaf)
    store_tile(stores, source.values, box, predict_box(source, network, box, shrink).numpy())


@torch.inference_mode()
def predict_box(source: Source, network: SeededNetwork, box: Box, shrink: int) -> torch.Tensor:
    """The network's answer in a box, (K, h, w); its first row and column are cells' first."""
    # Whole strides, so that all tiles halve the picture at the same rows and columns.
    margin = -(-(network.reach + 1) // network.stride) * network.stride
    grown = box.grown(margin * shrink, source.size)
    problem = source.problem(grown).to(dtype=torch.float32)
    classes = problem.seeds.shape[1]
    network = network.eval()
    if classes == 2:
        answer = _answer(network, problem, shrink)
    else:
        votes = [_answer(network, problem.one_against_rest(k), shrink)[:1] for k in range(classes)]
        vote = torch.cat(votes)
        answer = vote / vote.sum(0, keepdim=True).clamp_min(1e-12)
    top, left = box.top - grown.top, box.left - grown.left
    return answer[:, top : top + box.shape[0], left : left + box.shape[1]].clone()


def _answer(network: SeededNetwork, problem: Problem, shrink: int) -> torch.Tensor:
    """Answer to a two-class problem at the picture's own size, (out_channels, H, W)."""
    height, width = problem.image.shape[2:]
    image, cover = (
        F.avg_pool2d(part, shrink, ceil_mode=True, count_include_pad=False)
        for part in (problem.image, problem.seeds)
    )
    # The class that covers most of a cell, however thin its stroke.
    winner = F.one_hot(cover.argmax(1), 2).movedim(-1, 1) * (cover.sum(1, keepdim=True) > 0)
    small: torch.Tensor = network(network_input(image, winner.to(image)))
    size = (small.shape[2] * shrink, small.shape[3] * shrink)
    full = F.interpolate(small, size, mode="bilinear", align_corners=False)
    return full[0, :, :height, :width]
