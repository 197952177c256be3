"""Planes of a picture with a margin around it, in which kernels need not ask where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from ....idle_memory import room
from ....strips import strips

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ....stopping import Stop

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Frame:
    """Where the pixels of a picture lie in such a plane."""

    size: tuple[int, int]
    margin: int
    pitch: int
    """Numbers from one row to the next."""
    dtype: np.dtype[Any]

    def planes(
        self, count: int, around: float, stop: Stop, columns: torch.Tensor | None = None
    ) -> NDArray[Any]:
        """(K, plane) with these columns, (H * W, K), in the frame, or with any numbers."""
        (height, width), margin = self.size, self.margin
        planes = room((count, height + 2 * margin, self.pitch), self.dtype)
        planes[:, :margin] = planes[:, margin + height :] = around
        given = None if columns is None else columns.T.reshape(-1, height, width).numpy()
        for rows in strips(self.size, CPU, stop, count):
            strip = planes[:, margin + rows.start : margin + rows.stop]
            strip[..., :margin] = strip[..., margin + width :] = around
            if given is not None:
                strip[..., margin : margin + width] = given[:, rows]
        return planes.reshape(count, -1)

    def columns(self, planes: NDArray[Any], stop: Stop) -> torch.Tensor:
        """What is in the frame of planes, (K, plane), as (H * W, K)."""
        (height, width), margin = self.size, self.margin
        framed = planes.reshape(len(planes), -1, self.pitch)
        framed = framed[:, margin : margin + height, margin : margin + width]
        result = room(framed.shape, self.dtype)
        for rows in strips(self.size, CPU, stop, len(planes)):
            result[:, rows] = framed[:, rows]
        return torch.from_numpy(result.reshape(len(planes), -1)).T
