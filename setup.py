"""Copies the manifest from the top of the tree into the package, where npe2 looks for it."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class BuildWithManifest(build_py):
    def run(self):
        shutil.copyfile(ROOT / "napari.yaml", ROOT / "src/napari_deep_energy/napari.yaml")
        super().run()


setup(cmdclass={"build_py": BuildWithManifest})
