"""A small chart of a training run: loss and E/E* over the steps."""

from __future__ import annotations

import math

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

TIP = (
    "Blue: loss, the mean energy of a batch. Orange: E/E*, the network's energy over the lowest "
    "possible one, on held-out pictures. To segment, the energy counts strokes that the network "
    "does not see, so that it learns what they would say: E/E* falls, but stays far above 1. Both "
    "axes of height are logarithmic, each with its own scale."
)
LOSS, RATIO = QColor("#5a9bd4"), QColor("#e8a33d")
MARGIN = 6.0
TEXT = 14.0


class Curve(QWidget):
    """Draws what :meth:`add` was given since :meth:`clear`."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[tuple[int, float]] = []
        self.ratios: list[tuple[int, float]] = []
        self._steps = 1
        self.setToolTip(TIP)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, 110)

    def clear(self) -> None:
        """Begin a new run."""
        self.losses.clear()
        self.ratios.clear()
        self.update()

    def add(self, step: int, steps: int, loss: float | None, ratio: float | None) -> None:
        """Take in a step; what was not measured is None."""
        self._steps = max(1, steps)
        if loss is not None and loss > 0:
            self.losses.append((step, loss))
        if ratio is not None and ratio > 0 and (not self.ratios or self.ratios[-1][1] != ratio):
            self.ratios.append((step, ratio))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(MARGIN, MARGIN + TEXT, -MARGIN, -MARGIN)
        painter.setPen(QPen(QColor(128, 128, 128, 90)))
        painter.drawRect(frame)
        for points, colour, width, side, name in (
            (self.losses, LOSS, 1.0, Qt.AlignmentFlag.AlignLeft, "loss"),
            (self.ratios, RATIO, 2.0, Qt.AlignmentFlag.AlignRight, "E/E*"),
        ):
            painter.setPen(QPen(colour, width))
            corners = _corners(points, self._steps, frame)
            painter.drawPolyline(QPolygonF(corners))
            for corner in corners if points is self.ratios else ():  # few and far between
                painter.drawEllipse(corner, 2.0, 2.0)
            text = f"{name} {points[-1][1]:.4g}" if points else name
            title = QRectF(frame.left(), 2, frame.width(), TEXT)
            painter.drawText(title, int(side | Qt.AlignmentFlag.AlignTop), text)
        painter.end()


def _corners(points: list[tuple[int, float]], steps: int, frame: QRectF) -> list[QPointF]:
    """Places of (step, value) in the frame, which the values fill from bottom to top."""
    heights = [math.log(value) for _, value in points]
    low = min(heights, default=0.0)
    span = max(heights, default=0.0) - low or 1.0
    return [
        QPointF(
            frame.left() + frame.width() * step / steps,
            frame.bottom() - frame.height() * (0.05 + 0.9 * (height - low) / span),
        )
        for (step, _), height in zip(points, heights, strict=True)
    ]
