"""Files that are no sessions, or sessions that somebody tampered with, by their cases."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file

from napari_deep_energy.sessions import SavedSession, StrokeHistory, write_session

from .models import Bomb
from .pictures import GREY, LABELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def good(path: Path) -> None:
    """A session whose picture is stored in it."""
    history = StrokeHistory(LABELS.shape)
    history.note(LABELS)
    layers = [(GREY, {"name": "picture"}, "image"), (LABELS, {"name": "strokes"}, "labels")]
    write_session(path, SavedSession(layers, {"task": "segment"}, history))


def tamper(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Rewrite the JSON text of a session file."""
    with safe_open(path, "np") as file:
        text = json.loads(file.metadata()["session"])
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    change(text)
    save_file(tensors, path, {"session": json.dumps(text)})


def tampered(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """A session with another text."""

    def make(path: Path) -> None:
        good(path)
        tamper(path, change)

    return make


def truncated(path: Path) -> None:
    good(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def bomb(path: Path) -> None:
    """A zip of some kilobytes that would unpack to 64 MiB."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../picture.png", bytes(1 << 26))
    path.write_bytes(content.getvalue())


def boastful(path: Path) -> None:
    """A few bytes that claim to be a picture of a tebibyte."""
    said = {"layer.0": {"dtype": "U8", "shape": [1 << 20, 1 << 20], "data_offsets": [0, 1 << 40]}}
    header = json.dumps(said).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))


def climbing(path: Path) -> None:
    """Refers to a picture outside its folder by a relative path."""
    Image.new("L", (16, 12)).save(path.parent.parent / "secret.png")

    def climb(text: dict[str, Any]) -> None:
        layer = text["layers"][0]
        del layer["tensor"]
        layer["picture"] = {"path": "../secret.png", "beside": "../secret.png", "checksum": 0}

    tampered(climb)(path)


WRONG: dict[str, Callable[[Path], object]] = {
    "no-session": lambda path: None,
    "empty-session": lambda path: path.write_bytes(b""),
    "truncated-session": truncated,
    "pickled-session": lambda path: path.write_bytes(pickle.dumps(Bomb(path.parent))),
    "zip-bomb": bomb,
    "boastful-session": boastful,
    "no-text": lambda path: save_file({"layer.0": np.zeros((4, 4))}, path),
    "long-text": tampered(lambda text: text.update(more="x" * 4_000_000)),
    "later-format": tampered(lambda text: text.update(format="napari-deep-energy-session/9")),
    "foreign-layer": tampered(lambda text: text["layers"][0].update(type="shapes")),
    "code-for-number": tampered(
        lambda text: text["layers"][0]["attributes"].update(scale=["__import__('os')", 1])
    ),
    "huge-number": tampered(lambda text: text["layers"][0]["attributes"].update(opacity=10**400)),
    "climbing-path": climbing,
}
