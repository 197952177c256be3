"""Labels layers as PNG, for napari's *Save*: strokes for ``batch``, or results for other programs.

napari itself writes labels as TIFF only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InvalidInput
from .picture_files import LARGEST_IN_PNG, write_labels_png

if TYPE_CHECKING:
    from collections.abc import Mapping


def write_labels(path: str, data: Any, attributes: Mapping[str, Any]) -> list[str]:
    """Write one Labels layer, (H, W), as a grey PNG of 8 bit, or of 16 from label 256 on.

    Raises
    ------
    InvalidInput
        If it is a stack, or its labels do not fit into 16 bit.
    """
    labels = np.asarray(data[0] if attributes.get("multiscale") else data)
    if labels.ndim != 2:
        raise InvalidInput(
            f"labels of shape {labels.shape} do not fit into a PNG; save them as .tif."
        )
    low, high = (int(labels.min()), int(labels.max())) if labels.size else (0, 0)
    if low < 0 or high > LARGEST_IN_PNG:
        raise InvalidInput(f"labels from {low} to {high} do not fit into a PNG; save them as .tif.")
    write_labels_png(Path(path), labels)
    return [path]
