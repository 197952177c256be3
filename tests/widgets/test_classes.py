"""Names, colours, and edits of the strokes that one Ctrl+Z reverts."""

from __future__ import annotations

import numpy as np

from napari_deep_energy._widgets import classes, strokes_edits
from napari_deep_energy.palette import colour
from napari_deep_energy.uncertainty import uncertainty

from .conftest import undone


def test_clearing_a_class_leaves_the_others_and_is_one_undo(desk, session):
    seeds = desk.dock.seeds_layer
    ones = (seeds.data == 1).sum()
    check = undone(desk)
    seeds.selected_label = 2
    strokes_edits.clear_class(session)
    assert set(np.unique(seeds.data)) == {0, 1}
    assert (seeds.data == 1).sum() == ones
    check()


def test_accepting_paints_what_is_certain_and_is_one_undo(desk, session):
    seeds, before = desk.dock.seeds_layer, desk.dock.seeds_layer.data.copy()
    solution = session.answer.solutions["analytic"]
    check = undone(desk)
    strokes_edits.accept(session)
    added = (seeds.data != 0) & (before == 0)
    assert (seeds.data[before > 0] == before[before > 0]).all()
    assert (seeds.data[added] == solution.labels[added]).all()
    np.testing.assert_array_equal(
        added, (before == 0) & (solution.probabilities.max(0) >= strokes_edits.CERTAIN)
    )
    check()


def test_accepting_a_matte_takes_certain_fore_and_background(desk, session):
    with desk.solved():
        desk.dock.task = "matte"
    alpha = session.answer.solutions["analytic"].alpha
    before = desk.dock.seeds_layer.data.copy()
    check = undone(desk)
    strokes_edits.accept(session)
    data = desk.dock.seeds_layer.data
    free = before == 0
    assert (data[free & (alpha >= 0.96)] == 1).all()
    assert (data[free & (alpha <= 0.04)] == 2).all()
    assert not data[free & (alpha > 0.06) & (alpha < 0.94)].any()
    check()


def test_a_class_can_be_named(desk, session):
    classes.rename(session, 2, " sky ")
    assert classes.name_of(desk.dock.seeds_layer, 2) == "sky"
    for layer in (desk.dock.seeds_layer, desk.dock.results["analytic", "labels"]):
        status = layer.get_status((4, 4), world=True)
        assert "sky" in str(status)
    desk.dock.engine = "both"
    desk.solve((1, 30, 30))
    assert list(desk.dock.results["network", "labels"].features["class"]) == ["sky"]
    shown = [desk.dock.classes._list.item(i).text() for i in range(2)]
    assert shown == ["1", "2 sky"]


def test_the_list_takes_a_class_in_hand_and_names_it(desk, session):
    listed = desk.dock.classes._list
    listed.setCurrentRow(1)
    assert desk.dock.seeds_layer.selected_label == 2
    listed.item(1).setText("2 wall")
    assert classes.name_of(desk.dock.seeds_layer, 2) == "wall"
    listed.item(1).setText("2")
    assert classes.name_of(desk.dock.seeds_layer, 2) == ""


def test_with_no_class_in_hand_none_is_chosen(desk):
    listed = desk.dock.classes._list
    desk.dock.new_strokes().selected_label = 0
    desk.dock.task = "matte"
    assert desk.dock.session.choices.task == "matte"
    assert listed.currentRow() == -1


def test_new_strokes_have_the_colours_of_overlays(desk):
    for label in (1, 2, 9, 255):
        np.testing.assert_allclose(
            desk.dock.seeds_layer.get_color(label)[:3], colour(label) / 255, atol=0.01
        )


def test_a_colour_is_that_of_strokes_and_results(desk, session):
    seeds, labels = desk.dock.seeds_layer, desk.dock.results["analytic", "labels"]
    other = seeds.get_color(2).copy()
    classes.recolour(seeds, 1, (1.0, 0.0, 0.5, 1.0))
    for layer in (seeds, labels):
        np.testing.assert_allclose(layer.get_color(1), (1.0, 0.0, 0.5, 1.0), atol=0.01)
        np.testing.assert_allclose(layer.get_color(2), other, atol=0.01)


def test_certain_pixels_are_not_doubtful(session):
    solution = session.answer.solutions["analytic"]
    certain = solution.probabilities.max(0) >= strokes_edits.CERTAIN
    assert uncertainty(solution)[certain].max() <= 2 * (1 - strokes_edits.CERTAIN) + 1e-6
