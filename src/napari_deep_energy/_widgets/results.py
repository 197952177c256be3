"""The result layers: made below the strokes, then updated in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels, Layer
from qtpy.QtCore import QObject, Signal

from ..crops import Crop
from ..layers import METADATA, place_in, result_tuple, transforms
from ..pictures import checkerboard
from .wanted import NO_ENGINE

if TYPE_CHECKING:
    from collections.abc import Hashable

    from napari.components import ViewerModel
    from napari.layers import Image
    from numpy.typing import NDArray

    from ..layers import Kind, Picture
    from .solving import Answer

TASKS = {
    "labels": "segment",
    "alpha": "matte",
    "cut-out": "matte",
    "backdrop": "matte",
}
MAIN = {"segment": "labels", "matte": "cut-out"}
"""The result of each task that is on view from the start."""
DIFFERENCE = (NO_ENGINE, "difference")

OUTLINE = 2
"""Width of objects' outlines; filled, they would look like the answer."""
MOST = 0.5
FAINT = 0.2
"""Opacity of strokes that lie over most of the picture, as a trimap does: else they would hide the
result, which lies below them."""

Key = tuple[str, str]
"""Engine and kind."""


@dataclass
class _PutAway:
    """Results of an image that is not worked on now."""

    layers: dict[Key, Layer]
    visible: frozenset[Key]
    """Those that were on view."""


class ResultLayers(QObject):
    """The layers that hold the answers for one image layer at a time.

    Layers of another image stay in the viewer, out of view until it is worked on again.
    """

    made = Signal(str)
    """A layer of this kind is new."""

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._image: Image | None = None
        self._colours: dict[Key, object] = {}
        self._put_away: dict[Hashable, _PutAway] = {}
        """By the image's id."""
        self.layers: dict[Key, Layer] = {}
        self.shown = "network"
        """Engine whose result is on view where both have one."""

    def show(self, answer: Answer, image: Image, seeds: Labels) -> None:
        """Write an answer into the layers; make those that are missing, unless it is a preview."""
        self.turn_to_picture(image)
        self.layers = {key: layer for key, layer in self.layers.items() if self._is_there(layer)}
        for (engine, kind), plane in answer.planes.items():
            self._update(engine, kind, plane, answer, seeds)
        self.match_colours(seeds)

    def forget(self, layer: Layer) -> None:
        """The layer was removed; the next answer makes it anew."""
        self.layers = _without(self.layers, layer)
        for kept in self._put_away.values():
            kept.layers = _without(kept.layers, layer)
        self._put_away = {image: kept for image, kept in self._put_away.items() if kept.layers}

    def turn_to_picture(self, image: Image | None) -> None:
        """Hide the results of the image before; bring those of this one back."""
        if image is None or image is self._image:
            return
        if self._image is not None and self.layers:
            on_view = frozenset(key for key, layer in self.layers.items() if layer.visible)
            self._put_away[self._image.unique_id] = _PutAway(self.layers, on_view)
            for layer in self.layers.values():
                layer.visible = False
        kept = self._put_away.pop(image.unique_id, _PutAway({}, frozenset()))
        self._image, self.layers = image, kept.layers
        for key in kept.visible & kept.layers.keys():
            kept.layers[key].visible = True

    def adopt(self, key: Key, layer: Layer, image: Image) -> None:
        """Take a layer that is in the viewer as the result ``key`` of ``image``."""
        self.turn_to_picture(image)
        self.layers[key] = layer
        if key[1] == "objects" and isinstance(layer, Labels):
            layer.contour = OUTLINE
        if key[1] == "cut-out":
            self._back(layer)

    def add(self, key: Key, layer: Layer, image: Image, seeds: Labels) -> None:
        """Put a layer of another origin below the strokes; answers are not written into it."""
        self.adopt(key, layer, image)
        self._insert(layer, seeds)

    def remove(self, key: Key) -> None:
        """Take this layer away, if it is there, and that of pictures not worked on now."""
        for layers in (self.layers, *(kept.layers for kept in self._put_away.values())):
            layer = layers.pop(key, None)
            if layer is not None and self._is_there(layer):
                self._viewer.layers.remove(layer)

    def present(self, task: str) -> None:
        """Show the main result of ``task`` and the chosen engine; hide all others."""
        engines = {engine for engine, kind in self.layers if kind == MAIN[task]}
        shown = self.shown if self.shown in engines else next(iter(engines), "")
        for (engine, kind), layer in self.layers.items():
            if kind not in TASKS:
                continue  # the difference is of both
            is_main = kind == MAIN[task] and engine == shown
            layer.visible = is_main or (kind == "backdrop" and task == "matte")

    def turn_to(self, engine: str, task: str) -> None:
        """Put the result of ``engine`` on view in place of the other's, if that is on view."""
        here = self.layers.get((engine, MAIN[task]))
        there = self.layers.get((self.shown, MAIN[task]))
        self.shown = engine if here else self.shown
        if here and there and here is not there and there.visible:
            here.visible, there.visible = True, False

    def has_plane(self, picture: Picture) -> bool:
        """Whether any answer to this plane of a stack is in the layers."""
        kinds = MAIN.values()
        planes = [layer.data for (_, kind), layer in self.layers.items() if kind in kinds]
        return any(whole[picture.index].any() for whole in planes if whole.shape == picture.shape)

    def blank(self, picture: Picture) -> None:
        """Take the answer to this plane off view."""
        for (_, kind), layer in self.layers.items():
            fits = layer.data.shape[: len(picture.shape)] == picture.shape
            if fits and kind not in ("objects", "backdrop"):
                layer.data[picture.index] = 0
                layer.refresh()

    def flip(self, task: str) -> None:
        """Show the other engine's result."""
        engines = [engine for engine, kind in self.layers if kind == MAIN[task]]
        self.shown = next((engine for engine in engines if engine != self.shown), self.shown)
        self.present(task)

    def _is_there(self, layer: Layer) -> bool:
        return any(layer is other for other in self._viewer.layers)

    def _update(
        self, engine: str, kind: Kind, plane: NDArray[Any], answer: Answer, seeds: Labels
    ) -> None:
        layer, picture = self.layers.get((engine, kind)), answer.request.picture
        if layer is None:
            if not answer.request.preview:  # a new layer in mid-stroke would disturb the brush
                self._make(engine, kind, _whole(kind, plane, picture, None), seeds)
                self._place(engine, kind, picture)
                if kind in MAIN.values() and (answer.request.labels != 0).mean() > MOST:
                    seeds.opacity = min(seeds.opacity, FAINT)
            return
        whole = _whole(kind, plane, picture, layer.data)
        if whole is layer.data:
            layer.refresh(thumbnail=not answer.request.preview, highlight=False, extent=False)
        else:
            layer.data = whole
        self._place(engine, kind, picture)

    def _place(self, engine: str, kind: Kind, picture: Picture) -> None:
        """Put the answer to a part of a huge picture, and what is behind it, where the part is."""
        if not isinstance(picture.data, Crop):
            return
        assert self._image is not None  # show() has set it
        layer, backdrop = self.layers[engine, kind], self.layers.get((NO_ENGINE, "backdrop"))
        attributes = transforms(self._image, self._image.ndim - 2)
        place_in(attributes, picture.data.step, picture.data.origin)
        for placed in [layer] if backdrop is None or kind != "cut-out" else [layer, backdrop]:
            placed.scale, placed.translate = attributes["scale"], attributes["translate"]
        if backdrop is not None and kind == "cut-out":
            backdrop.data = _backdrop(layer.data)

    def _make(self, engine: str, kind: Kind, data: NDArray[Any], above: Layer) -> None:
        assert self._image is not None  # show() has set it
        name = f"{self._image.name}: {kind}{f' ({engine})' if engine else ''}"
        data, attributes, layer_type = result_tuple(kind, name, data, self._image)
        # Also where the user deleted what was on view: the other engine's is there, but hidden.
        on_view = not any(made.visible for (_, main), made in self.layers.items() if main == kind)
        attributes["metadata"][METADATA]["engine"] = engine
        on_demand = kind in ("probability", "uncertainty")
        is_main = kind in MAIN.values() and on_view
        attributes["visible"] = kind == "backdrop" or on_demand or is_main
        self.layers[engine, kind] = layer = Layer.create(data, attributes, layer_type)
        self._colours.pop((engine, kind), None)
        self._insert(layer, above)
        self.made.emit(kind)
        if kind == "cut-out":
            self._back(layer)

    def _back(self, cut_out: Layer) -> None:
        """Put a backdrop below a cut-out, if there is none: one does for both engines."""
        if (NO_ENGINE, "backdrop") not in self.layers:
            self._make(NO_ENGINE, "backdrop", _backdrop(cut_out.data), cut_out)

    def _insert(self, layer: Layer, above: Layer) -> None:
        """Put a layer right below the one that is to be ``above`` it."""
        layers = self._viewer.layers
        active = layers.selection.active
        layers.insert(layers.index(above), layer)
        layers.selection.active = active

    def match_colours(self, seeds: Labels) -> None:
        """Give the labels of the results the colours of the strokes."""
        for key, layer in self.layers.items():
            if key[1] == "labels" and self._colours.get(key) is not seeds.colormap:
                layer.colormap = self._colours[key] = seeds.colormap


def _without(layers: dict[Key, Layer], gone: Layer) -> dict[Key, Layer]:
    return {key: layer for key, layer in layers.items() if layer is not gone}


def _whole(
    kind: Kind, plane: NDArray[Any], picture: Picture, old: NDArray[Any] | None
) -> NDArray[Any]:
    """The layer's whole array with this plane put in: ``old`` itself if that fits, else new."""
    trail = plane.shape[2:] if kind == "cut-out" else ()
    shape = (*picture.shape, *trail)
    fits = old is not None and old.shape == shape and old.dtype == plane.dtype
    # Pages of np.zeros that nobody writes take no memory, so a stack costs what was solved.
    whole = old if fits and old is not None else np.zeros(shape, plane.dtype)
    whole[picture.index] = plane
    return whole


def _backdrop(cut_out: NDArray[Any]) -> NDArray[np.uint8]:
    """Checkerboard of the cut-out's size; one plane, repeated along the axes of a stack."""
    *stack, height, width, _ = cut_out.shape
    return np.broadcast_to(checkerboard((height, width)), (*stack, height, width, 3))
