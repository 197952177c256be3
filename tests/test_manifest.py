"""The manifest is valid, and what it points to can be imported at no cost."""

from __future__ import annotations

import subprocess
import sys
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
    ]
    assert {s.key for s in contributions.sample_data} >= {
        "astronaut", "coins", "ihc", "chelsea", "composite",
    }  # fmt: skip


def test_opening_a_dock_or_a_sample_does_not_import_torch():
    code = (
        "import sys, napari_deep_energy._widgets, napari_deep_energy.samples\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
