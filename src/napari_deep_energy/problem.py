"""A picture and what is known about it: the checked input of every energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .errors import InvalidInput
from .images import as_array, channels_first, normalise
from .seeds import BACKGROUND, FOREGROUND, checked, is_trimap_of, one_hot
from .stopping import never

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from .stopping import Stop


@dataclass(frozen=True)
class Problem:
    """Image and seeds, in the form that energies, networks and training share."""

    image: torch.Tensor
    """(B, C, H, W), float in [0, 1]."""
    seeds: torch.Tensor
    """(B, K, H, W), 1 where class k is painted, else 0. For matting K = 2: foreground first."""
    values: tuple[int, ...] = ()
    """Label value of each class, as the user painted it; empty in training."""

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Self:
        """The same problem on another device or in another precision."""
        image = self.image.to(device=device, dtype=dtype)
        return type(self)(image, self.seeds.to(device=device, dtype=dtype), self.values)

    def one_against_rest(self, k: int) -> Self:
        """Two-class problem: class ``k`` against all the others."""
        rest = self.seeds.sum(1) - self.seeds[:, k]
        return type(self)(self.image, torch.stack([self.seeds[:, k], rest], 1))

    @classmethod
    def from_labels(cls, image: NDArray[Any], labels: NDArray[Any]) -> Self:
        """Problem of segmenting ``image`` from painted ``labels``.

        Parameters
        ----------
        image
            (H, W), (H, W, C) or (C, H, W), any real type; see :func:`images.normalise`.
        labels
            (H, W) integers, 0 unlabelled, any positive values for the classes.

        Raises
        ------
        InvalidInput
            In words fit for the user, if the two do not make a problem.
        """
        return cls.from_tensor(image_tensor(image, as_array(labels, "seeds").shape), labels)

    @classmethod
    def from_tensor(cls, image: torch.Tensor, labels: NDArray[Any], stop: Stop = never) -> Self:
        """As :meth:`from_labels`, for a picture that went through :func:`image_tensor` before.

        ``stop`` is polled in between.
        """
        labels, values = checked(labels, stop)
        if labels.shape != image.shape[2:]:
            raise InvalidInput(
                f"the strokes have shape {labels.shape} but the image has "
                f"{tuple(image.shape[2:])}; paint them on a layer of the picture's own height and "
                "width."
            )
        return cls(image, one_hot(labels, values, image, stop), tuple(values))

    def as_matting(self) -> Self:
        """The two-class problem of matting: label 1 foreground, all others background.

        Labels may also be those of a trimap, see :func:`seeds.is_trimap_of`.
        """
        if is_trimap_of(self.values):
            unpainted = 1 - self.seeds.sum(1)
            seeds = torch.stack([self.seeds[:, -1], unpainted], 1)
            return type(self)(self.image, seeds, (FOREGROUND, BACKGROUND))
        if self.values[0] != FOREGROUND:
            raise InvalidInput(
                f"the matting strokes hold labels {list(self.values)} but no foreground; paint "
                "the object with label 1 and the background with label 2."
            )
        merged = self.one_against_rest(0)
        return type(self)(merged.image, merged.seeds, (FOREGROUND, BACKGROUND))


def image_tensor(image: NDArray[Any], spatial: tuple[int, ...]) -> torch.Tensor:
    """Picture of any real type -> (1, C, H, W) float32 in [0, 1].

    ``spatial`` is the (H, W) of the seeds, which tells where the channel axis is.
    """
    array = channels_first(as_array(image, "image"), spatial)
    return torch.from_numpy(np.ascontiguousarray(normalise(array)))[None]
