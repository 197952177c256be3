"""A picture and its seeds that are read box by box, and the linear system of each box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import pad

from ..errors import InvalidInput
from ..files import reading
from ..images import channel_axis
from ..minimisers.nested_dissection.columns import cut_columns
from ..minimisers.nested_dissection.system import Couplings
from ..problem import Problem
from ..seeds import one_hot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..energy import EnergySpec, QuadraticEnergy
    from ..minimisers.nested_dissection.regions import Offset
    from .appearance import Appearance
    from .grid import Box
    from .ranges import Range


@dataclass(frozen=True)
class BoxSystem:
    """The linear system on a box and the margin around it, as far as the stencil reaches."""

    planes: torch.Tensor
    """(M, h + 2 reach, w + 2 reach) couplings; zero off the picture, fixed pixels cut off."""
    columns: torch.Tensor
    """(1 + K, h, w) row excess and right-hand sides of the box itself."""
    offsets: tuple[Offset, ...]


@dataclass(frozen=True, eq=False)
class Source:
    """What the tiles of one picture are cut from; nothing is held but what the arrays hold."""

    image: Any
    """(H, W), (C, H, W) or (H, W, C): NumPy, dask, zarr."""
    channel_axis: int | None
    """Of ``image``; 0, 2, or none."""
    seeds: Any
    """(H, W) integers."""
    spec: EnergySpec
    values: tuple[int, ...]
    """Label value of each class."""
    range: Range
    appearance: Appearance | None = None
    """Of the whole, for an energy that goes by it; see :mod:`.survey`."""

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return int(self.seeds.shape[0]), int(self.seeds.shape[1])

    @property
    def channels(self) -> int:
        """How many there are."""
        return 1 if self.channel_axis is None else int(self.image.shape[self.channel_axis])

    def planes(self, box: Box) -> NDArray[Any]:
        """The picture's own values in a box, (C, h, w)."""
        window = slice(box.top, box.bottom), slice(box.left, box.right)
        if self.channel_axis is None:
            return load(self.image[window])[None]
        if self.channel_axis == 0:
            return load(self.image[(slice(None), *window)])
        return np.moveaxis(load(self.image[window]), -1, 0)

    def labels(self, box: Box) -> NDArray[np.int64]:
        """Seeds in a box, (h, w)."""
        return load(self.seeds[box.top : box.bottom, box.left : box.right]).astype(np.int64)

    def problem(self, box: Box) -> Problem:
        """Problem of a box by itself, in double precision."""
        image = torch.from_numpy(self.range.apply(self.planes(box)))[None].double()
        seeds = one_hot(self.labels(box), self.values, image)
        problem = Problem(image, seeds, self.values)
        return problem.as_matting() if self.spec.task == "matte" else problem

    def energy(self, problem: Problem, box: Box) -> QuadraticEnergy:
        """The energy of the problem of a box."""
        if self.appearance is None:
            return self.spec.energy(problem)
        return self.appearance.energy(problem, box)

    def project(self, x: torch.Tensor, box: Box) -> torch.Tensor:
        """x (K, h, w) with the values of hard seeds put in; x itself if the seeds are soft."""
        if not self.spec.hard_seeds:
            return x
        seeds = self.problem(box).seeds[0].to(x)
        return torch.where(seeds.sum(0) > 0, seeds[: len(x)], x)  # foreground comes first

    def system(self, box: Box, reach: int) -> BoxSystem:
        """The linear system of a box, the same numbers as in that of the whole picture."""
        grown = box.grown(reach, self.size)
        problem = self.problem(grown)
        energy = self.energy(problem, grown)
        couplings = Couplings(energy.laplacian, problem.image)
        targets = energy.targets[0].to(couplings.planes)
        columns = cut_columns(energy, couplings, targets)
        rows = slice(box.top - grown.top, box.bottom - grown.top)
        across = slice(box.left - grown.left, box.right - grown.left)
        missing = (
            reach - (box.left - grown.left),
            reach - (grown.right - box.right),
            reach - (box.top - grown.top),
            reach - (grown.bottom - box.bottom),
        )
        inner = couplings.cut(energy.is_fixed[0])
        return BoxSystem(pad(inner, missing), columns[:, rows, across], couplings.offsets)


def load(array: Any) -> NDArray[Any]:
    """Values of a small part of a NumPy, dask or zarr array."""
    with reading():
        if hasattr(array, "compute"):
            # In this thread: within a task, a cluster must not wait for itself.
            array = array.compute(scheduler="synchronous")
        return np.asarray(array)


def channel_axis_of(shape: tuple[int, ...], spatial: tuple[int, ...]) -> int | None:
    """Which axis of a picture of ``shape`` holds the channels, from the seeds' shape.

    Raises
    ------
    InvalidInput
        If the shapes do not go together.
    """
    if len(spatial) != 2:
        raise InvalidInput(f"the strokes have shape {spatial}; a tiled run takes one plane (H, W).")
    return channel_axis(shape, spatial)
