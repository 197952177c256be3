"""Pictures of many alike things, drawn at random: cells, grains, coins.

Photographs with masks of single objects teach a network to look for one. Under a microscope the
strokes on two cells stand for all of them; these pictures teach that without anybody's labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDES = (100, 200)
"""Rows and columns, from and to."""
APART = 25
"""Least difference of a thing's colour from the ground's, of 255."""


def alike(random: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A picture (H, W, 3) and where its things of the first kind are (H, W), 1 or 0."""
    shape = tuple(random.integers(*SIDES, 2))
    is_grey = random.random() < 0.55
    ground = _colour(random, is_grey)
    picture = _texture(random, shape, ground, random.uniform(0, 8))
    warp = [_noise(random, shape, 6) * random.uniform(0, 50) for _ in range(2)]
    mask = np.zeros(shape, np.uint8)
    for kind in range(random.integers(1, 3)):
        colour = ground
        while np.abs(colour - ground).max() < APART:
            colour = _colour(random, is_grey)
        things, shade = _things(random, shape, warp)
        opacity = ndimage.gaussian_filter(things.astype(float), random.uniform(0.3, 1.5))[..., None]
        inside = _texture(random, shape, colour, random.uniform(0, 8)) + shade[..., None]
        picture = picture * (1 - opacity) + inside * opacity
        mask[things] = kind == 0  # later kinds lie above
    across = np.linspace(-0.5, 0.5, shape[1])[:, None]
    picture *= 1 + 0.5 * random.uniform(-1, 1) * across  # light from one side
    picture += random.normal(0, random.uniform(0, 8), (*shape, 1 if is_grey else 3))
    if random.random() < 0.2:
        picture = 255 - picture
    return np.clip(picture, 0, 255).astype(np.uint8), mask


def _things(
    random: np.random.Generator, shape: tuple[int, ...], warp: list[NDArray[np.float64]]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Bent ellipses of about one size, and how much brighter each is than the mean."""
    rows, columns = np.indices(shape)
    rows, columns = rows + warp[0], columns + warp[1]
    size, stretch, vary = (
        random.uniform(4, 24),
        random.uniform(1, 2.2) ** 0.5,
        random.uniform(0, 25),
    )
    found, shade = np.zeros(shape, bool), np.zeros(shape)
    for _ in range(random.integers(3, 40 if size < 10 else 14)):
        down, right = rows - random.uniform(0, shape[0]), columns - random.uniform(0, shape[1])
        turn = random.uniform(0, np.pi)
        along = down * np.cos(turn) + right * np.sin(turn)
        aside = right * np.cos(turn) - down * np.sin(turn)
        long, short = size * random.uniform(0.7, 1.3, 2) * (stretch, 1 / stretch)
        thing = (along / long) ** 2 + (aside / short) ** 2 < 1
        found |= thing
        shade[thing] = random.normal(0, vary)
    return found, shade


def _colour(random: np.random.Generator, is_grey: bool) -> NDArray[np.float64]:
    colour = random.uniform(10, 245, 3)
    return np.full(3, colour.mean()) if is_grey else colour


def _texture(
    random: np.random.Generator, shape: tuple[int, ...], colour: NDArray[np.float64], amount: float
) -> NDArray[np.float64]:
    texture = np.broadcast_to(colour, (*shape, 3)).copy()
    for scale in (1, 3, 8):
        waves = _noise(random, shape, scale)[..., None] * 3 * scale
        texture += waves * random.uniform(0, amount) * random.uniform(0.5, 1, 3)
    return texture


def _noise(
    random: np.random.Generator, shape: tuple[int, ...], scale: float
) -> NDArray[np.float64]:
    smooth: NDArray[np.float64] = ndimage.gaussian_filter(random.normal(size=shape), scale)
    return smooth
