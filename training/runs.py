"""The two ways to start a run: train on pictures with masks, fine-tune on a bare folder."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.networks import Checkpoint, bundled, bundled_for
from napari_deep_energy.stopping import never

from .data import read_data
from .device import fit_somewhere
from .distributed import join
from .evaluation import HeldOut
from .folder import read_folder
from .seed_generation import PAPER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from napari_deep_energy.stopping import Stop

    from .fit import Progress
    from .objects import Objects
    from .recipe import Recipe


def finetune(
    folder: Path,
    recipe: Recipe,
    stop: Stop = never,
    *,
    out: Path | None = None,
    start: Path | None = None,
) -> Iterator[Progress]:
    """Adapt a network to a folder of pictures; no label is needed or read.

    A fifth of the pictures is held out. The checkpoint is the network with the lowest energy on
    those, the starting one included, so it is never worse there than what it started from. With
    ``recipe.hidden`` that is the energy of more strokes than the network sees, after as many steps
    down the energy of those it does see as suit it; how many they are is kept in the file.

    Parameters
    ----------
    folder
        See :func:`folder.read_folder`.
    recipe
        ``Recipe.load("finetune_segment")`` or ``"finetune_matte"``, for instance.
    stop
        Polled before each step; when it returns true the best network so far is kept.
    out
        Folder for checkpoint, log and state; ``folder/deep-energy/<date and time>`` if not given.
    start
        Checkpoint to start from; that of the recipe if not given, or the bundled one for its
        energy if it has none.

    Yields
    ------
    Progress
        First of the starting weights, then after each step; the last has the checkpoint's path.

    Raises
    ------
    InvalidFolder
        If the folder has no usable picture.
    """
    if recipe.labelled_weight:
        raise InvalidInput(
            "the recipe has a labelled_weight, but a folder of bare pictures has no labels; set it "
            "to 0, or train on pictures with masks."
        )
    found = read_folder(folder, recipe.cache, recipe.selection, recipe.seed)
    held_out = _held_out(found.held_out, recipe)
    own = bundled_for(recipe.energy) if recipe.start == "random" else bundled(recipe.start)
    begin = starting_point(start or own, recipe)
    out = out or folder / "deep-energy" / f"{datetime.datetime.now():%Y-%m-%d_%H-%M-%S}"
    for progress in fit_somewhere(recipe, found.train, held_out, out, stop, begin):
        yield replace(progress, skipped=found.skipped)


def train(
    recipe: Recipe, data: Sequence[Path], out: Path, stop: Stop = never
) -> Iterator[Progress]:
    """Train on pictures with masks; the masks only say where strokes may lie.

    A run found in ``out`` is continued. Under ``torchrun`` the processes share each batch.

    Parameters
    ----------
    data
        See :func:`data.read_data`.
    out
        Folder for checkpoint, log and state.
    """
    join()
    objects, held_out_objects = read_data(data, recipe)
    held_out = _held_out(held_out_objects, recipe)
    begin = None
    if recipe.start != "random":
        begin = starting_point(bundled(recipe.start), recipe)
    yield from fit_somewhere(recipe, objects, held_out, out, stop, begin)


def _held_out(objects: Objects, recipe: Recipe) -> HeldOut:
    """What the best network of a run is chosen by."""
    # With hidden strokes all are the recipe's; else the paper's, so that runs can be compared.
    markers = recipe.markers if recipe.hidden else PAPER
    size, hidden = recipe.held_out_size, recipe.hidden
    chosen = objects.first(recipe.held_out)
    return HeldOut.build(chosen, recipe.energy, size, markers, hidden=hidden)


def starting_point(path: Path, recipe: Recipe) -> Checkpoint:
    """A checkpoint with its output layer fitted to the recipe's task, and with its history.

    A matte starts from a segmentation as 1/2 + (difference of the two scores) / 8: the right
    order, and a slope at which alpha stays about [0, 1].
    """
    loaded = Checkpoint.load(path)
    trained = loaded.network
    network = recipe.architecture.build()
    state = trained.state_dict()
    if trained.architecture.out_channels > network.architecture.out_channels:
        for name, shift in (("output.weight", 0.0), ("output.bias", 0.5)):
            state[name] = (state[name][:1] - state[name][1:2]) / 8 + shift
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise InvalidInput(
            f"{path.name} does not fit the recipe's network for {recipe.task}: {error}"
        ) from error
    return Checkpoint(network, recipe.energy, loaded.training, loaded.name)
