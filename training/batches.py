"""Which pictures and seeds a step sees: a function of the recipe and of the position alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_deep_energy.problem import Problem

from .augmentation import augmented, resized
from .seed_generation import generate

if TYPE_CHECKING:
    from .objects import Objects
    from .recipe import Recipe

STRIDE = 1_000_003
"""Keeps the random streams of two recipes' seeds apart."""


def batch_of(
    recipe: Recipe, objects: Objects, step: int, position: int
) -> tuple[Problem, torch.Tensor]:
    """Problem of a step, on the objects' device, and the indices of its objects, (B).

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
    return Problem(pictures, generate(masks, recipe.markers, generator)), index


def sample(total: int, position: int, count: int, seed: int) -> torch.Tensor:
    """The next ``count`` of an endless sequence of shuffled passes over ``total`` objects: (B)."""
    parts = []
    for epoch in range(position // total, (position + count - 1) // total + 1):
        generator = torch.Generator().manual_seed(seed * STRIDE + epoch)
        order = torch.randperm(total, generator=generator)
        first = max(0, position - epoch * total)
        parts.append(order[first : position + count - epoch * total])
    return torch.cat(parts)
