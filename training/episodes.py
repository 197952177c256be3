"""Users at work, many at a time: each looks at the network's answer and corrects it by a click.

A network that only ever saw first clicks, or clicks that another program had asked for, would not
know what its own mistakes look like (Mahadevan, Voigtlaender, Leibe, "Iteratively trained
interactive segmentation", 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from napari_deep_energy.energy.object_prior import Scene, features

from .alike import alike
from .objects import BACKGROUND, IGNORED, OBJECT
from .simulated_user import click, click_within, depth_of, strokes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .objects import Objects

SHAPES = ((6, 8), (8, 6), (7, 7))
"""Height and width of the small pictures of a batch, in sevenths of their side."""


@dataclass(frozen=True)
class Habits:
    """What the simulated users do, as shares of 1."""

    swapped: float = 0.4
    """Have the surroundings as the first class: no class is the object by its number."""
    alike: float = 0.18
    """Work on drawn pictures of many alike things."""
    together: float = 0.2
    """Want all objects of a picture, where it has several."""
    drawn: float = 0.25
    """Begin with strokes; the others with a click on either side."""
    astray: float = 0.25
    """Click elsewhere in an error than at the middle of the largest."""
    ended: float = 0.10
    """End after a click, whatever is still wrong."""


class Episode:
    """One user, one object."""

    def __init__(
        self,
        image: NDArray[np.uint8],
        mask: NDArray[np.uint8],
        habits: Habits,
        random: np.random.Generator,
        bandwidth: float,
    ) -> None:
        self.mask, self._habits, self._random = mask, habits, random
        self._bandwidth = bandwidth
        self._scene = Scene(torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255)
        self.labels = np.zeros(mask.shape, np.int64)
        if random.random() < habits.drawn:
            self.labels = strokes(mask, random)
        else:
            self.correct(np.zeros(mask.shape, bool))
            self.correct(np.ones(mask.shape, bool))
        self._left = random.geometric(habits.ended)

    def correct(self, answer: NDArray[np.bool_]) -> None:
        """Click where ``answer`` is wrong."""
        if self._random.random() < self._habits.astray:
            self.labels = click_within(self.mask, answer, self.labels, self._random)
        else:
            self.labels = click(self.mask, answer, self.labels)

    def is_over(self, answer: NDArray[np.bool_]) -> bool:
        """Whether the user leaves it at that; else a click has followed."""
        self._left -= 1
        wrong = ((self.mask == OBJECT) != answer) & (self.mask != IGNORED) & (self.labels == 0)
        if self._left < 0 or depth_of(wrong).max() <= 1:
            return True
        self.correct(answer)
        return False

    def features(self) -> torch.Tensor:
        """What the network sees now, (1, C, h, w)."""
        painted = torch.from_numpy(np.stack([self.labels == 1, self.labels == 2])[None]).float()
        scene = self._scene
        return features(scene.strokes, scene.image, painted, self._bandwidth)[:, 0]


class Episodes:
    """A batch of users, each replaced by another when done."""

    def __init__(
        self, objects: Objects, batch: int, side: int, habits: Habits, seed: int, bandwidth: float
    ) -> None:
        self._objects, self._habits, self._bandwidth = objects, habits, bandwidth
        self._random = np.random.default_rng(seed)
        self._shapes = [(side * height // 7, side * width // 7) for height, width in SHAPES]
        self._shape = self._shapes[0]
        self.users = [self._another() for _ in range(batch)]

    def batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """What the network sees (B, C, h, w), and the truth (B, 1, h, w) uint8."""
        seen = torch.cat([user.features() for user in self.users])
        return seen, torch.from_numpy(np.stack([user.mask for user in self.users]))[:, None]

    def answer(self, found: NDArray[np.bool_]) -> None:
        """Show the users what was found, (B, h, w); each clicks, or is replaced."""
        if self._random.random() < 0.03:  # pictures of another shape
            self._shape = self._shapes[self._random.integers(len(self._shapes))]
            self.users = [self._another() for _ in self.users]
            return
        for place, user in enumerate(self.users):
            if user.is_over(found[place]):
                self.users[place] = self._another()

    def _another(self) -> Episode:
        random, habits = self._random, self._habits
        while True:
            is_drawn = random.random() < habits.alike
            image, mask = alike(random) if is_drawn else self.photograph()
            image, mask = window(image, mask, self._shape, random)
            shares = [(mask == value).mean() for value in (OBJECT, BACKGROUND)]
            if 0.005 < shares[0] < 0.85 and shares[1] > 0.05:
                break
        if random.random() < habits.swapped:
            mask = np.where(mask == IGNORED, IGNORED, 1 - mask).astype(np.uint8)
        return Episode(recoloured(image, random), mask, habits, random, self._bandwidth)

    def photograph(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        number = int(self._random.integers(len(self._objects)))
        picture = self._objects.picture[number]
        masks = self._objects.masks[number][None]
        if self._random.random() < self._habits.together:
            masks = self._objects.masks[self._objects.picture == picture]
        # Ignored (255) where no object is but something unknown.
        mask = torch.where((masks == OBJECT).any(0), OBJECT, masks.amin(0)).numpy()
        return self._objects.images[picture].permute(1, 2, 0).numpy(), mask.astype(np.uint8)


def window(
    image: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    shape: tuple[int, int],
    random: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A part of the picture that shows some of the object, at this shape, in any mirror."""
    for axis in (0, 1):
        if random.random() < 0.5:
            image, mask = np.flip(image, axis), np.flip(mask, axis)
    share = random.uniform(0.55, 1) if random.random() < 0.6 else 1.0
    size = [max(16, int(share * side)) for side in mask.shape]
    inside = np.argwhere(mask == OBJECT)
    corner = [0, 0]
    if len(inside):
        middle = inside[random.integers(len(inside))] - random.uniform(0.2, 0.8, 2) * size
        most = [max(0, side - part) for side, part in zip(mask.shape, size, strict=True)]
        corner = np.clip(middle, 0, most).astype(int).tolist()
    part = tuple(slice(c, c + s) for c, s in zip(corner, size, strict=True))
    picture = Image.fromarray(np.ascontiguousarray(image[part]))
    truth = Image.fromarray(np.ascontiguousarray(mask[part]))
    return (
        np.array(picture.resize(shape[::-1], Image.Resampling.BILINEAR)),
        np.array(truth.resize(shape[::-1], Image.Resampling.NEAREST)),
    )


def recoloured(image: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Contrast, brightness and tint as other cameras have them; sometimes grey."""
    picture = image.astype(np.float32)
    if random.random() < 0.7:
        tint = random.normal(1, 0.15, 3 if random.random() < 0.5 else 1).clip(0.6, 1.4)
        picture = (picture - 128) * random.uniform(0.7, 1.25) + 128 + random.normal(0, 15)
        picture *= tint
    if random.random() < 0.08:
        picture = picture.mean(2, keepdims=True).repeat(3, 2)
    return picture.clip(0, 255).astype(np.uint8)
