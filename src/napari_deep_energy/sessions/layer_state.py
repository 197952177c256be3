"""How a layer looks and lies, as plain values for a file, and back with every value checked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = ("scale", "translate", "rotate", "shear", "affine", "contrast_limits")
WORDS = ("units", "axis_labels")
MAX_COLOURS = 4096


def to_plain(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes of a LayerDataTuple as JSON values; those that are not known here are left out."""
    plain: dict[str, Any] = {}
    for name in NUMBERS:
        if attributes.get(name) is not None:
            plain[name] = np.asarray(attributes[name], float).tolist()
    for name in WORDS:
        if attributes.get(name) is not None:
            plain[name] = [str(word) for word in attributes[name]]
    for name in ("name", "visible", "opacity", "gamma", "rgb"):
        if isinstance(attributes.get(name), str | bool | int | float):
            plain[name] = attributes[name]
    colormap = attributes.get("colormap")
    if colormap is not None and hasattr(colormap, "color_dict"):
        plain["colours"] = _colours_to_plain(colormap.color_dict)
    elif "contrast_limits" in plain and isinstance(getattr(colormap, "name", colormap), str):
        plain["colormap"] = getattr(colormap, "name", colormap)
    return plain


def from_plain(plain: dict[str, Any]) -> dict[str, Any]:
    """Inverse of :func:`to_plain`, for values that may come from anybody.

    Raises
    ------
    ValueError
        If a value is not of the kind that it has to be; unknown names are left out.
    """
    attributes = {name: check(plain[name]) for name, check in _CHECKS.items() if name in plain}
    if "colours" in plain:
        attributes["colormap"] = _colours_from_plain(plain["colours"])
    return attributes


def _colours_to_plain(colours: Any) -> dict[str, list[float]]:
    return {
        "" if label is None else str(int(label)): np.asarray(colour, float).tolist()
        for label, colour in colours.items()
    }


def _colours_from_plain(plain: Any) -> dict[int | None, Any]:
    if not isinstance(plain, dict) or len(plain) > MAX_COLOURS:
        raise ValueError("colours are not a table")
    colours = {int(label) if label else None: _numbers(rgba) for label, rgba in plain.items()}
    if any(np.shape(rgba) != (4,) for rgba in colours.values()):
        raise ValueError("a colour is not (4,)")
    return {None: np.zeros(4)} | colours


def _numbers(value: Any) -> Any:
    array = np.asarray(value, float)
    if array.size > 64 or not np.isfinite(array).all():
        raise ValueError(f"{value!r} are not a few finite numbers")
    return array


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > 8:
        raise ValueError(f"{value!r} are not names of axes")
    return tuple(_word(word) for word in value)


def _word(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 500:
        raise ValueError(f"{value!r} is not a short text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is not true or false")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(NUMBERS, _numbers),
    **dict.fromkeys(WORDS, _words),
    "name": _word,
    "visible": _flag,
    "opacity": _number,
    "gamma": _number,
    "rgb": _flag,
    "colormap": _word,
}
