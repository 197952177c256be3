"""Readers of files that anyone may send: any bytes end in a sentence, never in another error."""

from __future__ import annotations

import json
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from napari_deep_energy.training import Recipe

from napari_deep_energy.errors import InvalidInput
from napari_deep_energy.lazy_pictures import open_picture
from napari_deep_energy.networks import Checkpoint, bundled
from napari_deep_energy.picture_files import read_array

from .anything import ANYTHING

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def read(reader, path: Path, content: bytes) -> object:
    """What the reader makes of the bytes; None if it refuses them in words."""
    path.write_bytes(content)
    try:
        return reader(path)
    except InvalidInput:
        return None


@given(content=st.binary(max_size=300))
@example(content=struct.pack("<Q", 2**63) + b"{}")
@example(content=struct.pack("<Q", 2) + b"{}")
def test_any_bytes_as_a_checkpoint(path, content):
    assert read(Checkpoint.load, path / "a.safetensors", content) is None


def header() -> tuple[dict, bytes]:
    content = bundled("segment").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


@given(
    changed=st.dictionaries(
        st.sampled_from(["format", "architecture", "energy", "training"]),
        st.text(max_size=20) | ANYTHING.map(json.dumps),
        min_size=1,
    )
)
def test_any_metadata_in_a_checkpoint(path, changed):
    said, weights = header()
    said["__metadata__"] |= changed
    text = json.dumps(said).encode()
    content = struct.pack("<Q", len(text)) + text + weights
    loaded = read(Checkpoint.load, path / "b.safetensors", content)
    assert loaded is None or isinstance(loaded.training, dict)


@given(place=st.integers(0, 20_000), value=st.integers(0, 255))
def test_one_wrong_byte_in_a_checkpoint(path, place, value):
    content = bytearray(bundled("segment").read_bytes())
    content[place] = value
    loaded = read(Checkpoint.load, path / "c.safetensors", bytes(content))
    assert loaded is None or loaded.spec.task in ("segment", "matte")


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_as_a_recipe(path, content):
    assert read(Recipe.load, path / "a.toml", content) is None


FIELDS = sorted(Recipe().to_dict())


@given(changed=st.dictionaries(st.sampled_from(FIELDS), ANYTHING, min_size=1, max_size=2))
def test_any_values_in_a_recipe(changed):
    with suppress(InvalidInput):
        assert Recipe.from_dict({**Recipe().to_dict(), **changed}).at(0)[0].batch(0) >= 2


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".bmp"])
@given(content=st.binary(max_size=300), start=st.sampled_from(
    [b"", b"\x89PNG\r\n\x1a\n", b"II*\0\x08\0\0\0", b"MM\0*", b"BM", b"\xff\xd8\xff\xe0", b"GIF89a"]
))  # fmt: skip
def test_any_bytes_as_a_picture(path, suffix, content, start):
    for reader in (read_array, _pixels):
        found = read(reader, path / f"a{suffix}", start + content)
        assert found is None or isinstance(found, np.ndarray)


def _pixels(path: Path) -> object:
    """What is read in parts, all of it."""
    return np.asarray(open_picture(path).data)


@pytest.fixture(scope="module")
def ome_zarr(tmp_path_factory) -> tuple[Path, dict]:
    """A good picture, and what it says of itself."""
    pytest.importorskip("ome_zarr")
    from napari_deep_energy.ome import write_ome_zarr

    place = tmp_path_factory.mktemp("fuzz") / "a.ome.zarr"
    write_ome_zarr(place, np.zeros((6, 7), np.uint8), "yx")
    return place, json.loads((place / "zarr.json").read_text())


@given(
    inside=st.sampled_from([(), ("axes",), ("datasets",), ("axes", 0), ("datasets", 0)]),
    value=ANYTHING,
)
@example(inside=("axes",), value=[{"name": "x"}])
@example(inside=("axes", 0), value={"name": 3})
@example(inside=("datasets", 0), value={"path": "../..", "coordinateTransformations": []})
def test_any_description_of_an_ome_zarr_picture(ome_zarr, inside, value):
    place, said = ome_zarr
    said = json.loads(json.dumps(said))
    part = said["attributes"]["ome"]["multiscales"]
    for key in (0, *inside)[:-1]:
        part = part[key]
    part[(0, *inside)[-1]] = value
    (place / "zarr.json").write_text(json.dumps(said))
    with suppress(InvalidInput):
        picture = open_picture(place)
        assert len(picture.axes) == picture.data.ndim == 2
