"""Session files that anyone may send: any bytes end in a sentence, never in another error."""

from __future__ import annotations

import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from napari_deep_energy import InvalidInput
from napari_deep_energy.sessions import SUFFIX, SavedSession, StrokeHistory, read_session
from napari_deep_energy.sessions import write_session as write

from ..anything import ANYTHING

PICTURE = np.arange(30, dtype=np.uint8).reshape(5, 6)
STROKES = np.zeros((5, 6), np.int32)
STROKES[1, :2], STROKES[3, 2:] = 1, 2


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / f"work{SUFFIX}"


@pytest.fixture(scope="module")
def whole(path):
    """Bytes, text and arrays of a good session."""
    history = StrokeHistory(STROKES.shape)
    history.note(STROKES)
    layers = [
        (PICTURE, {"name": "picture", "scale": [2.0, 3.0]}, "image"),
        (STROKES, {"name": "strokes"}, "labels"),
    ]
    write(path, SavedSession(layers, {"task": "segment"}, history, {1: "head"}))
    with safe_open(path, "np") as file:
        text = file.metadata()["session"]
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    return path.read_bytes(), text, tensors


@given(content=st.binary(max_size=300))
@example(content=b"PK\x03\x04")
def test_any_bytes(path, content):
    path.write_bytes(content)
    with pytest.raises(InvalidInput):
        read_session(path)


@given(place=st.integers(0, 5_000), value=st.integers(0, 255))
def test_one_wrong_byte(path, whole, place, value):
    content = bytearray(whole[0])
    content[place % len(content)] = value
    path.write_bytes(bytes(content))
    with suppress(InvalidInput):
        assert read_session(path).layers is not None


PLACES = [
    ("layers",),
    ("settings",),
    ("names",),
    ("names", "1"),
    *(("layers", 0, key) for key in ("type", "role", "tensor", "picture", "attributes")),
    *(("layers", 0, "attributes", key) for key in ("scale", "name", "opacity", "units", "colours")),
]


@given(place=st.sampled_from(PLACES), value=ANYTHING)
@example(place=("layers", 0, "attributes", "scale"), value=[10**400])
@example(place=("layers", 0, "attributes", "opacity"), value=10**400)
@example(place=("layers", 0, "attributes", "colours"), value={"9" * 5000: [0, 0, 0, 1]})
@example(place=("layers", 0, "tensor"), value=["layer.0"])
def test_any_value_anywhere(path, whole, place, value):
    text = json.loads(whole[1])
    inner = text
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    save_file(whole[2], path, {"session": json.dumps(text)})
    with suppress(InvalidInput):
        assert isinstance(read_session(path).names, dict)
