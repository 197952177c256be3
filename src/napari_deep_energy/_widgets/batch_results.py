"""A picture of a batch and its result -> layers of the viewer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Layer

from ..errors import InvalidInput
from ..layers import METADATA, OPACITY
from ..lazy_pictures import open_picture
from ..picture_files import read_array
from ..results_reader import read_layers
from .classes import palette

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from ..batch import Record
    from ..layers import LayerDataTuple

SUFFIXES = ("ome.zarr", "tif", "png")
"""Of results, those first that keep the size of a pixel."""
MARK = "batch"
"""In a layer's metadata: which file it shows, and of a result, of when."""


def open_result(viewer: ViewerModel, record: Record, output: Path) -> None:
    """Add a picture and the result that it has in the folder ``output``; select what is open.

    A result that another run has made since is added anew: the older one may have been edited.

    Raises
    ------
    InvalidInput
        If one of them is gone or damaged.
    """
    folder = output / record.name
    paths = [folder / f"{kind}.{end}" for kind in ("labels", "alpha") for end in SUFFIXES]
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        raise InvalidInput(f"there is no result in {folder}; press Start to make it again.")
    mark = (str(path), path.stat().st_mtime_ns)
    if (shown := _marked(viewer, mark)) is not None:
        viewer.layers.selection.active = shown
        return
    source = str(Path(record.image).resolve())
    picture = None
    if _marked(viewer, source) is None:
        picture = _picture(Path(record.image), record.name)
        picture[1]["metadata"] = {METADATA: {MARK: source}}
    data, attributes, layer_type = _read(path)
    kind = path.name.partition(".")[0]
    attributes |= {
        "name": f"{record.name}: {kind}",
        "opacity": OPACITY.get(kind, 1.0),
        "metadata": {METADATA: {"kind": kind, "engine": record.engine, MARK: mark}},
    }
    if kind == "labels":
        attributes["colormap"] = palette()
    if picture is not None:
        viewer.add_layer(Layer.create(*picture))
    viewer.add_layer(Layer.create(data, attributes, layer_type))


def _marked(viewer: ViewerModel, mark: object) -> Layer | None:
    return next((x for x in viewer.layers if x.metadata.get(METADATA, {}).get(MARK) == mark), None)


def _picture(path: Path, name: str) -> LayerDataTuple:
    opened = open_picture(path)
    data = opened.data if path.is_dir() else np.asarray(opened.data)
    is_rgb = opened.axes.endswith("S") and data.shape[-1] in (3, 4)
    axes = opened.axes[:-1] if is_rgb else opened.axes
    return data, {"name": name, "rgb": is_rgb, "scale": opened.size.along(axes)}, "image"


def _read(path: Path) -> LayerDataTuple:
    if path.suffix != ".png":
        return read_layers(str(path))[0]
    pixels = read_array(path)
    if path.stem == "labels":
        return pixels, {}, "labels"
    return pixels.astype(np.float32) / 255, {"contrast_limits": (0, 1)}, "image"
