"""Rows of panels that show seeds, answers and masks."""

from __future__ import annotations

from napari_deep_energy.training.figures import figure

from napari_deep_energy.palette import colour


def test_a_row_holds_six_panels_and_the_seeds_are_coloured(held_out):
    picture = figure(held_out, held_out.optimum, rows=2)
    size = held_out.masks.shape[-1]
    assert picture.shape == (2 * size + 4, 6 * size + 5 * 4, 3)
    first = picture[:size, :size]
    for plane, label in enumerate((1, 2)):
        seeds = held_out.seen.seeds[0, plane].numpy() > 0
        assert (first[seeds] == colour(label)).all()


def test_the_optimum_s_own_columns_are_alike(held_out):
    picture = figure(held_out, held_out.optimum, rows=1)
    size = held_out.masks.shape[-1]
    panels = [picture[:, k * (size + 4) : k * (size + 4) + size] for k in range(6)]
    assert (panels[1] == panels[2]).all()
    assert (panels[3] == panels[4]).all()
    assert not (panels[1] == panels[3]).all()
