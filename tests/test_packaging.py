"""The wheel and the sdist hold what an installation needs, wherever they are built from."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "training" / "configs").glob("*.toml"))
NEEDED = {
    "napari_deep_energy/napari.yaml",
    "napari_deep_energy/py.typed",
    "napari_deep_energy/training/__init__.py",
    "napari_deep_energy/weights/segment.safetensors",
    "napari_deep_energy/weights/segment_prior.safetensors",
    "napari_deep_energy/weights/segment_regions.safetensors",
    "napari_deep_energy/weights/matte.safetensors",
    "napari_deep_energy/weights/objects.safetensors",
    *(f"napari_deep_energy/training/configs/{path.name}" for path in RECIPES),
    "napari_deep_energy/_widgets/__init__.py",
}


def build(kind: str, source: Path, target: Path) -> Path:
    """Call the build back-end in a process of its own, without an isolated environment."""
    code = (
        "import os, sys, setuptools.build_meta as backend\n"
        f"os.chdir(sys.argv[1]); print(backend.build_{kind}(sys.argv[2]))"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, source, target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """Sdist of the tracked files, made in a copy so that this tree stays as it is."""
    copy = tmp_path_factory.mktemp("copy")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    return build("sdist", copy, tmp_path_factory.mktemp("sdist"))


def test_a_wheel_from_the_sdist_is_whole(sdist, tmp_path):
    shutil.unpack_archive(sdist, tmp_path)
    (unpacked,) = tmp_path.iterdir()
    wheel = build("wheel", unpacked, tmp_path)
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names >= NEEDED
    assert not [n for n in names if n.startswith(("training/", "tests/", "benchmarks/"))]
    modules = {f"napari_deep_energy/{p.relative_to(ROOT / 'src/napari_deep_energy')}"
               for p in (ROOT / "src/napari_deep_energy").rglob("*.py")}  # fmt: skip
    assert names >= modules
