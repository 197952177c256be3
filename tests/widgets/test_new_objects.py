"""Object by object: what is finished is kept, and each step of that can be undone."""

from __future__ import annotations

import numpy as np

from napari_deep_energy._widgets import strokes_edits

from .conftest import TWO, undone


def test_a_new_object_is_committed_and_one_undo_takes_all_back(desk, session):
    region = desk.labels() == 1
    seeds = desk.dock.seeds_layer
    seeds.selected_label = 1
    check = undone(desk)
    assert session.committing.new_object() == 1
    objects = desk.dock.results["", "objects"]
    np.testing.assert_array_equal(objects.data, region)
    assert not seeds.data.any()
    check()
    assert not objects.data.any()
    seeds.redo()
    assert not seeds.data.any()
    np.testing.assert_array_equal(objects.data, region)


def test_a_new_object_clears_the_answer_and_undo_asks_for_it_again(desk, session):
    layer = desk.dock.results["analytic", "labels"]
    before = layer.data.copy()
    with desk.failed():
        session.committing.new_object()
    assert not layer.data.any()
    assert session.state.mood == "hint", "nothing on screen is old"
    with desk.solved():
        desk.dock.seeds_layer.undo()
    np.testing.assert_array_equal(layer.data, before)


def test_a_new_object_that_is_undone_while_live_is_off_is_answered_later(desk, session):
    session.set_live(False)
    session.committing.new_object()
    desk.dock.seeds_layer.undo()
    with desk.solved():
        session.set_live(True)
    assert desk.dock.results["analytic", "labels"].data.any()


def test_objects_are_numbered_and_stay(desk, session):
    desk.dock.seeds_layer.selected_label = 1
    session.committing.new_object()
    first = desk.dock.results["", "objects"].data.copy()
    desk.solve((1, 40, 5), (2, 5, 32))
    desk.dock.seeds_layer.selected_label = 1
    assert session.committing.commit() == 2
    objects = desk.dock.results["", "objects"]
    assert set(np.unique(objects.data)) <= {0, 1, 2}
    assert ((objects.data == 1) <= (first == 1)).all()
    assert objects.opacity > desk.dock.results["analytic", "labels"].opacity
    desk.viewer.layers.remove(objects)
    assert session.committing.commit() == 1


def objects_of(desk):
    """The layer of objects as an array; zeros if there is none yet."""
    layer = desk.dock.results.get(("", "objects"))
    return np.zeros_like(desk.dock.seeds_layer.data) if layer is None else layer.data


class Recorded:
    """Strokes and objects after each step that one undo reverts."""

    def __init__(self, desk):
        self._desk, self._states = desk, []
        self.note()

    def note(self):
        """One more step is done."""
        self._states.append(self._now())

    def __len__(self):
        return len(self._states)

    def check(self, steps, move):
        """Call ``move`` once for each of the steps before or after; compare what they leave."""
        for step in steps:
            move()
            for now, then in zip(self._now(), self._states[step], strict=True):
                np.testing.assert_array_equal(now, then, err_msg=f"step {step}")

    def _now(self):
        return self._desk.dock.seeds_layer.data.copy(), objects_of(self._desk).copy()


def work(desk, *dabs):
    """Paint these, each a step, commit label 1 as a new object, and tell of every step."""
    for dab in dabs[:-1]:
        desk.paint(dab)
        yield
    desk.solve(dabs[-1])
    yield
    desk.dock.seeds_layer.selected_label = 1
    assert desk.dock.session.committing.new_object()
    yield


def test_undo_and_redo_take_objects_out_and_back_step_by_step(desk):
    seeds, recorded = desk.dock.seeds_layer, Recorded(desk)
    for dabs in (TWO, ((1, 40, 5), (2, 5, 32), (1, 30, 8)), ((2, 20, 50), (1, 20, 20))):
        for _ in work(desk, *dabs):
            recorded.note()
    desk.paint((2, 30, 30))
    recorded.note()
    last = len(recorded) - 1
    assert set(np.unique(objects_of(desk))) >= {1, 2, 3}
    for _ in range(2):
        recorded.check(range(last - 1, -1, -1), seeds.undo)
        recorded.check([0, 0], seeds.undo)  # there is nothing left to undo
        recorded.check(range(1, last + 1), seeds.redo)
        recorded.check([last], seeds.redo)


def test_strokes_that_equal_those_of_a_new_object_do_not_take_it_along(desk, session):
    """Its step is what counts: without strokes the plane looks as it did after many a step."""
    seeds = desk.dock.seeds_layer
    seeds.selected_label = 1
    session.committing.new_object()
    seeds.undo()
    assert not objects_of(desk).any()
    strokes = seeds.data.copy()
    seeds.data_setitem(np.nonzero(strokes), 0)  # painting over what was undone ends its redo
    assert not objects_of(desk).any()
    seeds.undo()
    seeds.redo()
    assert not objects_of(desk).any()


def test_a_new_object_after_an_undone_one_takes_its_number(desk, session):
    seeds = desk.dock.seeds_layer
    seeds.selected_label = 1
    session.committing.new_object()
    with desk.solved():
        seeds.undo()
    seeds.selected_label = 2
    assert session.committing.new_object() == 1
    with desk.solved():
        seeds.undo()
    assert session.committing.commit() == 2  # redo brings the other back
    seeds.redo()
    assert set(np.unique(objects_of(desk))) == {1, 2}


def test_a_new_object_made_without_strokes_stays(desk, session):
    """There is no step that could be undone."""
    seeds = desk.dock.seeds_layer
    session.set_live(False)
    strokes_edits.clear_all(session)
    seeds.selected_label = 1
    session.committing.new_object()
    assert (objects_of(desk) == 1).any()
    before = objects_of(desk).copy()
    for move in (seeds.refresh, seeds.undo, seeds.redo, seeds.refresh):
        move()
        np.testing.assert_array_equal(objects_of(desk), before)


def test_what_the_user_did_to_an_object_outlives_undo_and_redo(desk, session):
    seeds = desk.dock.seeds_layer
    seeds.selected_label = 1
    session.committing.new_object()
    objects = objects_of(desk)
    region = objects == 1
    erased, repainted = np.argwhere(region)[[0, -1]]
    objects[tuple(erased)], objects[tuple(repainted)] = 0, 7
    changed = objects.copy()
    seeds.undo()
    np.testing.assert_array_equal(objects, np.where(changed == 7, 7, 0))
    seeds.redo()
    np.testing.assert_array_equal(objects, changed)
    seeds.undo()
    later = tuple(np.argwhere(changed == 1)[0])
    objects[later] = 8
    seeds.redo()
    changed[later] = 8
    np.testing.assert_array_equal(objects, changed)


def test_undo_without_the_layer_of_objects_leaves_the_next_one_alone(desk, session):
    seeds = desk.dock.seeds_layer
    seeds.selected_label = 1
    session.committing.new_object()
    desk.viewer.layers.remove(desk.dock.results["", "objects"])
    with desk.solved():
        seeds.undo()
    seeds.selected_label = 2
    session.committing.commit()
    before = objects_of(desk).copy()
    assert before.any()
    for move in (seeds.redo, seeds.undo):
        move()
        np.testing.assert_array_equal(objects_of(desk), before)


def test_a_label_without_a_region_is_not_committed(desk, session):
    desk.dock.seeds_layer.selected_label = 9
    assert session.committing.commit() == 0
    assert "Label 9 has no region" in desk.dock.state
