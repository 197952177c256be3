"""A picture and what is known about it: the checked input of every energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from .errors import InvalidInput
from .images import channels_first, normalise
from .seeds import BACKGROUND, FOREGROUND, check_labels, class_values, one_hot

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self


@dataclass(frozen=True)
class Problem:
    """Image and seeds, in the form that energies, networks and training share."""

    image: torch.Tensor
    """(B, C, H, W), float in [0, 1]."""
    seeds: torch.Tensor
    """(B, K, H, W), 1 where class k is painted, else 0. For matting K = 2: foreground first."""
    values: tuple[int, ...] = ()
    """Label value of each class, as the user painted it; empty in training."""

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> Self:
        """The same problem on another device or in another precision."""
        image = self.image.to(device=device, dtype=dtype)
        return type(self)(image, self.seeds.to(device=device, dtype=dtype), self.values)

    def one_against_rest(self, k: int) -> Self:
        """Two-class problem: class ``k`` against all the others."""
        rest = self.seeds.sum(1) - self.seeds[:, k]
        return type(self)(self.image, torch.stack([self.seeds[:, k], rest], 1))

    @classmethod
    def from_labels(cls, image: NDArray[np.generic], labels: NDArray[np.generic]) -> Self:
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
        array = channels_first(np.asarray(image), np.asarray(labels).shape)
        labels = check_labels(labels)
        values = class_values(labels)
        tensor = torch.from_numpy(np.ascontiguousarray(normalise(array)))[None]
        return cls(tensor, one_hot(labels, values), tuple(values))

    @classmethod
    def from_scribble(cls, image: NDArray[np.generic], labels: NDArray[np.generic]) -> Self:
        """Problem of matting ``image``: label 1 foreground, every other label background."""
        problem = cls.from_labels(image, labels)
        if problem.values[0] != FOREGROUND:
            raise InvalidInput(
                f"the matting strokes hold labels {list(problem.values)} but no foreground; paint "
                "the object with label 1 and the background with label 2."
            )
        if len(problem.values) == 2:
            return problem
        merged = problem.one_against_rest(0)
        return cls(merged.image, merged.seeds, (FOREGROUND, BACKGROUND))
