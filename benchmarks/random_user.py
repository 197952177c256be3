"""A user of the plugin who does something at random, again and again."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtTest import QTest

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

MOST_LAYERS = 12
"""No picture and no strokes are added beyond; results may be."""
TOO_MANY_LAYERS = 24
"""From here on the oldest are deleted: whoever keeps more and more needs more and more memory."""
PATIENCE = 120
"""Seconds to wait for the very first answers."""


class User:
    """Paints, undoes, adds, deletes, renames and switches; the seed decides in which order."""

    def __init__(self, viewer: napari.Viewer, seed: int) -> None:
        self.viewer = viewer
        self.random = np.random.default_rng(seed)
        self.docks: dict[str, tuple[object, object]] = {}
        self.done: Counter[str] = Counter()
        """How often each action was taken."""
        self.answers = 0
        """How often a dock showed one."""
        self.actions: list[tuple[float, Callable[[], None]]] = [
            (8, self.paint), (2, self.undo), (1, self.redo), (1, self.fill), (1, self.erase),
            (1, self.add_image), (1, self.new_strokes), (0.7, self.delete_layer),
            (1, self.rename_layer), (1, self.move_layer), (1, self.hide_layer),
            (0.2, self.clear), (2, self.open_dock), (1, self.close_dock), (1, self.switch_task),
            (2, self.wait),
            (1, self.switch_engine), (1, self.change_setting), (1, self.toggle_live),
            (1, self.solve), (1, self.cancel), (1, self.flip), (0.5, self.select_layer),
        ]  # fmt: skip

    def act(self) -> None:
        """One action."""
        weights = np.array([weight for weight, _ in self.actions])
        place = self.random.choice(len(self.actions), p=weights / weights.sum())
        action = self.actions[place][1]
        self.done[action.__name__] += 1
        action()
        while len(self.viewer.layers) > TOO_MANY_LAYERS:
            self.viewer.layers.pop(0)

    def pick(self, among: list[object]) -> object | None:
        """One of them, None if there is none."""
        return among[self.random.integers(len(among))] if among else None

    @property
    def dock(self) -> object | None:
        """The main dock, if it is open."""
        return self.docks.get("Deep Energy", (None, None))[1]

    @property
    def seeds(self) -> object | None:
        """The layer that the dock takes strokes from."""
        return self.dock.seeds_layer if self.dock else None

    def prepare(self) -> None:
        """What a user needs first: a picture, the dock, a layer to paint on."""
        while self.dock is None:
            self.open_dock()
        if self.dock.image_layer is None:
            self.add_image()
        if self.seeds is None:
            self.dock.new_strokes()

    def begin(self) -> None:
        """Both tasks by both engines once, so that all that is loaded late is loaded."""
        for task in ("segment", "matte"):
            self.prepare()
            self.dock.task, self.dock.engine, self.dock.live = task, "both", True
            before = self.answers
            for label, place in ((1, (5, 5)), (2, (15, 15)), (1, (5, 15))):
                self.seeds.paint(place, label)
            deadline = time.monotonic() + PATIENCE
            while self.answers == before and time.monotonic() < deadline:
                QTest.qWait(50)

    def wait(self) -> None:
        """Look at the answer, if it does not take too long."""
        deadline = time.monotonic() + 3
        QTest.qWait(100)
        while self.dock and self.dock.session.runner.is_busy and time.monotonic() < deadline:
            QTest.qWait(50)

    def paint(self) -> None:
        """A stroke of a few dabs."""
        self.prepare()
        seeds = self.seeds
        if seeds is None:
            return
        height, width = seeds.data.shape[-2:]
        place = self.random.random(2) * (height, width)
        label = int(self.random.integers(1, 4))
        with seeds.block_history():
            for _ in range(self.random.integers(1, 12)):
                seeds.paint(tuple(place.astype(int)), label)
                place = np.clip(place + self.random.normal(0, 4, 2), 0, (height - 1, width - 1))

    def erase(self) -> None:
        """A dab of label 0."""
        seeds = self.seeds
        if seeds is not None:
            seeds.paint(tuple(self.random.integers(0, seeds.data.shape[-2:])), 0)

    def fill(self) -> None:
        """A bucket of paint."""
        seeds = self.seeds
        if seeds is not None and len(np.unique(seeds.data)) < 4:
            seeds.fill((0, 0), int(self.random.integers(0, 3)))

    def undo(self) -> None:
        """Take a stroke back."""
        if self.seeds is not None:
            self.seeds.undo()

    def redo(self) -> None:
        """Make it again."""
        if self.seeds is not None:
            self.seeds.redo()

    def add_image(self) -> None:
        """A picture of another size, grey or in colour."""
        if len(self.viewer.layers) < MOST_LAYERS:
            shape = tuple(self.random.integers(20, 120, 2))
            colour = (3,) if self.random.random() < 0.5 else ()
            picture = self.random.integers(0, 255, (*shape, *colour), np.uint8)
            self.viewer.add_image(picture, rgb=bool(colour))  # napari takes a small one for a stack

    def new_strokes(self) -> None:
        """A layer to paint on."""
        if self.dock is not None and len(self.viewer.layers) < MOST_LAYERS:
            self.dock.new_strokes()

    def delete_layer(self) -> None:
        """Any layer, whoever made it."""
        layer = self.pick(list(self.viewer.layers))
        if layer is not None:
            self.viewer.layers.remove(layer)

    def clear(self) -> None:
        """All layers at once."""
        self.viewer.layers.clear()

    def rename_layer(self) -> None:
        """Any layer."""
        layer = self.pick(list(self.viewer.layers))
        if layer is not None:
            layer.name = f"layer {self.random.integers(5)}"

    def move_layer(self) -> None:
        """To the bottom."""
        if self.viewer.layers:
            self.viewer.layers.move(int(self.random.integers(len(self.viewer.layers))), 0)

    def hide_layer(self) -> None:
        """Or show it."""
        layer = self.pick(list(self.viewer.layers))
        if layer is not None:
            layer.visible = not layer.visible

    def select_layer(self) -> None:
        """Make it the active one."""
        layer = self.pick(list(self.viewer.layers))
        if layer is not None:
            self.viewer.layers.selection.active = layer

    def open_dock(self) -> None:
        """The main dock, or the comparison."""
        from napari_deep_energy._widgets import CompareWidget, DeepEnergyWidget

        kinds = {"Deep Energy": DeepEnergyWidget, "Compare": CompareWidget}
        name = "Deep Energy" if self.random.random() < 0.7 else "Compare"
        if name not in self.docks:
            widget = kinds[name](self.viewer)
            self.docks[name] = (self.viewer.window.add_dock_widget(widget, name=name), widget)
            if name == "Deep Energy":
                widget.solved.connect(self._on_solved)

    def _on_solved(self, solutions: object) -> None:
        self.answers += 1

    def close_dock(self) -> None:
        """As by the menu, for good."""
        name = self.pick(list(self.docks))
        if name is not None and self.random.random() < 0.3:
            self._close(str(name))

    def close_all(self) -> None:
        """The end of the session."""
        for name in list(self.docks):
            self._close(name)

    def _close(self, name: str) -> None:
        _, widget = self.docks.pop(name)
        self.viewer.window.remove_dock_widget(widget)
        widget.deleteLater()

    def switch_task(self) -> None:
        """Segment or matte."""
        if self.dock is not None:
            self.dock.task = str(self.random.choice(["segment", "matte"]))

    def switch_engine(self) -> None:
        """Network, exact or both."""
        if self.dock is not None:
            self.dock.engine = str(self.random.choice(["network", "analytic", "both"]))

    def change_setting(self) -> None:
        """A number of the form."""
        if self.dock is not None:
            session = self.dock.session
            beta = float(10 ** self.random.uniform(0, 4))
            session.set_choices(replace(session.choices, beta=beta))

    def toggle_live(self) -> None:
        """On more often than off."""
        if self.dock is not None:
            self.dock.live = bool(self.random.random() < 0.7)

    def solve(self) -> None:
        """The button."""
        if self.dock is not None:
            self.dock.solve_once()

    def cancel(self) -> None:
        """The button."""
        if self.dock is not None:
            self.dock.cancel()

    def flip(self) -> None:
        """The button."""
        if self.dock is not None:
            self.dock.flip()
