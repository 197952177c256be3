"""Pictures with object masks, cached as square uint8 tensors: what seeds are generated from.

The masks never enter the loss; they say where an annotator could have drawn (paper section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from napari_deep_energy.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

BACKGROUND, OBJECT, IGNORED = 0, 1, 255
"""Values of an object mask."""


@dataclass(frozen=True)
class Selection:
    """Which objects are worth a picture of their own."""

    smallest: float = 0.02
    """Least share of the picture, 0..1; smaller objects are dropped."""
    largest: float = 0.80
    """Largest share of the picture; beyond it there is no background to mark."""


@dataclass(frozen=True)
class Objects:
    """Objects, one at a time, and their pictures."""

    images: torch.Tensor
    """(N, 3, S, S) uint8."""
    masks: torch.Tensor
    """(M, S, S) uint8: 0 background, 1 the object, 255 ignored."""
    picture: torch.Tensor
    """(M) int64: which picture the object is in."""
    source: str
    """Where they come from, for the checkpoint: set, pictures, objects."""

    def __len__(self) -> int:
        return len(self.masks)

    def take(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (B, 3, S, S) and masks (B, S, S) of some objects, uint8."""
        return self.images[self.picture[index]], self.masks[index]

    def to(self, device: torch.device) -> Objects:
        """The same objects in another memory."""
        return Objects(
            self.images.to(device), self.masks.to(device), self.picture.to(device), self.source
        )

    def first(self, count: int) -> Objects:
        """At most ``count`` objects, spread evenly over the whole set."""
        if count >= len(self):
            return self
        return self.where(torch.linspace(0, len(self) - 1, count).long())

    def labelled(self, pictures: int, seed: int) -> torch.Tensor:
        """Which pictures may be learnt from, (N) bool; a larger number means the same and more."""
        # The pictures of held-out objects may be among the images too.
        own = self.picture.unique().cpu()  # type: ignore[no-untyped-call]
        order = torch.randperm(len(own), generator=torch.Generator().manual_seed(seed))
        chosen = torch.zeros(len(self.images), dtype=torch.bool)
        chosen[own[order[:pictures]]] = True
        return chosen.to(self.masks.device)

    def where(self, index: torch.Tensor) -> Objects:
        """Some of the objects; ``index`` is (B) int64, or (M) bool."""
        return Objects(self.images, self.masks[index], self.picture[index], self.source)


def join(sets: list[Objects]) -> Objects:
    """Several sets as one."""
    starts = np.cumsum([0] + [len(s.images) for s in sets])
    picture = [s.picture + int(start) for s, start in zip(sets, starts, strict=False)]
    return Objects(
        torch.cat([s.images for s in sets]),
        torch.cat([s.masks for s in sets]),
        torch.cat(picture),
        "; ".join(s.source for s in sets),
    )


def collect(
    pictures: Iterable[tuple[Image.Image, NDArray[np.integer]]],
    name: str,
    size: int,
    selection: Selection,
) -> Objects:
    """Resize pictures to ``size`` x ``size`` and split their masks into single objects.

    Parameters
    ----------
    pictures
        Pairs of an RGB picture and an (H, W) integer mask: 0 background, 255 ignored, any other
        value one object.
    name
        What to call the set in the checkpoint's metadata.
    """
    images: list[torch.Tensor] = []
    masks: list[torch.Tensor] = []
    index: list[int] = []
    for image, instances in pictures:
        found = [_resized(mask, size) for mask in single_objects(instances, selection)]
        found = [m for m in found if (m == OBJECT).any() and (m == BACKGROUND).any()]
        if found:
            index += [len(images)] * len(found)
            masks += found
            # An antialiased reduction: aliased edges would weaken the affinities at random.
            pixels = np.array(image.resize((size, size), Image.Resampling.BILINEAR))
            images.append(torch.from_numpy(pixels).permute(2, 0, 1).contiguous())
    source = f"{name}: {len(images)} pictures, {len(masks)} objects"
    if not images:
        raise InvalidInput(f"{name} has no object of suitable size; check its pictures and masks.")
    return Objects(torch.stack(images), torch.stack(masks), torch.tensor(index), source)


def single_objects(instances: NDArray[np.integer], selection: Selection) -> list[NDArray[np.uint8]]:
    """One mask an instance of suitable size; the ignored pixels stay ignored in each."""
    ignored = instances == IGNORED
    result = []
    for value in np.unique(instances):
        if value in (BACKGROUND, IGNORED):
            continue
        mask = (instances == value).astype(np.uint8)
        if selection.smallest <= mask.mean() <= selection.largest:
            mask[ignored] = IGNORED
            result.append(mask)
    return result


def components(classes: NDArray[np.integer]) -> NDArray[np.int32]:
    """Class mask -> instances: every 8-connected component of a class is one object."""
    result = np.zeros(classes.shape, np.int32)
    count = 0
    for value in np.unique(classes):
        if value in (BACKGROUND, IGNORED):
            continue
        labelled, found = ndimage.label(classes == value, np.ones((3, 3)))
        # Past 254 numbers would meet the value of ignored pixels.
        labelled = np.where(labelled, labelled + count, 0)
        result += np.where(labelled >= IGNORED, labelled + 1, labelled).astype(np.int32)
        count += found
    result[classes == IGNORED] = IGNORED
    return result


def _resized(mask: NDArray[np.uint8], size: int) -> torch.Tensor:
    small = Image.fromarray(mask).resize((size, size), Image.Resampling.NEAREST)
    return torch.from_numpy(np.array(small))
