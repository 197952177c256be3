"""Bad input to ``segment`` and ``matte``: a sentence, and the arrays stay as they were."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_energy import InvalidInput, matte, segment
from napari_deep_energy.sessions import SUFFIX, read_session

from . import models, parameters, pictures, sessions
from .table import case, rows


def answer(given: pictures.Given, engine: str):
    if given.trimap:
        return matte(given.image, trimap=given.strokes, engine=engine)
    return (segment if given.task == "segment" else matte)(
        given.image, given.strokes, engine=engine
    )


@pytest.mark.parametrize("engine", ["analytic", "network"])
@pytest.mark.parametrize("row", rows("Pictures and strokes", "python"), ids=case)
def test_wrong_pictures_and_strokes(row, engine):
    with pytest.raises(InvalidInput) as refused:
        answer(pictures.WRONG[row.case], engine)
    assert row.is_said_in(str(refused.value)), refused.value
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("engine", ["analytic", "network"])
@pytest.mark.parametrize("row", rows("Unusual, and answered", "python"), ids=case)
def test_unusual_pictures(row, engine):
    given = pictures.UNUSUAL[row.case]
    before = given.strokes.copy()
    solution = answer(given, engine)
    x = solution.x.numpy()
    assert np.isfinite(x).all()
    # Float32 answers; 1e-5 is their rounding over the elimination.
    assert x.min() >= -1e-5
    assert x.max() <= 1 + 1e-5
    assert np.isfinite([solution.energy, solution.residual]).all()
    np.testing.assert_array_equal(given.strokes, before)


@pytest.mark.parametrize("row", rows("Parameters and devices", "python"), ids=case)
def test_wrong_parameters(row):
    changed = parameters.PYTHON[row.case]
    call = matte if "epsilon" in changed else segment
    with pytest.raises(InvalidInput) as refused:
        call(pictures.GREY, pictures.LABELS, **changed)
    assert row.is_said_in(str(refused.value)), refused.value


@pytest.mark.parametrize("row", rows("Models", "python"), ids=case)
def test_wrong_models(row, tmp_path):
    path = tmp_path / "model.safetensors"
    models.WRONG[row.case](path)
    with pytest.raises(InvalidInput) as refused:
        segment(pictures.GREY, pictures.LABELS, engine="network", model=path)
    assert row.is_said_in(str(refused.value)), refused.value
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("row", rows("Sessions", "python"), ids=case)
def test_wrong_sessions(row, tmp_path):
    path = tmp_path / "inner" / f"work{SUFFIX}"
    path.parent.mkdir()
    sessions.WRONG[row.case](path)
    before = path.read_bytes() if path.exists() else None
    try:
        session = read_session(path)
    except InvalidInput as refused:
        said = str(refused)
    else:
        said = session.missing
        assert [kind for _, _, kind in session.layers] == ["labels"]
    assert row.is_said_in(said), said
    assert "\n" not in said
    assert (path.read_bytes() if path.exists() else None) == before
    assert not (path.parent / "ran").exists()
