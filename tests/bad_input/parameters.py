"""Parameters out of range, by the cases of docs/bad-input.md: for Python, and for the command."""

from __future__ import annotations

from typing import Any

PYTHON: dict[str, dict[str, Any]] = {
    "beta": {"beta": -1},
    "nan-beta": {"beta": float("nan")},
    "lam": {"lam": 0},
    "epsilon": {"epsilon": 0},
    "word-beta": {"beta": "sharp"},
    "engine": {"engine": "magic"},
    "device": {"device": "tpu"},
    "device-elsewhere": {"device": "cuda:99"},
    "idle-objects": {"energy": "paper", "objects": True},
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "beta": ("segment", "--beta", "-1"),
    "nan-beta": ("segment", "--beta", "nan"),
    "lam": ("segment", "--lam", "0"),
    "epsilon": ("matte", "--epsilon", "0"),
    "device": ("segment", "--device", "tpu"),
    "device-elsewhere": ("segment", "--device", "cuda:99"),
    "memory": ("tiled", "--memory", "nan"),
    "lost-parameter": ("compare", "--task", "segment", "--epsilon", "1"),
    "idle-objects": ("segment", "--energy", "paper", "--objects"),
    "lost-objects": ("compare", "--task", "matte", "--no-objects"),
}
