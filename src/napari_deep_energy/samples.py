"""Sample pictures with strokes ready, for File > Open Sample. All are on the disk already."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from skimage import data, draw
from skimage.morphology import dilation, disk

from .layers import METADATA, LayerDataTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Polyline: TypeAlias = "Sequence[tuple[int, int]]"
"""Corners of a stroke, (row, column)."""
Strokes: TypeAlias = "Mapping[int, Sequence[Polyline]]"
"""Strokes of each label."""

ASTRONAUT: Strokes = {
    1: [
        [(105, 165), (60, 165), (26, 215), (26, 255), (105, 285)],
        [(100, 215), (165, 235)],
        [(225, 225), (280, 220), (330, 170), (290, 80), (400, 60), (490, 70)],
        [(330, 300), (350, 240), (490, 250)],
        [(275, 320), (330, 345)],
        [(285, 50), (335, 45), (375, 32)],
        [(155, 175), (175, 130)],
        [(360, 400), (420, 320), (490, 330), (500, 440), (400, 470)],
    ],
    2: [
        [(15, 130), (15, 360), (150, 340), (210, 330)],
        [(20, 110), (150, 130)],
        [(20, 20), (120, 40), (210, 60), (330, 10), (490, 8)],
        [(20, 420), (150, 420), (230, 390), (270, 410)],
        [(120, 385), (230, 385), (310, 400), (310, 500), (60, 490)],
    ],
}
IHC: Strokes = {
    1: [
        [(60, 20), (170, 80), (220, 180), (150, 230), (40, 220)],
        [(50, 400), (150, 425), (250, 400), (240, 350), (140, 310), (60, 275)],
        [(340, 290), (430, 310), (490, 340), (420, 365), (360, 350)],
        [(220, 30), (300, 110), (390, 130), (490, 100)],
    ],
    2: [
        [(200, 283), (275, 260), (270, 170), (235, 110)],
        [(290, 330), (320, 400), (360, 410), (470, 400)],
        [(20, 475), (200, 485), (340, 470)],
        [(320, 190), (400, 200), (490, 240)],
    ],
    3: [
        [(310, 15), (370, 30), (390, 10)],
        [(60, 305), (110, 335), (180, 370)],
        [(400, 445), (435, 455)],
    ],
}
CHELSEA: Strokes = {
    1: [
        [(60, 60), (20, 80), (25, 250), (60, 310)],
        [(15, 360), (25, 370)],
        [(110, 60), (170, 90), (250, 130), (255, 200), (260, 290)],
        [(90, 250), (200, 265), (170, 330), (110, 345)],
        [(200, 25), (285, 15), (275, 70)],
    ],
    2: [
        [(8, 6), (60, 14), (100, 6)],
        [(12, 425), (60, 400), (140, 390), (230, 370), (285, 345)],
        [(60, 435), (200, 430), (285, 430)],
    ],
}
COIN_ROWS = (
    [(52, 45), (56, 100), (50, 155), (51, 215), (53, 275), (43, 335)],
    [(125, 45), (126, 103), (127, 153), (125, 206), (120, 270), (124, 337)],
    [(197, 43), (196, 102), (198, 154), (193, 212), (194, 273), (187, 347)],
    [(260, 46), (265, 114), (261, 173), (263, 244), (262, 301), (268, 358)],
)
"""Centres; the coins of a row make a class."""
TABLE: Sequence[Polyline] = [
    [(10, 5), (10, 290)],
    [(88, 5), (88, 375)],
    [(158, 5), (153, 375)],
    [(224, 5), (224, 375)],
    [(296, 5), (296, 375)],
    [(10, 376), (290, 380)],
    *([(30, column), (75, column)] for column in (8, 73, 126, 185, 247, 301)),
    *([(105, column), (140, column)] for column in (8, 75, 127, 180, 236, 306)),
    *([(175, column), (212, column)] for column in (8, 71, 128, 181, 243, 306)),
    *([(240, column), (285, column)] for column in (8, 83, 140, 210, 331)),
]


def astronaut() -> list[LayerDataTuple]:
    """A person before a background, two classes."""
    return _sample(data.astronaut(), "astronaut", ASTRONAUT, "segment", 4)


def coins() -> list[LayerDataTuple]:
    """Four rows of coins on a table, five classes."""
    rows = {
        label: [[(y - 7, x - 7), (y + 7, x + 7), (y + 7, x - 7), (y - 7, x + 7)] for y, x in row]
        for label, row in enumerate(COIN_ROWS, start=1)
    }
    return _sample(data.coins(), "coins", {**rows, 5: TABLE}, "segment", 2)


def ihc() -> list[LayerDataTuple]:
    """Stained colon tissue: glands, stroma and empty space, three classes."""
    return _sample(data.immunohistochemistry(), "ihc", IHC, "segment", 4)


def chelsea() -> list[LayerDataTuple]:
    """A cat, whose fur and whiskers are to be cut out."""
    return _sample(data.chelsea(), "chelsea", CHELSEA, "matte", 4)


def composite() -> list[LayerDataTuple]:
    """A hairy disc over a background, whose true alpha is known and in a hidden layer."""
    alpha = hairy_disc()
    rows, columns = np.indices(alpha.shape) / max(alpha.shape)
    front = np.stack([0.85 - 0.2 * rows, 0.45 + 0.3 * columns, 0.15 + 0.1 * rows], -1)
    back = np.stack([0.15 + 0.2 * columns, 0.3 + 0.3 * rows, 0.65 - 0.3 * columns], -1)
    picture = alpha[..., None] * front + (1 - alpha[..., None]) * back
    strokes: Strokes = {
        1: [[(95, 160), (130, 130), (160, 160), (130, 190), (95, 160)]],
        2: [[(12, 12), (12, 308), (243, 308), (243, 12), (12, 12)]],
    }
    image, labels = _sample(
        (255 * picture + 0.5).astype(np.uint8), "composite", strokes, "matte", 4
    )
    truth = {"name": "true alpha", "visible": False, "contrast_limits": (0.0, 1.0)}
    return [image, (alpha.astype(np.float32), truth, "image"), labels]


def hairy_disc(shape: tuple[int, int] = (256, 320), strands: int = 60) -> NDArray[np.float64]:
    """Opacity of a disc with a soft rim and curved strands, (H, W) in [0, 1]."""
    row, column = np.indices(shape)
    y, x = row - shape[0] / 2, column - shape[1] / 2
    radius, angle = np.hypot(y, x), np.arctan2(y, x)
    rim = shape[0] / 4
    alpha: NDArray[np.float64] = 1 / (1 + np.exp((radius - rim) / 1.5))
    generator = np.random.default_rng(7)
    for turn in np.arange(strands) * 2 * np.pi / strands:
        bend, length = generator.uniform(-0.008, 0.008), generator.uniform(20, 45)
        away = angle - turn - bend * (radius - rim)
        across = radius * np.abs((away + np.pi) % (2 * np.pi) - np.pi)
        fade = np.clip(1 - (radius - rim) / length, 0, 1) * (radius > rim / 2)
        alpha = np.maximum(alpha, 0.9 * fade * np.exp(-((across / 1.2) ** 2)))
    return alpha


def _sample(
    image: NDArray[Any], name: str, strokes: Strokes, task: str, radius: int
) -> list[LayerDataTuple]:
    labels = draw_strokes(image.shape[:2], strokes, radius)
    attributes = {
        "name": f"{name} strokes",
        "metadata": {METADATA: {"task": task}},
    }
    return [(image, {"name": name}, "image"), (labels, attributes, "labels")]


def draw_strokes(shape: tuple[int, ...], strokes: Strokes, radius: int) -> NDArray[np.uint8]:
    """Label image (H, W) of polylines drawn with a round brush."""
    labels = np.zeros(shape, np.uint8)
    for label, polylines in strokes.items():
        thin = np.zeros(shape, bool)
        for corners in polylines:
            for start, end in pairwise(corners):
                thin[draw.line(*start, *end)] = True
        labels[dilation(thin, disk(radius))] = label
    return labels
