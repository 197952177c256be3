"""Bad input on the command line: a sentence, an exit code, and no file that was not there."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from . import files, models, parameters, pictures
from .table import case, rows


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a good picture and good strokes."""
    Image.fromarray(files.PICTURE).save(tmp_path / "image.png")
    Image.fromarray(files.STROKES).save(tmp_path / "strokes.png")
    (tmp_path / "tiny.toml").write_text(files.TINY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")  # usage errors are drawn in a box of this width
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(run, folder, arguments, row, code=1):
    before = contents(folder)
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert row.is_said_in(done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout.strip(), "something began"
    added = {path for path in contents(folder) if path not in before}
    # Files that were complete before another one failed may stay.
    assert not [path for path in added if path.stat().st_size < 10 or path.name.startswith(".")]
    assert {path: content for path, content in contents(folder).items() if path in before} == before
    return added


def saved(folder, given):
    """The arrays as files, and the command that takes them."""
    tifffile.imwrite(folder / "given.tif", given.image)
    tifffile.imwrite(folder / "painted.tif", given.strokes)
    return given.task, "given.tif", "painted.tif", "-o", "out"


@pytest.mark.filterwarnings("ignore:.*zero-size array")  # the writer's
@pytest.mark.parametrize("row", rows("Pictures and strokes", "command"), ids=case)
def test_wrong_pictures_and_strokes(row, folder, run):
    arguments = saved(folder, pictures.WRONG[row.case])
    assert not refused(run, folder, arguments, row)


@pytest.mark.parametrize("row", rows("Unusual, and answered", "command"), ids=case)
def test_unusual_pictures(row, folder, run):
    given = pictures.UNUSUAL[row.case]
    done = run(*saved(folder, given))
    assert done.returncode == 0, done.stderr
    labels = tifffile.imread(folder / "out" / "labels.tif").reshape(given.strokes.shape)
    assert set(np.unique(labels)) <= {1, 2}


@pytest.mark.parametrize("row", rows("Parameters and devices", "command"), ids=case)
def test_wrong_parameters(row, folder, run):
    command, *options = parameters.COMMANDS[row.case]
    arguments = command, "image.png", "strokes.png", "-o", "out", *options
    assert not refused(run, folder, arguments, row)


@pytest.mark.parametrize("row", rows("Models", "command"), ids=case)
def test_wrong_models(row, folder, run):
    models.WRONG[row.case](folder / "model.safetensors")
    arguments = "segment", "image.png", "strokes.png", "-o", "out"
    options = "--engine", "network", "--model", "model.safetensors"
    assert not refused(run, folder, (*arguments, *options), row)
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("row", rows("Files", "command"), ids=case)
def test_wrong_files(row, folder, run, monkeypatch):
    assert not refused(run, folder, files.FILES[row.case](folder, monkeypatch), row)


@pytest.mark.parametrize("row", rows("Folders", "command"), ids=case)
def test_wrong_folders(row, folder, run, monkeypatch):
    added = refused(run, folder, files.FOLDERS[row.case](folder, monkeypatch), row)
    assert "overlay.png" not in {path.name for path in added}


@pytest.mark.parametrize("row", rows("Recipes", "command"), ids=case)
def test_wrong_recipes(row, folder, run, monkeypatch):
    assert not refused(run, folder, files.RECIPES[row.case](folder, monkeypatch), row)


@pytest.mark.parametrize("row", rows("Command line", "command"), ids=case)
def test_mistyped_commands(row, folder, run, monkeypatch):
    assert not refused(run, folder, files.COMMANDS[row.case](folder, monkeypatch), row, code=2)
