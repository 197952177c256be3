"""Files, folders and recipes that are wrong, by the cases of docs/bad-input.md.

Each is a function that is given a folder with ``image.png`` and ``strokes.png`` in it, changes
what it has to, and returns the command's arguments; paths are relative to the folder.
"""

from __future__ import annotations

import errno
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from PIL import Image
from skimage import data

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


Case = "Callable[[Path, pytest.MonkeyPatch], tuple[str, ...]]"
PICTURE = np.ascontiguousarray(data.astronaut()[60:140:2, 160:272:2])
STROKES = np.zeros((40, 56), np.uint8)
STROKES[10:20, 25:30], STROKES[:3, :] = 1, 2
STACK = np.stack([PICTURE[..., 0]] * 4).astype(np.uint16)
GREY = {"photometric": "minisblack", "metadata": {"axes": "ZYX"}}


def of_picture(content: bytes | None) -> Case:
    """Segment with ``content`` in place of the picture."""

    def make(folder, patch):
        if content is not None:
            (folder / "bad.png").write_bytes(content)
        return "segment", "bad.png", "strokes.png", "-o", "out"

    return make


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size, with a thousand bytes of pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def half(name: str, write: Callable[[Path], object]) -> Case:
    """Segment with the first half of a good file."""

    def make(folder, patch):
        path = folder / name
        write(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return "segment", name, "strokes.png", "-o", "out"

    return make


def lazily(
    command: str,
    write: Callable[[Path], object],
    image: str = "half.tif",
    strokes: str = "strokes.png",
) -> Case:
    """The first half of a good file to a command that reads it in parts."""

    def make(folder, patch):
        half("half.tif", write)(folder, patch)
        return command, image, strokes, "-o", "out"

    return make


def stack_file(folder, patch):
    stack = np.zeros((4, 5, 40, 56), np.uint8)
    tifffile.imwrite(folder / "stack.tif", stack, photometric="minisblack")
    return "segment", "stack.tif", "strokes.png", "-o", "out"


def without_strokes(folder, patch):
    Image.fromarray(PICTURE).save(folder / "picture.png")
    return "segment", "picture.png", "none.png", "-o", "out"


def planes(count: int, **options: Any) -> Case:
    """Planes over the strokes."""

    def make(folder, patch):
        stack = np.stack([PICTURE[..., 0]] * count)
        tifffile.imwrite(folder / "stack.tif", stack, photometric="minisblack", **options)
        return "segment", "stack.tif", "strokes.png", "-o", "out"

    return make


FILES: dict[str, Case] = {
    "no-picture": of_picture(None),
    "no-strokes": without_strokes,
    "endless-name": lambda folder, patch: ("segment", "a" * 5000, "strokes.png", "-o", "out"),
    "picture-folder": lambda folder, patch: ("segment", ".", "strokes.png", "-o", "out"),
    "empty-file": of_picture(b""),
    "truncated-png": half("half.png", lambda path: Image.fromarray(PICTURE).save(path)),
    "truncated-tiff": half("half.tif", lambda path: tifffile.imwrite(path, PICTURE)),
    "truncated-deflate": half(
        "half.tif", lambda path: tifffile.imwrite(path, PICTURE, compression="zlib")
    ),
    "truncated-volume": lazily("volume", lambda path: tifffile.imwrite(path, STACK, **GREY)),
    "truncated-tiles": lazily("tiled", lambda path: tifffile.imwrite(path, STACK[0])),
    "truncated-deflated-tiles": lazily(
        "tiled", lambda path: tifffile.imwrite(path, STACK[0], compression="zlib")
    ),
    "truncated-strokes": lazily(
        "tiled", lambda path: tifffile.imwrite(path, STROKES), "image.png", "half.tif"
    ),
    "bomb": of_picture(png(60_000, 60_000)),
    "text-file": of_picture(b"not a picture\n" * 50),
    "planes": planes(40),
    "named-planes": planes(5, metadata={"axes": "ZYX"}),
    "stack-file": stack_file,
    "coloured-strokes": lambda folder, patch: ("segment", "image.png", "image.png", "-o", "out"),
}


def into(output: str) -> Case:
    """Segment into a folder, where ``taken`` is a file."""

    def make(folder, patch):
        (folder / "taken").write_text("mine")
        return "segment", "image.png", "strokes.png", "-o", output

    return make


FAILURES = {
    "read-only": (errno.EACCES, "Permission denied"),
    "full-disk": (errno.ENOSPC, "No space left on device"),
}


def half_written(case: str) -> Callable[[Path, bytes], int]:
    """``Path.write_bytes`` that fails half-way through, as in this case."""

    def write_bytes(path, content):
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(*FAILURES[case])

    return write_bytes


def failing_writes(case: str) -> Case:
    """Segment where saving a picture fails half-way through."""

    def make(folder, patch):
        def save(self, path, *arguments, **options):
            path.write_bytes(b"half")
            raise OSError(*FAILURES[case])

        patch.setattr(Image.Image, "save", save)
        return "segment", "image.png", "strokes.png", "-o", "out"

    return make


def batch(*options: str) -> Case:
    """Answer the folder of the picture with these options."""
    return lambda folder, patch: ("batch", ".", "-o", "out", "--rule", "centre", *options)


def masked(mask: np.ndarray | None) -> Case:
    """Train on one picture and this mask, or one that cannot be read."""

    def make(folder, patch):
        for part in ("images", "masks"):
            (folder / "mine" / part).mkdir(parents=True)
        Image.fromarray(PICTURE).save(folder / "mine" / "images" / "a.png")
        path = folder / "mine" / "masks" / "a.png"
        path.write_bytes(b"broken") if mask is None else Image.fromarray(mask).save(path)
        return "train", "mine", "-o", "out"

    return make


def finetune_into(prepare: Callable[[Path], object], output: str = "taken") -> Case:
    """Fine-tune on three pictures, after ``prepare`` has seen the folder of the run."""

    def make(folder, patch):
        (folder / "mine").mkdir()
        for number in range(3):
            picture = data.coffee()[40 * number : 40 * number + 120, :160]
            Image.fromarray(picture).save(folder / "mine" / f"{number}.png")
        prepare(folder / "taken")
        return "finetune", "mine", "-o", output, "--recipe", "tiny.toml"

    return make


def empty(folder, patch):
    (folder / "mine").mkdir()
    return "finetune", "mine", "-o", "out"


def unusable(folder, patch):
    (folder / "mine").mkdir()
    (folder / "mine" / "a.png").write_bytes(b"broken")
    return "finetune", "mine", "-o", "out"


def broken_state(run: Path) -> None:
    run.mkdir()
    (run / "state.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{broken")


def state_of_another_recipe(run: Path) -> None:
    import torch
    from safetensors.torch import save_file

    run.mkdir()
    save_file({"a": torch.zeros(1)}, run / "state.safetensors", {"recipe": "{}", "progress": "{}"})


FOLDERS: dict[str, Case] = {
    "output-is-file": into("taken"),
    "below-a-file": into("taken/out"),
    "read-only": failing_writes("read-only"),
    "full-disk": failing_writes("full-disk"),
    "batch-without-model": batch("--model", "none.safetensors"),
    "batch-with-pickle": batch("--model", "image.png"),
    "no-folder": lambda folder, patch: ("finetune", "mine", "-o", "out"),
    "empty-folder": empty,
    "unusable-folder": unusable,
    "no-masks": lambda folder, patch: ("train", ".", "-o", "out"),
    "broken-mask": masked(None),
    "coloured-mask": masked(PICTURE),
    "other-mask": masked(STROKES[:20]),
    "run-is-file": finetune_into(lambda run: run.write_text("mine")),
    "run-below-a-file": finetune_into(lambda run: run.write_text("mine"), "taken/run"),
    "broken-run": finetune_into(broken_state),
    "other-run": finetune_into(state_of_another_recipe),
}
TINY = '[energy]\ntask = "segment"\n[[stages]]\nsteps = 1\nsizes = [32]\n'


def recipe(text: str | bytes, *options: str) -> Case:
    """Fine-tune by a recipe of these words; the pictures need not be there."""

    def make(folder, patch):
        (folder / "bad.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return "finetune", "mine", "-o", "out", "--recipe", "bad.toml", *options

    return make


RECIPES: dict[str, Case] = {
    "no-recipe": lambda folder, patch: ("finetune", "mine", "-o", "out", "--recipe", "magic"),
    "not-toml": recipe("seed = "),
    "binary-recipe": recipe(b"\xff\xfe\x00\x9a"),
    "empty-recipe": recipe(""),
    "no-stages": recipe('stages = []\n[energy]\ntask = "segment"\n'),
    "unknown-key": recipe("sed = 3\n" + TINY),
    "word-for-number": recipe(TINY.replace("steps = 1", 'steps = "many"')),
    "no-table": recipe("optimiser = 3\n" + TINY),
    "nan-rate": recipe("optimiser = {learning_rate = nan}\n" + TINY),
    "never-measured": recipe("measure_every = 0\n" + TINY),
    "huge-size": recipe(TINY.replace("32", "10000000")),
    "unknown-schedule": recipe('optimiser = {schedule = "zigzag"}\n' + TINY),
    "recipe-beta": recipe(TINY.replace('"segment"', '"segment"\nbeta = -1')),
    "no-steps": recipe(TINY, "--steps", "0"),
    "other-recipe": recipe(TINY, "--task", "matte"),
}
COMMANDS: dict[str, Case] = {
    "unknown-command": lambda folder, patch: ("frobnicate",),
    "missing-argument": lambda folder, patch: ("segment", "image.png"),
    "unknown-option": lambda folder, patch: ("segment", "image.png", "strokes.png", "--nope"),
    "word-option": lambda folder, patch: ("segment", "image.png", "strokes.png", "--beta", "sharp"),
    "no-count": lambda folder, patch: ("evaluate", "table2", "--voc", ".", "--count", "0"),
}
