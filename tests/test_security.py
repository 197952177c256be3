"""No pickle is read, nothing from a file is run, nothing is fetched unless it is asked for."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from napari_deep_energy import segment

from .imports import modules_of

ROOT = Path(__file__).parents[1]
SOURCES = [
    path
    for folder in ("src", "training", "benchmarks", "scripts")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
CAN_RUN_CODE = {"pickle", "cPickle", "_pickle", "dill", "joblib", "cloudpickle", "marshal"}
ON_THE_NET = {"urllib", "urllib.request", "requests", "httpx", "pooch", "huggingface_hub", "http",
              "ftplib", "aiohttp"}  # fmt: skip
MAY_FETCH = {"download.py"}
"""The one module that fetches, when the user asks for a data set; by checksum."""


def dangerous_calls(tree: ast.AST) -> list[str]:
    """Calls that could unpickle, run text as code, or run a shell."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        keywords = {word.arg: ast.unparse(word.value) for word in node.keywords}
        is_numpy = name in ("np.load", "numpy.load") and keywords.get("allow_pickle") != "False"
        is_code = name in ("eval", "exec", "compile", "__import__", "os.system", "torch.load")
        if is_numpy or is_code or keywords.get("shell") == "True" or "pickle" in name.lower():
            found.append(f"line {node.lineno}: {name}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_source_reads_pickles_or_runs_text(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not {name.split(".")[0] for name in modules_of(tree)} & CAN_RUN_CODE
    assert dangerous_calls(tree) == []


@pytest.mark.parametrize(
    "text",
    ["torch.load(p)", "np.load(p)", "eval(t)", "pd.read_pickle(p)", "run(c, shell=True)"],
)
def test_the_scan_finds_what_it_looks_for(text):
    assert dangerous_calls(ast.parse(text))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_download_knows_the_net(path):
    found = modules_of(ast.parse(path.read_text(encoding="utf-8"))) & ON_THE_NET
    assert not found or path.name in MAY_FETCH


@pytest.mark.parametrize("engine", ["analytic", "network"])
def test_solving_needs_no_net(offline, photograph, strokes, engine):
    assert np.isfinite(segment(photograph, strokes, engine=engine).energy)
