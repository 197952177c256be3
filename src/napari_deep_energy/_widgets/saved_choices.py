"""Choices as plain values, for session files and layers, and back with every value checked."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .choices import ENGINES, Choices

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_plain(choices: Choices) -> dict[str, Any]:
    """Choices as JSON values."""
    return asdict(choices) | {"model": str(choices.model) if choices.model else None}


def from_plain(plain: Mapping[str, Any], default: Choices) -> Choices:
    """Inverse of :func:`to_plain`; what is missing, unknown or of another type keeps ``default``.

    A model whose file is gone keeps the default one, too.
    """
    values = {field.name: getattr(default, field.name) for field in fields(Choices)}
    for name, before in values.items():
        given = plain.get(name)
        if name == "model":
            is_there = isinstance(given, str) and Path(given).is_file()
            values[name] = Path(given) if is_there else None  # type: ignore[arg-type]
        elif type(given) is type(before) or (type(given), type(before)) == (int, float):
            values[name] = given
    if values["engine"] not in ENGINES or values["task"] not in ("segment", "matte"):
        return default
    return Choices(**values)
