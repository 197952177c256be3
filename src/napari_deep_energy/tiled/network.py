"""The network on a picture of any size, tile by tile, at a scale that is the same for all tiles.

Each tile is seen with a margin as wide as the network and the steps after it reach, so that the
answer is that of one pass over the whole picture at that scale, and as many steps down its energy.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from ..energy import DEFAULT
from ..energy.parameters import check_number
from ..errors import InvalidInput
from ..extras import require
from ..folders import replacing_folder
from ..minimisers.denormals import flushed_denormals
from ..minimisers.descent import descend_locally
from ..minimisers.network import all_classes, steps_after, winners
from ..networks import MOST_STEPS, load_model, network_input
from ..pixel_size import UNTOLD
from ..stopping import Stop, never
from .plan import plan_tiled
from .solution import TiledSolution
from .stores import finish, make_stores, store_tile
from .survey import survey
from .tasks import Progress, run_tasks
from .tasks import silent as silently

if TYPE_CHECKING:
    from pathlib import Path

    from ..energy import EnergySpec
    from ..networks import Checkpoint, ContextAggregationNetwork
    from ..pixel_size import PixelSize
    from ..problem import Problem
    from .grid import Box, Grid, Node
    from .source import Source
    from .stores import Stores

TILE = 1024


def predict_tiled(
    image: Any,
    seeds: Any,
    output: Path,
    spec: EnergySpec | None = None,
    *,
    shrink: int = 4,
    model: Checkpoint | Path | str | None = None,
    refine: int | None = None,
    tile: int = TILE,
    size: PixelSize = UNTOLD,
    scheduler: str | None = None,
    stop: Stop = never,
    progress: Progress = silently,
) -> TiledSolution:
    """Answer a picture of any size by the network, tile by tile, to disk.

    Parameters
    ----------
    image, seeds, output, spec, size, scheduler, stop, progress
        As in :func:`solve_tiled`.
    shrink
        How many pixels along each side the network sees as one. It reaches 76 of these: strokes
        further away than ``76 * shrink`` pixels are not seen, but for what the colour-aware energy
        takes from them.
    model
        Checkpoint; the bundled one by default.
    refine
        Steps down the energy after the network's pass: 0 is the network alone, as in the paper;
        None as many as suit the model, or else its task.
    tile
        Rows and columns of a tile, a multiple of ``shrink``.

    Raises
    ------
    InvalidInput, Cancelled
        As :func:`solve_tiled`.
    """
    if shrink < 1 or tile % shrink:
        raise InvalidInput(f"tiles of {tile} pixels cannot be shrunk {shrink} times evenly.")
    dask, zarr = require("dask", "a tiled run"), require("zarr", "a tiled run")
    spec = spec or DEFAULT
    if refine is not None:
        check_number("refine", refine, 0, MOST_STEPS)
    checkpoint = load_model(model, spec.task, spec.has_prior)
    network, steps = checkpoint.network, steps_after(checkpoint) if refine is None else refine
    plan = plan_tiled(image, seeds, spec, tile, scheduler is not None, stop, progress)
    with replacing_folder(output.absolute()) as draft:
        scratch = draft / "scratch"
        stores = make_stores(zarr, scratch, plan)
        look = Look(survey(plan.source, plan.grid, stop, progress), network, shrink, steps)
        shared = dask.delayed(look, traverse=False)
        one = dask.delayed(_predict_tile, pure=False)
        tasks = [one(shared, plan.grid, leaf, stores) for leaf in plan.grid.tree().leaves()]
        run_tasks(tasks, scheduler, stop, progress)
        finish(draft, stores, size, stop, progress)
        shutil.rmtree(scratch)
    return TiledSolution.of(output, plan)


@flushed_denormals()
def _predict_tile(look: Look, grid: Grid, leaf: Node, stores: Stores) -> None:
    box = grid.owned(leaf)
    store_tile(stores, look.source.values, box, look.at(box).numpy())


@dataclass(frozen=True, eq=False)
class Look:
    """The network's answer, wherever one looks."""

    source: Source
    network: ContextAggregationNetwork
    shrink: int
    """Pixels a side that the network sees as one."""
    steps: int
    """Down the energy after the pass."""

    @torch.inference_mode()
    def at(self, box: Box) -> torch.Tensor:
        """The answer in a box, (K, h, w); its first row and column are cells' first."""
        reach = 2 if self.source.spec.task == "matte" else 1
        cells = self.network.reach + 1 - (-reach * self.steps // self.shrink)
        grown = box.grown(cells * self.shrink, self.source.size)
        # Single precision would be lost in the cancelling entries of the matting Laplacian.
        dtype = torch.float64 if self.source.spec.task == "matte" else torch.float32
        problem = self.source.problem(grown).to(dtype=dtype)
        energy = self.source.energy(problem, grown)
        answer = all_classes(problem, energy.targets, self._answer).to(dtype)
        if self.steps:
            entries = energy.laplacian.stencil().to(answer)
            answer = descend_locally(energy, entries, answer, self.steps)
        top, left = box.top - grown.top, box.left - grown.left
        return answer[0, :, top : top + box.shape[0], left : left + box.shape[1]].clone()

    def _answer(self, problem: Problem, targets: torch.Tensor) -> torch.Tensor:
        """To a two-class problem at the picture's own size, (1, out_channels, H, W)."""
        height, width = problem.image.shape[2:]
        seeds, image = winners(self._shrunk(problem.seeds)), self._shrunk(problem.image)
        prior = self._shrunk(targets) if self.network.architecture.sees_prior else None
        small: torch.Tensor = self.network(network_input(image, seeds, prior))
        size = (small.shape[2] * self.shrink, small.shape[3] * self.shrink)
        full = F.interpolate(small, size, mode="bilinear", align_corners=False)
        return full[:, :, :height, :width]

    def _shrunk(self, x: torch.Tensor) -> torch.Tensor:
        """Means over the cells, float32."""
        return F.avg_pool2d(x.float(), self.shrink, ceil_mode=True, count_include_pad=False)
