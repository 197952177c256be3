"""Which pictures and seeds a step sees: a function of the recipe and of the position alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from napari_deep_energy.problem import Problem

from .augmentation import augmented, resized
from .seed_generation import generate, with_more

if TYPE_CHECKING:
    from .objects import Objects
    from .recipe import Recipe

STRIDE = 1_000_003
"""Keeps the random streams of two recipes' seeds apart."""


@dataclass(frozen=True)
class Batch:
    """What a step is computed from."""

    seen: Problem
    """By the network."""
    counted: Problem
    """By the energy: the same, or more strokes."""
    index: torch.Tensor
    """(B) which objects."""
    masks: torch.Tensor
    """(B, H, W) uint8: 1 the object, 0 the background, anything else neither."""
    is_labelled: torch.Tensor
    """(B) bool: whose mask may be learnt from, in fused training."""

    def share(self, rank: int, ranks: int) -> Batch:
        """Every so many-th picture: what one of several processes computes."""
        mine = slice(rank, None, ranks)
        seen, counted = (
            Problem(each.image[mine], each.seeds[mine]) for each in (self.seen, self.counted)
        )
        return Batch(seen, counted, self.index[mine], self.masks[mine], self.is_labelled[mine])


def batch_of(recipe: Recipe, objects: Objects, step: int, position: int) -> Batch:
    """Batch of a step, on the objects' device.

    Parameters
    ----------
    step
        Counted from 0; decides size and randomness.
    position
        Samples drawn before this step; decides the objects.
    """
    stage, within = recipe.at(step)
    device = objects.masks.device
    generator = torch.Generator(device).manual_seed(recipe.seed * STRIDE + step)
    index = sample(len(objects), position, stage.batch(within), recipe.seed).to(device)
    images, masks = augmented(*objects.take(index), recipe.augmentation, generator)
    pictures, masks = resized(images, masks, stage.size(within))
    seeds = generate(masks, recipe.markers, generator)
    more = with_more(seeds, masks, recipe.hidden, recipe.markers, generator)
    return Batch(
        Problem(pictures, seeds),
        Problem(pictures, more),
        index,
        masks,
        _labelled(recipe, objects)[objects.picture[index]],
    )


def _labelled(recipe: Recipe, objects: Objects) -> torch.Tensor:
    """Which pictures count as labelled, (N) bool."""
    if not recipe.labelled_weight:
        return torch.zeros(len(objects.images), dtype=torch.bool, device=objects.masks.device)
    return objects.labelled(recipe.labelled_pictures, recipe.seed)


def sample(total: int, position: int, count: int, seed: int) -> torch.Tensor:
    """The next ``count`` of an endless sequence of shuffled passes over ``total`` objects: (B)."""
    parts = []
    for epoch in range(position // total, (position + count - 1) // total + 1):
        generator = torch.Generator().manual_seed(seed * STRIDE + epoch)
        order = torch.randperm(total, generator=generator)
        first = max(0, position - epoch * total)
        parts.append(order[first : position + count - epoch * total])
    return torch.cat(parts)
