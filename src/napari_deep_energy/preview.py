"""A first look while the brush moves: the exact answer on a small copy of the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch.nn.functional as F

from .energy import GridLaplacian, RandomWalker
from .minimisers import NestedDissection, Outcome, Solution
from .minimisers.denormals import flushed_denormals
from .problem import Problem
from .seeds import check_labels
from .stopping import Stop, never

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from .energy import EnergySpec

WORKING_SIZE = 192
"""Long side, in pixels, of the small copy: a stroke takes a third of the time that it takes at 512,
and a fifteenth of that at 1448."""
DISTANCE_SIZE = 64
"""Long side on which its prior measures distances."""


class Preview:
    """Follows the strokes on one picture as the exact solver does, at a lower resolution.

    Parameters
    ----------
    image
        (1, C, H, W) in [0, 1].
    spec
        The energy to minimise.
    """

    def __init__(self, image: torch.Tensor, spec: EnergySpec) -> None:
        self._size = (image.shape[2], image.shape[3])
        scale = min(1.0, WORKING_SIZE / max(self._size))
        small = (max(1, round(scale * self._size[0])), max(1, round(scale * self._size[1])))
        self.image = F.interpolate(image, small, mode="area")
        """The small copy."""
        self.spec = spec
        self._laplacian = spec.laplacian(self.image)
        if isinstance(self._laplacian, GridLaplacian) and self._laplacian.stroke_prior:
            assert isinstance(spec, RandomWalker)
            self._laplacian.stroke_prior = spec.appearance(self.image, DISTANCE_SIZE)
        self._minimiser = NestedDissection()

    @flushed_denormals()
    def prepare(self, stop: Stop = never) -> None:
        """Factor the small picture.

        Raises
        ------
        Cancelled
            If ``stop`` returned true.
        """
        self._minimiser.prepare(self.image, self._laplacian, stop, self.spec.known_confidence)

    def solve(self, labels: NDArray[np.integer], stop: Stop = never) -> Solution:
        """Estimate of the exact answer, (H, W) as the strokes; its numbers are those of the copy.

        Raises
        ------
        InvalidInput
            In words fit for the user, if there is nothing to solve.
        Cancelled
            If ``stop`` returned true.
        """
        return self.enlarged(self.small(labels, stop))

    @flushed_denormals()
    def small(self, labels: NDArray[np.integer], stop: Stop = never) -> Solution:
        """The same at the size of the copy, which strokes of any size are brought to."""
        small = shrink_labels(check_labels(labels), (self.image.shape[2], self.image.shape[3]))
        problem = Problem.from_tensor(self.image, small)
        problem = problem.as_matting() if self.spec.task == "matte" else problem
        energy = self.spec.energy(problem, self._laplacian)
        solution = self._minimiser.minimise(problem, energy, stop)
        return replace(solution, outcome=Outcome.ESTIMATE, advice="")

    def enlarged(self, small: Solution) -> Solution:
        """A small answer at the picture's size."""
        x = F.interpolate(small.x[None].float(), self._size, mode="bilinear")[0]
        return replace(small, x=x)


def shrink_labels(labels: NDArray[np.integer], size: tuple[int, int]) -> NDArray[np.int64]:
    """Strokes at a smaller size: the label that covers most of a cell's painted pixels."""
    labels = np.asarray(labels)
    place = np.flatnonzero(labels)
    row, column = np.divmod(place, labels.shape[1])
    cell = row * size[0] // labels.shape[0] * size[1] + column * size[1] // labels.shape[1]
    values, owner = np.unique(labels.reshape(-1)[place], return_inverse=True)
    small = np.zeros(size[0] * size[1], np.int64)
    if len(values):
        count = np.bincount(owner * small.size + cell, minlength=len(values) * small.size)
        count = count.reshape(len(values), -1)
        small = np.where(count.any(0), values[count.argmax(0)], 0)
    return small.reshape(size)
