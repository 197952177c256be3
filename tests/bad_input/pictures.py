"""Pictures and strokes that are wrong or unusual, by the cases of docs/bad-input.md."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Given(NamedTuple):
    image: Any
    strokes: Any
    task: str = "segment"
    trimap: bool = False


GREY = np.random.default_rng(0).random((12, 16))
LABELS = np.zeros((12, 16), int)
LABELS[2, 2:6], LABELS[9, 8:12] = 1, 2
LINE = np.zeros((1, 30), np.uint8)
LINE[0, 0], LINE[0, -1] = 1, 2
STEP = np.repeat(np.uint8([10, 200]), 15)[None]


def with_pixel(value: float) -> np.ndarray:
    image = GREY.astype(np.float32)
    image[5, 5] = value
    return image


def scaled(kind: type, top: float, base: float = 0.0) -> np.ndarray:
    return (base + top * GREY).astype(kind)


WRONG: dict[str, Given] = {
    "no-stroke": Given(GREY, 0 * LABELS),
    "one-label": Given(GREY, np.minimum(LABELS, 1)),
    "bool-strokes": Given(GREY, LABELS > 0),
    "other-shape": Given(GREY, LABELS[:, :9]),
    "negative-label": Given(GREY, -LABELS),
    "float-strokes": Given(GREY, LABELS.astype(np.float32)),
    "300-labels": Given(np.zeros((20, 16)), 1 + np.arange(320).reshape(20, 16) % 300),
    "huge-label": Given(GREY, LABELS.astype(np.uint64) * 2**62),
    "nan": Given(np.where(GREY > 0.9, np.float32(np.nan), GREY.astype(np.float32)), LABELS),
    "infinite": Given(with_pixel(np.inf), LABELS),
    "complex": Given(GREY.astype(np.complex64), LABELS),
    "text": Given(np.full((12, 16), "a"), LABELS),
    "ragged": Given([[1, 2], [3]], LABELS),
    "empty": Given(np.zeros((0, 4)), np.zeros((0, 4), int)),
    "one-pixel": Given(np.ones((1, 1)), np.ones((1, 1), int)),
    "volume": Given(np.zeros((3, 12, 16)), np.zeros((3, 12, 16), int)),
    "thin-matte": Given(STEP, LINE, "matte"),
    "no-foreground": Given(GREY, LABELS + (LABELS > 0), "matte"),
    "grey-trimap": Given(
        GREY, np.where(LABELS == 1, 255, 128).astype(np.uint8), "matte", trimap=True
    ),
    "trimap-to-segment": Given(GREY, np.where(LABELS == 1, 255, 0).astype(np.uint8)),
}
UNUSUAL: dict[str, Given] = {
    "constant": Given(np.full((12, 16), 7, np.uint16), LABELS),
    "one-row": Given(STEP, LINE),
    "one-column": Given(STEP.T, LINE.T),
    "two-pixels": Given(np.uint8([[3, 200]]), np.uint8([[1, 2]])),
    "all-painted": Given(GREY, np.where(LABELS == 1, 1, 2)),
    "bool": Given(GREY > 0.5, LABELS),
    "uint8": Given(scaled(np.uint8, 255), LABELS),
    "int64": Given(scaled(np.int64, 2.0**62), LABELS),
    "uint64": Given((GREY * 2**32).astype(np.uint64) * 2**32, LABELS),
    "float16": Given(scaled(np.float16, 60000), LABELS),
    "largest-floats": Given(np.where(GREY > 0.5, 1.7e308, -1.7e308), LABELS),
    "smallest-floats": Given(1e-310 * GREY, LABELS),
    "five-channels": Given(np.dstack([GREY] * 5), LABELS),
}
