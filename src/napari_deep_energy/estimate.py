"""Time and memory that a first answer will take, before it is begun."""

from __future__ import annotations

from dataclasses import dataclass

REFERENCE = 512 * 512
GROWTH = 1.2
"""Exponent of the exact solver's time in the number of pixels, as measured from 512 to 4096 a side;
nested dissection of a grid lies between 1 and 1.5."""
SECONDS = {
    ("segment", "analytic"): 0.4,
    ("matte", "analytic"): 3.5,
    ("segment", "network"): 1.1,
    ("matte", "network"): 2.8,
}
"""Of a 512 x 512 picture on two CPU cores."""
BYTES = {
    ("segment", "analytic"): 600,
    ("matte", "analytic"): 4_000,
    ("segment", "network"): 290,
    ("matte", "network"): 290,
}
"""A pixel, at the peak."""


@dataclass(frozen=True)
class Estimate:
    """What a run is expected to take, within a factor of two or so."""

    seconds: float
    bytes: float

    def __str__(self) -> str:
        """About 40 s and 3.1 GiB."""
        minutes = f"{self.seconds / 60:.0f} min" if self.seconds > 120 else f"{self.seconds:.0f} s"
        return f"about {minutes} and {self.bytes / 2**30:.1f} GiB"


def estimate(pixels: int, task: str, engines: tuple[str, ...]) -> Estimate:
    """Expected time and memory of the first answer for a picture.

    Parameters
    ----------
    pixels
        Of the plane to solve.
    task
        ``"segment"`` or ``"matte"``.
    engines
        Those that will run one after the other, ``"network"`` and ``"analytic"``.
    """
    size = pixels / REFERENCE
    seconds = sum(
        SECONDS[task, engine] * (size**GROWTH if engine == "analytic" else max(1.0, size))
        for engine in engines
    )
    return Estimate(seconds, pixels * max(BYTES[task, engine] for engine in engines))
