"""Recipes: those that are shipped, those that are read, mistakes in them."""

from __future__ import annotations

import pytest
from napari_deep_energy.training.recipe import CONFIGS, Recipe, Stage

from napari_deep_energy.energy import ClosedFormMatting, RandomWalker
from napari_deep_energy.errors import InvalidInput

SHIPPED = sorted(path.stem for path in CONFIGS.glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_recipe_loads_and_survives_a_round_trip(name):
    recipe = Recipe.load(name)
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    assert recipe.name == name
    assert max(size for stage in recipe.stages for size in stage.sizes) <= recipe.cache


def test_the_paper_s_recipe_is_the_paper_s():
    recipe = Recipe.load("paper_segment")
    assert recipe.energy == RandomWalker(beta=1000, lam=10)
    stage, step = recipe.at(0)
    assert (stage.size(step), stage.batch(step)) == (64, 32)
    assert recipe.steps == 500 * 20_000 // 32
    chosen = recipe.optimiser
    assert (chosen.learning_rate, chosen.decay, chosen.decay_epochs) == (3e-4, 0.96, 10)
    matte = Recipe.load("paper_matte")
    assert matte.energy == ClosedFormMatting(lam=1)
    stage, step = matte.at(0)
    assert (stage.size(step), stage.batch(step)) == (128, 32)


def test_a_recipe_is_read_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'seed = 3\n[energy]\ntask = "segment"\nbeta = 90.0\n'
        "[[stages]]\nsteps = 5\nsizes = [32, 48]\n[markers]\nradius = [0.1, 0.2]\n"
    )
    recipe = Recipe.load(path)
    assert recipe.energy == RandomWalker(beta=90)
    assert recipe.stages == (Stage(5, (32, 48)),)
    assert recipe.markers.radius == (0.1, 0.2)
    assert recipe.seed == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sed = 3", "'sed'"),
        ("[markers]\nradios = 1", "'radios'"),
        ("seed = ", "not TOML"),
        ('[energy]\ntask = "segment"\ngamma = 1', "energy or stages"),
    ],
)
def test_a_mistake_in_a_recipe_is_named(tmp_path, text, message):
    path = tmp_path / "wrong.toml"
    parts = ['[energy]\ntask = "segment"', "[[stages]]\nsteps = 1"]
    path.write_text("\n".join([text, *parts] if "energy" not in text else [text, parts[1]]))
    with pytest.raises(InvalidInput, match=message):
        Recipe.load(path)


def test_an_unknown_recipe_lists_the_known_ones():
    with pytest.raises(InvalidInput, match="paper_segment"):
        Recipe.load("nonsense")


def test_sizes_take_turns_and_batches_fill_the_same_pixels():
    stage = Stage(10, (64, 128), 4 * 128 * 128)
    assert [stage.size(k) for k in range(4)] == [64, 128, 64, 128]
    assert [stage.batch(k) for k in range(2)] == [16, 4]


def test_a_shortened_recipe_keeps_its_proportions():
    recipe = Recipe(stages=(Stage(100), Stage(300))).shortened(40)
    assert [stage.steps for stage in recipe.stages] == [10, 30]
