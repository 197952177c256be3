"""Every output deleted, renamed, hidden and reordered, idle and while something is solved."""

from __future__ import annotations

import threading

import pytest

from napari_deep_energy._widgets import CompareWidget, FinetuneWidget

from .conftest import PATIENCE, TWO, act

OUTPUTS = {
    "segment": {"labels", "difference", "uncertainty", "probability", "objects"},
    "matte": {"alpha", "cut-out", "backdrop", "difference", "uncertainty", "probability"},
}


@pytest.fixture
def full(desk, qtbot):
    """All docks open, and every output that there is."""
    session = desk.dock.session
    desk.others = [CompareWidget(desk.viewer), FinetuneWidget(desk.viewer)]
    for dock in desk.others:
        qtbot.addWidget(dock)
    for kind in ("uncertainty", "probability"):
        session.extras.set_wanted(kind, True)
    return desk


@pytest.mark.parametrize("moment", ["idle", "solving"])
@pytest.mark.parametrize("what", ["delete", "rename", "hide", "reorder"])
@pytest.mark.parametrize("task", ["segment", "matte"])
def test_no_output_is_missed(full, qtbot, task, what, moment):
    before = threading.active_count()
    full.dock.task, full.dock.engine = task, "both"
    full.solve(*TWO)
    if task == "segment":
        full.dock.session.committing.commit()
    outputs = dict(full.dock.results)
    assert {kind for _, kind in outputs} == OUTPUTS[task]
    for layer in outputs.values():
        if moment == "solving":
            full.dock.solve_once()
        act(full.viewer, layer, what)
        qtbot.wait(1)
    if what == "delete":
        assert not any(layer in full.viewer.layers for layer in outputs.values())
    full.solve((1, 30, 20))
    made_again = {kind for _, kind in full.dock.results} | {"objects"}
    assert made_again >= OUTPUTS[task]
    full.dock.session.runner.close()
    qtbot.waitUntil(lambda: threading.active_count() <= before, timeout=PATIENCE)
