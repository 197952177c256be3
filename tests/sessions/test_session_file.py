"""What is saved comes back; what somebody tampered with is refused in words."""

from __future__ import annotations

import os
import signal
import time
import warnings

import numpy as np
import pytest
from PIL import Image

from napari_deep_energy import InvalidInput, samples
from napari_deep_energy.files import draft_of, drafts_of
from napari_deep_energy.layers import METADATA
from napari_deep_energy.sessions import (
    SUFFIX,
    SavedSession,
    StrokeHistory,
    get_reader,
    read_session,
    write_layers,
    write_session,
)

from ..bad_input.sessions import tamper

PLACE = {"scale": [2.0, 3.0], "translate": [1.0, -1.0], "axis_labels": ["y", "x"]}


@pytest.fixture
def session(photograph, strokes):
    """A picture without a file, strokes, one result."""
    history = StrokeHistory(strokes.shape)
    history.note(strokes)
    result = {"metadata": {METADATA: {"kind": "labels", "engine": "analytic"}}, "opacity": 0.4}
    return SavedSession(
        [
            (photograph, {"name": "picture", "rgb": True, **PLACE}, "image"),
            (strokes + 1, {"name": "labels (analytic)", **result}, "labels"),
            (strokes, {"name": "my strokes", "visible": False}, "labels"),
        ],
        {"task": "segment", "beta": 500.0, "model": None},
        history,
        {1: "head", 2: "sky"},
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / f"work{SUFFIX}"


def test_all_of_a_session_comes_back(session, path):
    write_session(path, session)
    again = read_session(path)
    assert again.settings == session.settings
    assert again.names == session.names
    assert len(again.history) == 1
    for (data, attributes, kind), (saved, given, given_kind) in zip(
        again.layers, session.layers, strict=True
    ):
        np.testing.assert_array_equal(data, saved)
        assert data.dtype == saved.dtype
        assert kind == given_kind
        assert attributes["name"] == given["name"]
        assert attributes.get("metadata") == given.get("metadata")
    picture = again.layers[0][1]
    assert picture["rgb"] is True
    assert picture["axis_labels"] == ("y", "x")
    np.testing.assert_array_equal(picture["scale"], PLACE["scale"])
    assert again.layers[2][1]["visible"] is False


@pytest.mark.parametrize("dtype", ["bool", "uint16", "int16", ">u2", "float32", "float64"])
def test_pictures_of_every_type_come_back(path, dtype):
    picture = (np.arange(12).reshape(3, 4) % 5).astype(dtype)
    write_session(path, SavedSession([(picture, {}, "image")]))
    data = read_session(path).layers[0][0]
    np.testing.assert_array_equal(data, picture)
    assert data.dtype == picture.dtype.newbyteorder("=")


def test_a_picture_with_a_file_is_stored_by_reference(session, path, photograph):
    file = path.parent / "photograph.png"
    Image.fromarray(photograph).save(file)
    write_session(path, SavedSession(session.layers[:1], picture_path=file))
    assert path.stat().st_size < photograph.nbytes
    np.testing.assert_array_equal(read_session(path).layers[0][0], photograph)


def test_a_folder_can_be_moved_with_session_and_picture(session, path, photograph):
    old, new = path.parent / "old", path.parent / "new"
    (old / "pictures").mkdir(parents=True)
    Image.fromarray(photograph).save(old / "pictures" / "p.png")
    file = old / path.name
    write_session(file, SavedSession(session.layers, picture_path=old / "pictures" / "p.png"))
    old.rename(new)
    np.testing.assert_array_equal(read_session(new / path.name).layers[0][0], photograph)


@pytest.mark.parametrize("change", ["gone", "other pixels"])
def test_without_its_picture_a_session_still_has_its_strokes(session, path, photograph, change):
    file = path.parent / "photograph.png"
    Image.fromarray(photograph).save(file)
    write_session(path, SavedSession(session.layers, picture_path=file))
    if change == "gone":
        file.unlink()
    else:
        Image.fromarray(255 - photograph).save(file)
    again = read_session(path)
    assert "photograph.png" in again.missing
    np.testing.assert_array_equal(again.layers[-1][0], session.layers[-1][0])
    with pytest.warns(UserWarning, match=r"photograph\.png"):
        assert len(get_reader(str(path))(str(path))) == 2


@pytest.mark.parametrize(
    "reference",
    ["/etc/passwd", "../outside.png", "//server/share/p.png", "\\\\server\\share\\p.png"],
)
def test_no_reference_opens_anything_but_a_picture_here(session, path, photograph, reference):
    outside = path.parent / "outside.png"
    Image.fromarray(photograph).save(outside)
    file = path.parent / "inner" / path.name
    write_session(file, SavedSession(session.layers, picture_path=outside))

    def change(text):
        text["layers"][0]["picture"].update({"path": reference, "beside": reference})

    tamper(file, change)
    again = read_session(file)
    assert again.missing
    assert len(again.layers) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.pop("layers"),
        lambda text: text.update(format="another"),
        lambda text: text["layers"][0].update(type="shapes"),
        lambda text: text["layers"][0].update(tensor="history.starts"),
        lambda text: text["layers"][0].update(tensor="none"),
        lambda text: text["layers"][0]["attributes"].update(scale=["__import__('os')"]),
        lambda text: text["layers"][0]["attributes"].update(scale=[float("nan"), 1.0]),
        lambda text: text["layers"][0]["attributes"].update(name={"a": 1}),
        lambda text: text["layers"][0]["attributes"].update(opacity="full"),
        lambda text: text["layers"][2]["attributes"].update(colours={"1": [0, 1]}),
        lambda text: text.update(names={"one": "head"}),
        lambda text: text.update(settings=[1, 2]),
    ],
)
def test_a_tampered_text_is_refused_in_words(session, path, change):
    write_session(path, session)
    tamper(path, change)
    with pytest.raises(InvalidInput):
        read_session(path)


def test_unknown_attributes_are_left_out(session, path):
    write_session(path, session)
    tamper(path, lambda text: text["layers"][0]["attributes"].update(data="x", loader="os.system"))
    assert not {"data", "loader"} & read_session(path).layers[0][1].keys()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 a zip", b"\x80\x04\x95 a pickle", b"\xff" * 64]
)
def test_other_files_are_refused_in_words(path, content):
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="not a session file"):
        read_session(path)


def test_a_truncated_file_is_refused_in_words(session, path):
    write_session(path, session)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InvalidInput):
        read_session(path)


def test_a_write_that_fails_leaves_the_old_file(session, path, monkeypatch):
    write_session(path, session)
    before = path.read_bytes()

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    with pytest.raises(InvalidInput, match="the disk is full"):
        write_session(path, session)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_layers_carry_what_the_dock_needs(session, path):
    write_session(path, session)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layers = get_reader(str(path))(str(path))
    *others, (_, attributes, kind) = layers
    own = attributes["metadata"][METADATA]
    assert kind == "labels"
    assert own["settings"] == session.settings
    assert own["names"] == session.names
    assert {layer[1]["metadata"][METADATA]["session"] for layer in others} == {own["session"]}
    other = path.with_name(f"again{SUFFIX}")
    assert write_layers(str(other), layers) == [str(other)]
    again = read_session(other)
    assert (again.settings, again.names) == (session.settings, session.names)
    assert len(again.history) == 1


def test_sample_strokes_that_were_never_solved_keep_their_task(path):
    write_layers(str(path), samples.composite())
    assert read_session(path).settings["task"] == "matte"


def test_other_paths_have_no_reader(path):
    assert get_reader("picture.png") is None
    assert get_reader([str(path)]) is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
@pytest.mark.parametrize("pause", [0.002, 0.01, 0.03])
def test_a_kill_at_any_moment_of_saving_leaves_a_whole_session(session, path, pause):
    """A child saves two sessions in turn; whenever it is killed, one of them is there."""
    other = SavedSession(session.layers, {"task": "matte"}, session.history, session.names)
    write_session(path, session)
    before = path.stat().st_ino
    child = os.fork()
    if child == 0:  # pragma: no cover - ends by the signal
        while True:
            write_session(path, other)
            write_session(path, session)
    limit = time.monotonic() + 30
    while path.stat().st_ino == before and time.monotonic() < limit:
        time.sleep(0.001)
    time.sleep(pause)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    again = read_session(path)
    assert again.settings in (session.settings, other.settings)
    for (data, _, _), (saved, _, _) in zip(again.layers, session.layers, strict=True):
        np.testing.assert_array_equal(data, saved)
    for draft in drafts_of(path):
        os.utime(draft, (0, 0))
    write_session(path, session)
    assert list(path.parent.iterdir()) == [path]


def test_what_is_being_written_elsewhere_stays(session, path):
    drafts = [draft_of(path), draft_of(path.with_stem("other"))]
    for draft in drafts:
        draft.write_bytes(b"half")
    os.utime(drafts[1], (0, 0))  # of another session, however old
    write_session(path, session)
    assert all(draft.exists() for draft in drafts)
