"""Training and held-out objects from the folders that the user names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from napari_deep_energy.errors import InvalidInput

from .objects import Objects, join
from .voc import find_sets, is_voc, read_pairs, read_voc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .recipe import Recipe

HELD_OUT_SHARE = 0.2
"""Of the pictures, where no list says which (paper)."""


def read_data(folders: Sequence[Path], recipe: Recipe) -> tuple[Objects, Objects]:
    """Objects to train on and objects held out.

    Parameters
    ----------
    folders
        VOC devkits, and folders ``images`` with ``masks`` beside or one level below. With a devkit
        and ``split = "lists"`` its val list is held out and all else trained on; otherwise a
        fifth of all pictures is held out.

    Raises
    ------
    InvalidInput
        If a folder is missing, or is neither.
    """
    train: list[Objects] = []
    held_out: list[Objects] = []
    for folder in folders:
        if not folder.is_dir():
            raise InvalidInput(f"there is no folder {folder}; check the path.")
        if is_voc(folder):
            train.append(read_voc(folder, "train", recipe.cache, recipe.selection))
            held_out.append(read_voc(folder, "val", recipe.cache, recipe.selection))
            continue
        sets = find_sets(folder)
        if not sets:
            raise InvalidInput(
                f"{folder} is neither a VOC devkit nor a folder with images and masks, nor does it "
                "hold such folders."
            )
        train += [read_pairs(path, recipe.cache, recipe.selection) for path in sets]
    if held_out and recipe.split == "lists":
        return join(train), join(held_out)
    return split(join(train + held_out), recipe.seed)


def split(objects: Objects, seed: int) -> tuple[Objects, Objects]:
    """Hold out a fifth of the pictures, with all their objects."""
    pictures = len(objects.images)
    if pictures < 2:
        raise InvalidInput(f"there is {pictures} picture; one to train on and one to hold out are "
                           "needed at least.")  # fmt: skip
    order = torch.randperm(pictures, generator=torch.Generator().manual_seed(seed))
    is_held_out = torch.zeros(pictures, dtype=torch.bool)
    is_held_out[order[: max(1, round(HELD_OUT_SHARE * pictures))]] = True
    chosen = is_held_out[objects.picture]
    return objects.where(~chosen), objects.where(chosen)
