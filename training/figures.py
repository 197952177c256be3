"""Pictures like the paper's Figures 2 and 3: problems and their answers side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_deep_energy.palette import colour

from .evaluation import foreground
from .objects import OBJECT

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from .evaluation import HeldOut

MARGIN = 4
"""White pixels between the panels."""


def figure(held_out: HeldOut, answer: torch.Tensor, rows: int = 6) -> NDArray[np.uint8]:
    """Montage of the first problems, one a row: (H, W, 3) uint8.

    Columns: picture with seeds, probability (or alpha) of the exact solver and of the network,
    the object by the exact solver and by the network, and its mask.

    Parameters
    ----------
    answer
        (B, K, H, W), what the network says.
    """
    lines = []
    for k in range(min(rows, len(answer))):
        picture = held_out.seen.image[k].permute(1, 2, 0).numpy()
        exact, found = held_out.optimum[k : k + 1], answer[k : k + 1]
        panels = [
            _with_seeds(picture, held_out.seen.seeds[k].numpy() > 0),
            _grey(exact[0, 0]),
            _grey(found[0, 0]),
            _cut_out(picture, foreground(exact)[0].numpy()),
            _cut_out(picture, foreground(found)[0].numpy()),
            _cut_out(picture, (held_out.masks[k] == OBJECT).numpy()),
        ]
        lines.append(_joined(panels, axis=1))
    return _joined(lines, axis=0)


def _with_seeds(picture: NDArray[np.float32], seeds: NDArray[np.bool_]) -> NDArray[np.uint8]:
    result = np.rint(255 * picture).astype(np.uint8)
    for label, plane in enumerate(seeds, 1):
        result[plane] = colour(label)
    return result


def _grey(plane: torch.Tensor) -> NDArray[np.uint8]:
    values = np.rint(255 * plane.clamp(0, 1).numpy()).astype(np.uint8)
    return np.repeat(values[..., None], 3, axis=2)


def _cut_out(picture: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.where(inside[..., None], np.rint(255 * picture), 255).astype(np.uint8)


def _joined(panels: list[NDArray[np.uint8]], axis: int) -> NDArray[np.uint8]:
    shape = list(panels[0].shape)
    shape[axis] = MARGIN
    gap = np.full(shape, 255, np.uint8)
    spaced = [part for panel in panels for part in (panel, gap)][:-1]
    return np.concatenate(spaced, axis)
