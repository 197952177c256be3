"""Keys that work while the strokes layer is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari.layers import Layer

SOLVE, FLIP, LIVE, CANCEL = "Shift-S", "Shift-F", "Shift-L", "Shift-C"
SPOT, CLEAR, OBJECT = "Shift-U", "Shift-X", "Shift-N"
"""Labels layers own the plain letters and digits."""


def sign(key: str) -> str:
    """A key as it is printed on a button: Shift-S is ⇧S."""
    return key.replace("Shift-", "⇧")


class Shortcuts:
    """Binds keys to one layer at a time."""

    def __init__(self, actions: Mapping[str, Callable[[], object]]) -> None:
        self._actions = actions
        self._layer: Layer | None = None

    def bind(self, layer: Layer | None) -> None:
        """Bind to this layer instead of the one before."""
        self.unbind()
        self._layer = layer
        if layer is None:
            return
        for key, action in self._actions.items():
            layer.bind_key(key, _ignoring_layer(action), overwrite=True)

    def unbind(self) -> None:
        """Take the keys off again; harmless if there are none."""
        if self._layer is not None:
            for key in self._actions:
                self._layer.bind_key(key, None)
        self._layer = None


def _ignoring_layer(action: Callable[[], object]) -> Callable[[object], None]:
    def run(layer: object) -> None:
        action()

    return run
