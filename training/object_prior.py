"""Train the network of the object prior: users correct it by clicks, their masks are the truth.

This is the one network here whose loss looks at masks. It sets targets of the energy, which has
the last word; without it the energy goes by the strokes alone.
"""

from __future__ import annotations

import datetime
import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import save
from torch.nn.functional import binary_cross_entropy_with_logits

from napari_deep_energy.energy import COLOUR
from napari_deep_energy.energy.object_network import FORMAT, ObjectNetwork, folded
from napari_deep_energy.energy.object_prior import BY_STROKES, corrected
from napari_deep_energy.errors import Diverged
from napari_deep_energy.files import make_folder, write_bytes
from napari_deep_energy.stopping import never

from .episodes import Episodes, Habits
from .fit import half_cosine, rise
from .objects import IGNORED, OBJECT
from .precision import has_fast_bfloat16

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_deep_energy.stopping import Stop

    from .objects import Objects


@dataclass(frozen=True)
class ObjectRecipe:
    """Every choice of a run."""

    steps: int = 5_000
    batch: int = 32
    side: int = 168
    """Of the small pictures of a batch, in pixels; a multiple of 28 fits the network best."""
    pictures: int = 1_000_000_000
    """Whose masks are looked at, at most; a larger number means the same and more."""
    learning_rate: float = 2e-3
    warmup: int = 100
    decay: float = 0.02
    average: float = 0.998
    """Of the weights that are kept, how much stays at each step."""
    overlap: float = 0.5
    """Share of the loss that goes by the overlap (Dice) instead of by each pixel."""
    seed: int = 0
    habits: Habits = field(default_factory=Habits)


@dataclass(frozen=True)
class ObjectProgress:
    """Where a run stands after a step."""

    step: int
    steps: int
    loss: float
    iou: float
    """Of the network's answers to the batch, and ..."""
    iou_strokes: float
    """... of the strokes' own prior."""
    samples_per_second: float


def train_object_prior(
    recipe: ObjectRecipe, objects: Objects, path: Path, stop: Stop = never
) -> Iterator[ObjectProgress]:
    """Train, yielding after each step; the network is written to ``path`` at the end.

    Parameters
    ----------
    objects
        Pictures with masks, see :func:`data.read_data`.
    path
        Of the file to write.
    stop
        Polled before each step; when it returns true the network as it is is written.

    Raises
    ------
    Diverged
        If the loss is not finite.
    """
    make_folder(path.parent)
    torch.manual_seed(recipe.seed)
    network = ObjectNetwork().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    kept = torch.optim.swa_utils.AveragedModel(
        network, avg_fn=_averaging(recipe.average), use_buffers=True
    )
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=recipe.decay)
    objects = objects.where(objects.labelled(recipe.pictures, recipe.seed)[objects.picture])
    users = Episodes(
        objects, recipe.batch, recipe.side, recipe.habits, recipe.seed, COLOUR.bandwidth
    )
    is_fast = has_fast_bfloat16(torch.device("cpu"))
    began, step = time.perf_counter(), 0
    while step < recipe.steps and not stop():
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * pace(step, recipe)
        seen, truth = users.batch()
        seen = seen.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=is_fast):
            found = corrected(network, seen).float()
        loss = loss_of(found, truth, recipe.overlap)
        if not torch.isfinite(loss):
            raise Diverged(f"the loss is {loss.item()} at step {step}; lower the learning rate.")
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        kept.update_parameters(network)
        users.answer((found.detach()[:, 0] > 0).numpy())
        step += 1
        rate = step * recipe.batch / (time.perf_counter() - began)
        scores = object_iou(found, truth), object_iou(seen[:, BY_STROKES], truth)
        yield ObjectProgress(step, recipe.steps, loss.item(), *scores, rate)
    about = {
        "data": objects.source, "recipe": asdict(recipe), "steps": step,
        "samples": step * recipe.batch, "device": "cpu", "date": f"{datetime.date.today()}",
    }  # fmt: skip
    save_network(kept.module, path, about)


def _averaging(most: float) -> Any:
    def average(kept: torch.Tensor, new: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        return kept + (new - kept) * (1 - min(most, 1 - 1 / (int(count) / 5 + 2)))

    return average


def pace(step: int, recipe: ObjectRecipe) -> float:
    """Share of the learning rate: up, then down along half a cosine."""
    return rise(step, recipe.warmup) * half_cosine(step, recipe.steps) + 0.005


def loss_of(found: torch.Tensor, truth: torch.Tensor, overlap: float) -> torch.Tensor:
    """Cross entropy of each pixel and the overlap of the objects, where the truth is known."""
    known, wanted = (truth != IGNORED).float(), (truth == OBJECT).float()
    axes = (1, 2, 3)
    each = binary_cross_entropy_with_logits(found, wanted, reduction="none") * known
    likely = found.sigmoid() * known
    dice = (2 * (likely * wanted).sum(axes) + 1) / ((likely + wanted).sum(axes) + 1)
    return (each.sum(axes) / known.sum(axes) + overlap * (1 - dice)).mean()


def object_iou(found: torch.Tensor, truth: torch.Tensor) -> float:
    """Of the objects of a batch."""
    axes = (1, 2, 3)
    taken, wanted = (found > 0) & (truth != IGNORED), truth == OBJECT
    union = (taken | wanted).sum(axes).clamp_min(1)
    return float(((taken & wanted).sum(axes) / union).mean())


def save_network(network: torch.nn.Module, path: Path, about: dict[str, Any]) -> None:
    """Write the file whole or not at all; half precision is enough for what it says."""
    state = folded(network).state_dict().items()
    tensors = {name: value.detach().half().contiguous() for name, value in state}
    assert all(np.isfinite(value.numpy()).all() for value in tensors.values())
    write_bytes(path, save(tensors, {"format": FORMAT, "training": json.dumps(about)}))
