"""Make the pictures and animations of the documentation again, from the real window.

    python scripts/with_display.py --virtual python scripts/make_pictures.py [--only NAME ...]

Writes docs/images. The photographs are those that come with scikit-image.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_deep_energy._widgets import DeepEnergyWidget
    from napari_deep_energy.samples import Strokes

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZE = (1280, 800)
"""Of the window."""
WIDTH = 800
"""Of an animation's frames."""
FRAME_MS = 120
LAST_MS = 2500
"""How long the last frame of an animation stays."""


class Film:
    """Frames of the window, one after the other."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self._frames: list[Image.Image] = []

    def frame(self) -> Image.Image:
        """The window as it is now."""
        return Image.fromarray(self._viewer.screenshot(canvas_only=False, flash=False)[..., :3])

    def add(self, count: int = 1) -> None:
        """Put the window's picture at the end, ``count`` times."""
        frame = self.frame()
        size = (WIDTH, round(frame.height * WIDTH / frame.width))
        self._frames += [frame.resize(size, Image.Resampling.LANCZOS)] * count

    def save(self, path: Path) -> None:
        """Write the animation."""
        durations = [FRAME_MS] * (len(self._frames) - 1) + [LAST_MS]
        first, *others = self._frames
        first.save(
            path, save_all=True, append_images=others, duration=durations, loop=0, quality=45,
            method=6, minimize_size=True,
        )  # fmt: skip


class Stage:
    """A window with the dock, and a hand that paints in it."""

    def __init__(self) -> None:
        import napari

        self.viewer = napari.Viewer()
        self.viewer.window.resize(*SIZE)
        self.dock: DeepEnergyWidget = self.open("Deep Energy")
        self.film = Film(self.viewer)

    def open(self, name: str) -> Any:
        """One of the plugin's docks."""
        return self.viewer.window.add_plugin_dock_widget("napari-deep-energy", name)[1]

    def set(self, name: str, task: str, engine: str = "analytic") -> None:
        """Put a photograph on the stage, with an empty layer of strokes."""
        from skimage import data

        self.viewer.layers.clear()
        self.dock.image_layer = self.viewer.add_image(getattr(data, name)(), name=name)
        self.dock.task, self.dock.engine, self.dock.live = task, engine, True
        self.dock.new_strokes().brush_size = 9
        self.wait(1500)  # the canvas has its size only when all docks have theirs
        self.viewer.reset_view()
        self.wait(500)

    def wait(self, milliseconds: int) -> None:
        """Let the window live."""
        from qtpy.QtTest import QTest

        QTest.qWait(milliseconds)

    def settle(self) -> None:
        """Until there is nothing more to solve and all of it is drawn."""
        self.wait(300)
        while self.dock.session.runner.is_busy:
            self.wait(50)
        self.wait(500)

    def paint(self, strokes: Strokes, step: float, filmed: bool = True) -> None:
        """Stroke after stroke; a frame each time that the brush has moved ``step`` pixels."""
        from napari_deep_energy._widgets.demo import along

        seeds = self.dock.seeds_layer
        assert seeds is not None
        lines = [(label, line) for label, several in strokes.items() for line in several]
        for label, corners in lines:
            seeds.selected_label = label
            with seeds.block_history():
                for count, place in enumerate(along(corners)):
                    seeds.paint(place, label)
                    if count % max(1, round(step / 4)) == 0 and filmed:
                        self.wait(120)
                        self.film.add()
            self.settle()
            if filmed:
                self.film.add()


def segment(stage: Stage) -> None:
    """The answer follows the brush; picture and animation."""
    from napari_deep_energy.samples import ASTRONAUT

    stage.set("astronaut", "segment")
    first = {label: lines[:2] for label, lines in ASTRONAUT.items()}
    rest = {label: lines[2:] for label, lines in ASTRONAUT.items()}
    stage.paint({label: lines[:1] for label, lines in first.items()}, 40)
    stage.paint({label: lines[1:] for label, lines in first.items()}, 60)
    stage.paint(rest, 120)
    stage.film.add(4)
    stage.film.save(IMAGES / "segment.webp")
    stage.film.frame().save(IMAGES / "segment.jpg", quality=85)


def matte(stage: Stage) -> None:
    """A cat cut out, on three backdrops; picture and animation."""
    from napari_deep_energy.samples import CHELSEA

    stage.set("chelsea", "matte")
    stage.dock.looking.unfold(True)
    stage.paint({label: lines[:1] for label, lines in CHELSEA.items()}, 60)
    stage.paint({label: lines[1:] for label, lines in CHELSEA.items()}, 60)
    stage.film.add(6)
    stage.film.frame().save(IMAGES / "matte.jpg", quality=85)
    stage.dock.seeds_layer.visible = False
    for ground in ((255, 255, 255), (0, 160, 60)):
        stage.dock.session.backdrop.choose(ground)
        stage.settle()
        stage.film.add(6)
    stage.film.save(IMAGES / "matte.webp")


def compare(stage: Stage) -> None:
    """Both engines in numbers, with the layer of their difference."""
    from napari_deep_energy.samples import ASTRONAUT

    stage.set("astronaut", "segment", "both")
    dock = stage.open("Compare")
    stage.paint(ASTRONAUT, 1e6, filmed=False)
    dock.show_difference(True)
    stage.settle()
    stage.film.frame().save(IMAGES / "compare.jpg", quality=85)


SCENES: dict[str, Callable[[Stage], None]] = {
    "segment": segment,
    "matte": matte,
    "compare": compare,
}


def main() -> int:
    """Play the scenes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=SCENES, default=list(SCENES))
    chosen = parser.parse_args().only
    IMAGES.mkdir(parents=True, exist_ok=True)
    from napari_deep_energy.own_folders import use_own_folders

    use_own_folders()
    for name in chosen:
        stage = Stage()
        SCENES[name](stage)
        stage.viewer.close()
        for path in sorted(IMAGES.glob(f"{name}.*")):
            print(f"{path.stat().st_size / 1e6:.2f} MB  {path}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
