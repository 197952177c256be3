"""Results of the command line and of runs of the docks, as layers with their spacing.

napari's own reader opens these files too, but passes over the size of a pixel and takes labels for
intensities. Only files with the names that our results have are offered.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .lazy_pictures import open_picture
from .ome import read_ome_zarr

if TYPE_CHECKING:
    from collections.abc import Callable

    from .layers import LayerDataTuple


def get_reader(path: str | list[str]) -> Callable[[Any], list[LayerDataTuple]] | None:
    """The reader, if this is one path."""
    return read_layers if isinstance(path, str) else None


def read_layers(path: str) -> list[LayerDataTuple]:
    """Labels, probabilities or opacities, with axes, spacing and unit.

    Raises
    ------
    InvalidInput
        If it is damaged.
    """
    picture = open_picture(Path(path))
    levels: Any = [picture.data]
    if Path(path).is_dir():
        levels = list(read_ome_zarr(Path(path)).levels)
    else:
        levels[0] = np.asarray(picture.data)
    is_labels = np.issubdtype(levels[0].dtype, np.integer)
    units = [picture.unit if axis in "ZYX" else "pixel" for axis in picture.axes]
    attributes: dict[str, Any] = {
        "name": Path(path).name.split(".")[0],
        "scale": picture.size.along(picture.axes),
        "units": units,
        "axis_labels": list(picture.axes.lower()),
        "multiscale": len(levels) > 1,
    }
    if not is_labels:
        attributes["contrast_limits"] = (0, 1)
    data = levels if len(levels) > 1 else levels[0]
    return [(data, attributes, "labels" if is_labels else "image")]
