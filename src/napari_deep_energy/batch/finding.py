"""Which pictures a folder holds, and which strokes belong to each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".ome.zarr")
STROKES = ".strokes"
"""``cat.strokes.png`` beside ``cat.jpg`` holds its strokes."""


@dataclass(frozen=True)
class Pair:
    """A picture and its strokes."""

    image: Path
    strokes: Path | None
    """None if there are none; a rule then makes them."""
    name: str
    """Of its folder of results: the picture's name, with its suffix only where that is needed."""


def find_pairs(folder: Path, strokes: Path | None = None) -> list[Pair]:
    """Pictures of a folder, by name, with their strokes.

    Parameters
    ----------
    folder
        Its pictures are taken, not those of its sub-folders; hidden files are passed over.
    strokes
        Folder whose files have the pictures' names (any suffix). Without it, ``cat.strokes.png``
        beside ``cat.jpg`` is taken.

    Raises
    ------
    InvalidInput
        If there is no such folder, or no picture in it.
    """
    for place in (folder, strokes):
        if place is not None and not place.is_dir():
            raise InvalidInput(f"there is no folder {place}; check the path.")
    painted = _by_stem(strokes) if strokes else {}
    images = []
    for path in sorted(folder.iterdir()):
        stem = stem_of(path)
        if stem is None:
            continue
        if stem.endswith(STROKES):
            if strokes is None:
                painted[stem.removesuffix(STROKES)] = path
        else:
            images.append((stem, path))
    if not images:
        raise InvalidInput(f"no picture in {folder}; it may hold {', '.join(SUFFIXES)}.")
    count = Counter(stem for stem, _ in images)
    return [
        Pair(path, painted.get(stem), stem if count[stem] == 1 else path.name)
        for stem, path in images
    ]


def stem_of(path: Path) -> str | None:
    """Name of a picture without its suffix; None if it is no picture."""
    if path.name.startswith("."):
        return None
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)]
    return None


def _by_stem(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        stem = stem_of(path)
        if stem is not None:
            found[stem.removesuffix(STROKES)] = path
    return found
