"""The training loop: the mean energy of a batch is the loss (paper Eq. 2).

Nothing else is, unless a recipe asks for fused training (paper section 5).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from napari_deep_energy.errors import Diverged
from napari_deep_energy.stopping import never

from .batches import batch_of
from .descended import energy_after
from .distributed import rank, share_statistics, sum_over_ranks, world_size
from .inputs import inputs_of
from .objects import IGNORED, OBJECT
from .precision import is_bfloat16
from .run_state import RunState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_deep_energy.networks import Checkpoint
    from napari_deep_energy.stopping import Stop

    from .batches import Batch
    from .evaluation import HeldOut
    from .objects import Objects
    from .recipe import Recipe


@dataclass(frozen=True)
class Progress:
    """Where a run stands after a step."""

    step: int
    """Steps made, of ``steps``."""
    steps: int
    loss: float
    """Mean energy of the last batch; NaN before the first step."""
    samples: int
    samples_per_second: float
    ratio: float
    """E(network) / E(optimum) on held-out pictures, as last measured; NaN before."""
    first_ratio: float
    """The same when the run began: what the starting weights were worth."""
    best_ratio: float
    """Of the network that is kept: the lowest so far, or in fused training the last."""
    iou_gain: float
    """IoU of the network minus that of the optimum, against the regions the seeds come from."""
    checkpoint: Path | None = None
    """The network that is kept; set after each measurement, and on the last item."""
    preview: torch.Tensor | None = None
    """(H, W) float32 answer to the first held-out problem, object's probability or alpha; set
    after each measurement."""
    skipped: tuple[str, ...] = ()
    """Files of the user's folder that could not be used, each with the reason."""
    notice: str = ""
    """Why the run is not where it was meant to be: the GPU has failed."""


def fit(
    recipe: Recipe,
    objects: Objects,
    held_out: HeldOut,
    folder: Path,
    stop: Stop = never,
    start: Checkpoint | None = None,
) -> Iterator[Progress]:
    """Train, yielding before the first step and after each; a run in ``folder`` is continued.

    Every step's batch is a function of the recipe and the step's number alone, so a run that was
    killed ends where it would have ended.

    Raises
    ------
    Diverged
        If the loss is not finite.
    """
    run = RunState.open(folder, recipe, objects, start)
    share_statistics(run.network)
    if not run.baseline and rank() == 0:
        run.baseline = held_out.untrained(recipe.architecture)
    began, before, loss = time.perf_counter(), run.samples, math.nan
    preview = _measure(run, held_out, loss)
    while True:
        done = run.step >= recipe.steps or stop()
        if done and preview is None:  # stopped between two measurements
            preview = _measure(run, held_out, loss)
        rate = (run.samples - before) / (time.perf_counter() - began)
        yield Progress(
            run.step, recipe.steps, loss, run.samples, rate, run.ratio, run.first_ratio,
            run.best_ratio, run.iou_gain, run.best_path if done or preview is not None else None,
            preview,
        )  # fmt: skip
        if done:
            return
        loss = _step(recipe, objects, run)
        is_due = run.step % recipe.measure_every == 0 or run.step == recipe.steps
        preview = _measure(run, held_out, loss) if is_due else None


def _step(recipe: Recipe, objects: Objects, run: RunState) -> float:
    batch = batch_of(recipe, objects, run.step, run.samples)
    for group in run.optimiser.param_groups:
        group["lr"] = learning_rate(recipe, run.step, run.samples // len(objects))
    loss = update(recipe, batch, run)
    if not math.isfinite(loss):
        raise Diverged(
            f"the loss is {loss} at step {run.step}, size {batch.masks.shape[-1]}, objects "
            f"{batch.index.tolist()}; lower the learning rate, or raise the warm-up."
        )
    run.step += 1
    run.samples += len(batch.index)
    return loss


def update(recipe: Recipe, batch: Batch, run: RunState) -> float:
    """One step of Adam on the mean energy of a batch; returns that energy."""
    mine = batch.share(rank(), world_size())
    energy = recipe.energy.energy(mine.counted)
    seen = recipe.energy.energy(mine.seen, energy.laplacian) if recipe.hidden else energy
    inputs = inputs_of(mine.seen, seen, recipe.architecture)
    is_halved = is_bfloat16(recipe.precision, inputs.device)
    with torch.autocast(inputs.device.type, torch.bfloat16, is_halved):
        x = run.forward(inputs).float()
    stage, within = recipe.at(run.step)
    loss = energy_after(energy, x, stage.descent(within)).sum()
    if recipe.labelled_weight:
        loss = loss + recipe.labelled_weight * distance(x, mine)
    loss = loss / len(batch.index)
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    total = loss.detach()
    sum_over_ranks([total, *(p.grad for p in run.network.parameters() if p.grad is not None)])
    if total.isfinite():
        if recipe.optimiser.clip:
            nn.utils.clip_grad_norm_(run.network.parameters(), recipe.optimiser.clip)
        run.optimiser.step()
        run.blend()
    return float(total)


def distance(x: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Squared distance of an answer from the masks of labelled pictures, summed: ()."""
    foreground = (batch.masks == OBJECT)[:, None].to(x)
    truth = torch.cat([foreground, 1 - foreground], 1)[:, : x.shape[1]]
    counts = (batch.masks != IGNORED) & batch.is_labelled[:, None, None]
    return ((x - truth).square() * counts[:, None]).sum()


def learning_rate(recipe: Recipe, step: int, epoch: int) -> float:
    """Of a step, by the recipe's schedule."""
    chosen = recipe.optimiser
    rate = chosen.learning_rate * rise(step, chosen.warmup)
    if chosen.schedule == "cosine":
        return rate * half_cosine(step, recipe.steps)
    return rate * float(chosen.decay ** (epoch // chosen.decay_epochs))


def rise(step: int, warmup: int) -> float:
    """Share of the learning rate that the first steps have."""
    return min(1.0, (step + 1) / max(1, warmup))


def half_cosine(step: int, steps: int) -> float:
    """Share of the learning rate, from one down to zero."""
    return 0.5 * (1 + math.cos(math.pi * step / steps))


def _measure(run: RunState, held_out: HeldOut, loss: float) -> torch.Tensor | None:
    if rank() != 0:
        return None
    answer, refine = held_out.answer(run.kept), None
    if run.recipe.hidden:
        refine, answer = held_out.best_lowered(answer)
    elif steps := run.recipe.held_out_steps:
        answer = held_out.lowered(answer, steps).float()
    run.record(held_out.figures(answer), loss, refine)
    return answer[0, 0]
