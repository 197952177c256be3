"""The manifest is valid, and what it points to is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from npe2 import PluginManifest
from npe2.cli import app
from typer.testing import CliRunner

MANIFEST = Path(__file__).parents[1] / "napari.yaml"


@pytest.mark.parametrize("options", [[], ["--imports"]])
def test_npe2_accepts_it(options):
    result = CliRunner().invoke(app, ["validate", str(MANIFEST), *options])
    assert result.exit_code == 0, result.output


def test_the_installed_package_has_the_same_manifest():
    installed = PluginManifest.from_distribution("napari-deep-energy")
    assert installed.contributions == PluginManifest.from_file(MANIFEST).contributions


def test_it_offers_the_docks_and_the_samples():
    contributions = PluginManifest.from_file(MANIFEST).contributions
    assert [w.display_name for w in contributions.widgets] == [
        "Deep Energy",
        "Compare",
        "Fine-tune",
        "Batch",
    ]
    assert {s.key for s in contributions.sample_data} >= {
        "astronaut", "coins", "ihc", "chelsea", "composite",
    }  # fmt: skip


def test_sessions_are_read_and_written_and_labels_saved_as_png():
    contributions = PluginManifest.from_file(MANIFEST).contributions
    (reader, _), (writer, labels) = contributions.readers, contributions.writers
    assert reader.filename_patterns == ["*.deepenergy"]
    assert writer.filename_extensions == [".deepenergy"]
    assert labels.filename_extensions == [".png"]


def test_all_menus_can_be_contributed_to():
    from napari._app_model.constants import MenuId

    menus = set(PluginManifest.from_file(MANIFEST).contributions.menus)
    assert {f"napari/layers/{name}" for name in ("segment", "annotate", "measure")} <= menus
    assert "napari/file/io_utilities" in menus
    assert menus <= {str(menu) for menu in MenuId.contributables()}


def test_preferences_have_the_defaults_of_the_code():
    # The page of a plugin came after the oldest napari that is supported; there is no public way.
    generator = pytest.importorskip("napari.settings._plugin_config_generator")
    from npe2 import PluginManager

    from napari_deep_energy._widgets import asking, autosave

    manager = PluginManager()
    manifest = PluginManifest.from_file(MANIFEST)
    if manifest.name not in {known.name for known in manager.iter_manifests()}:
        manager.register(manifest)  # later releases of npe2 have found it by themselves
    page = generator.plugin_configuration_generator(manager)["napari-deep-energy"]().dock
    assert page.autosave is True
    assert page.autosave_seconds == autosave.WAIT_SECONDS
    assert page.ask_above_seconds == asking.SECONDS
