"""Size of a picture's pixels: told by its file, and kept in those of its results."""

from __future__ import annotations

from dataclasses import dataclass

SPATIAL = "ZYX"
UNITS = {
    "Å": ("angstrom", "A"),
    "nm": ("nanometer", "nanometre"),
    "µm": ("micrometer", "micrometre", "um", "μm", "micron", "microns", "\\u00B5m"),
    "mm": ("millimeter", "millimetre"),
    "cm": ("centimeter", "centimetre"),
    "m": ("meter", "metre"),
    "in": ("inch",),
}
"""Symbols, as OME-TIFF has them, and the names of the same: OME-Zarr's first, then what others
write."""
_SYMBOLS = {name: symbol for symbol, names in UNITS.items() for name in names}


@dataclass(frozen=True)
class PixelSize:
    """Of a picture; by default nobody told."""

    spacing: tuple[float, ...] = ()
    """Along Z, Y and X, the last of these that there are."""
    unit: str = "pixel"

    def along(self, axes: str) -> tuple[float, ...]:
        """Size along each of ``axes``, such as ``"cyx"``; 1 where there is none."""
        told = dict(zip(reversed(SPATIAL), reversed(self.spacing), strict=False))
        return tuple(told.get(axis.upper(), 1.0) for axis in axes)


UNTOLD = PixelSize()


def symbol_of(unit: str) -> str:
    """As OME-TIFF has it: ``"µm"``."""
    return _SYMBOLS.get(unit, unit)


def name_of(unit: str) -> str:
    """As OME-Zarr has it: ``"micrometer"``."""
    return UNITS.get(symbol_of(unit), (unit,))[0]
