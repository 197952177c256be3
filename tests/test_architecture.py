"""Who may import whom, and what importing costs."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from .imports import modules_of

ROOT = Path(__file__).parents[1]
CORE = ROOT / "src" / "napari_deep_energy"
WINDOWED = {"demo.py", "hand.py", "live.py", "random_user.py", "responsiveness.py", "soak.py"}
GUI = {"napari", "qtpy", "magicgui", "superqt", "PyQt6", "PySide6", "vispy"}


def imported(path: Path) -> set[str]:
    return modules_of(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "path",
    [p for folder in (CORE, ROOT / "training", ROOT / "benchmarks") for p in folder.rglob("*.py")
     if "_widgets" not in p.parts and p.name not in WINDOWED],
    ids=lambda p: str(p.relative_to(ROOT)),
)  # fmt: skip
def test_only_the_widgets_know_of_a_window(path):
    assert not {name.split(".")[0] for name in imported(path)} & GUI


@pytest.mark.parametrize(
    "path",
    [p for p in CORE.rglob("*.py") if not {"_widgets", "cli"} & set(p.parts)],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_the_core_knows_neither_training_nor_widgets(path):
    assert not any("training" in name or "_widgets" in name for name in imported(path))


def modules_after(imports: str) -> set[str]:
    """Modules that a fresh Python has loaded after these imports."""
    code = f"import sys, {imports}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_docks_and_samples_are_imported_without_torch():
    assert "torch" not in modules_after("napari_deep_energy._widgets, napari_deep_energy.samples")


def test_training_and_solvers_import_without_a_window():
    assert not modules_after("napari_deep_energy.training, napari_deep_energy.interactive") & GUI


def test_every_package_is_declared():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"][
        "packages"
    ]
    found = {
        ".".join(("napari_deep_energy", *p.parent.relative_to(CORE).parts))
        for p in CORE.rglob("__init__.py")
    } | {
        ".".join(("napari_deep_energy", *p.parent.relative_to(ROOT).parts))
        for p in (ROOT / "training").rglob("__init__.py")
    }
    assert set(declared) == found


def test_dependencies_have_no_upper_pin_and_no_qt_binding():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for requirement in project["dependencies"]:
        assert "<" not in requirement
        assert "==" not in requirement
        assert not requirement.lower().startswith(("pyqt", "pyside"))


def test_nothing_called_training_lands_in_site_packages():
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('training') is not None)"
    done = subprocess.run([sys.executable, "-I", "-c", code], check=False, cwd="/")
    assert done.returncode == 0
