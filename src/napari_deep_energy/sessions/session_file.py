"""A session as one file: picture or its reference, strokes, history, settings, results.

The file is safetensors (arrays, and one JSON text), so that nothing in it can be run, no path in it
is written to, and no small file unpacks into a large one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ..errors import InvalidInput
from ..files import remove_drafts_of, write_bytes
from ..layers import METADATA, LayerDataTuple
from .history import ARRAYS, StrokeHistory
from .layer_state import from_plain, to_plain
from .picture_reference import PictureReference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Tensors: TypeAlias = dict[str, NDArray[Any]]

FORMAT = "napari-deep-energy-session/1"
SUFFIX = ".deepenergy"
MAX_TEXT = 4_000_000
"""Characters of the JSON text; a session has some thousands."""
MAX_EMBEDDED = 1 << 30
"""Bytes of a picture that is stored itself because it has no file."""
MAX_NAME = 60
TYPES = ("image", "labels")
DAMAGE = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError)
"""What reading values may raise that are not of the kind that they have to be."""


@dataclass(frozen=True, eq=False)
class SavedSession:
    """Layers from the bottom up, and what they were made with."""

    layers: Sequence[LayerDataTuple]
    """Each with its role in ``metadata``: results their ``kind`` and ``engine``."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Task, engine, model and parameters; JSON values."""
    history: StrokeHistory | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    """Names of the classes."""
    picture_path: Path | None = None
    """File of the picture, where it has one. None after reading."""
    missing: str = ""
    """Why the picture could not be opened again; empty if it was."""


def write_session(path: Path, session: SavedSession) -> None:
    """Write the file whole or not at all; what a killed process left of it long ago goes.

    Raises
    ------
    InvalidInput
        If the file cannot be written, or the picture has no file and is over 1 GiB.
    """
    tensors: Tensors = session.history.to_arrays() if session.history else {}
    layers = []
    for place, layer in enumerate(session.layers):
        layers.append(_encode(layer, place, tensors, session.picture_path, path))
    text = json.dumps(
        {
            "format": FORMAT,
            "layers": layers,
            "settings": dict(session.settings),
            "names": {str(label): name for label, name in session.names.items()},
        }
    )
    remove_drafts_of(path)
    write_bytes(path, save(tensors, {"session": text}))


def read_session(path: Path) -> SavedSession:
    """Read a session file; every value in it is checked.

    A picture that is gone is no error: the session comes without it and says so in ``missing``.

    Raises
    ------
    InvalidInput
        If the file is missing, damaged, or no session.
    """
    if not path.is_file():
        raise InvalidInput(f"there is no session at {path}; check the path.")
    try:
        with safe_open(path, "np") as file:
            text = (file.metadata() or {}).get("session", "")
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InvalidInput(f"{path.name} is not a session file ({error}).") from error
    try:
        return _decode(_parse(text), tensors, path)
    except DAMAGE as error:
        raise InvalidInput(f"{path.name} is damaged: {error}") from error


def picture_name_of(path: Path) -> str:
    """Name of a session's picture, without reading any of its arrays; empty if that fails."""
    try:
        with safe_open(path, "np") as file:
            layers = _parse((file.metadata() or {}).get("session", ""))["layers"]
        names = [x["attributes"]["name"] for x in layers if x["type"] == "image" and not x["role"]]
        return str(names[0])[:MAX_NAME]
    except (SafetensorError, OSError, InvalidInput, *DAMAGE):
        return ""


def _parse(text: str) -> dict[str, Any]:
    if not 0 < len(text) <= MAX_TEXT:
        raise InvalidInput("the file holds no session; choose one saved by this plugin.")
    plain: dict[str, Any] = json.loads(text)
    if plain.get("format") != FORMAT:
        raise InvalidInput(
            f"the session has format {plain.get('format')!r}, not {FORMAT!r}; open it with the "
            "version of the plugin that saved it."
        )
    return plain


def _encode(
    layer: LayerDataTuple, place: int, tensors: Tensors, picture: Path | None, session: Path
) -> dict[str, Any]:
    data, attributes, kind = layer
    own = attributes.get("metadata", {}).get(METADATA, {})
    role = {key: own[key] for key in ("kind", "engine") if key in own}
    encoded = {"type": kind, "attributes": to_plain(attributes), "role": role}
    array = np.asarray(data[0] if attributes.get("multiscale") else data)
    if kind == "image" and not role and picture is not None:
        reference = PictureReference.to(picture, array, session)
        if reference is not None:
            return encoded | {"picture": reference.to_plain()}
    if array.nbytes > MAX_EMBEDDED:
        raise InvalidInput(
            f"{attributes.get('name', 'a layer')} has {array.nbytes / 2**30:.1f} GiB and no file "
            "to refer to; save it as a TIFF, open that, and save the session again."
        )
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    tensors[f"layer.{place}"] = np.ascontiguousarray(native)
    return encoded | {"tensor": f"layer.{place}"}


def _decode(plain: dict[str, Any], tensors: Tensors, path: Path) -> SavedSession:
    layers: list[LayerDataTuple] = []
    missing = ""
    for encoded in plain["layers"]:
        try:
            layers.append(_decode_layer(encoded, tensors, path))
        except _PictureMissing as error:
            missing = str(error)
    strokes = _strokes(layers)
    history = None
    if strokes is not None and tensors.keys() >= ARRAYS:
        history = StrokeHistory.from_arrays(strokes.shape, tensors)
    settings = {str(key): value for key, value in plain["settings"].items()}
    names = {int(label): str(name)[:200] for label, name in plain["names"].items()}
    return SavedSession(layers, settings, history, names, missing=missing)


class _PictureMissing(Exception):
    pass


def _decode_layer(encoded: dict[str, Any], tensors: Tensors, path: Path) -> LayerDataTuple:
    kind, attributes = encoded["type"], from_plain(encoded["attributes"])
    if kind not in TYPES:
        raise ValueError(f"a layer of type {kind!r}")
    role = {key: str(encoded["role"][key]) for key in ("kind", "engine") if key in encoded["role"]}
    if "tensor" in encoded:
        data = tensors[encoded["tensor"]]
    else:
        reference = PictureReference.from_plain(encoded["picture"])
        try:
            data = reference.load(path)
        except InvalidInput as error:
            raise _PictureMissing(str(error)) from error
    if kind == "labels" and data.dtype.kind not in "biu":
        raise ValueError(f"labels of type {data.dtype}")
    if not 2 <= data.ndim <= 6 or not data.size:
        raise ValueError(f"a layer of shape {data.shape}")
    if role:
        attributes["metadata"] = {METADATA: role}
    return data, attributes, kind


def _strokes(layers: Sequence[LayerDataTuple]) -> NDArray[Any] | None:
    """The topmost labels that are no result."""
    for data, attributes, kind in reversed(layers):
        if kind == "labels" and METADATA not in attributes.get("metadata", {}):
            return np.asarray(data)
    return None
