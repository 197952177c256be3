"""The paper's Tables 1 and 2 as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TASKS = {"seg": "segmentation", "mat": "matting"}
SPLITS = {"_train": "train", "": "val"}


def table1(figures: Mapping[str, float]) -> str:
    """Markdown of what :func:`accuracy.evaluate_table1` returns."""
    header = (
        "task", "split", "E(optimum)", "E(network alone)", "ratio", "E(network)", "ratio",
        "E(random)", "E(nearest seed)", "IoU optimum", "IoU network alone", "gain", "IoU network",
        "gain",
    )  # fmt: skip
    keys = (
        "energy_analytic", "energy_network_alone", "energy_ratio_alone", "energy_network",
        "energy_ratio", "energy_random", "energy_nearest_seed", "iou_analytic",
        "iou_network_alone", "iou_gain_alone", "iou_network", "iou_gain",
    )  # fmt: skip
    rows = [
        (task, split, *(_number(figures.get(f"{prefix}_{key}{ending}")) for key in keys))
        for prefix, task in TASKS.items()
        for ending, split in SPLITS.items()
    ]
    text = "# Table 1: mean energy and intersection over union\n\n" + _markdown(header, rows)
    text += "\n*Alone*: one pass, as in the paper. Else with the steps down the energy after it.\n"
    if "mat_mse_analytic" in figures:
        kinds = (("whole picture", ""), ("unknown pixels", "unknown_"))
        errors = [
            (where, *(_number(figures[f"mat_mse_{kind}{key}"]) for key in _MSE))
            for where, kind in kinds
        ]
        text += "\n## Mean squared error of alpha, alphamatting pictures at 512 x 512\n\n"
        text += _markdown(("over", "optimum", "network alone", "ratio", "network", "ratio"), errors)
    return text


_MSE = ("analytic", "alone", "ratio_alone", "network", "ratio")


def table2(figures: Mapping[str, float]) -> str:
    """Markdown of what :func:`speed.evaluate_table2` returns: milliseconds."""
    found = [name.split("_", 2) for name in figures]
    methods = list(dict.fromkeys(method for *_, method in found if method != "speedup"))
    rows = [
        (TASKS[prefix], f"{size} x {size}", *(
            _number(1000 * value if (value := figures.get(f"{prefix}_{size}_{m}")) else None)
            for m in methods
        ))
        for prefix, size in dict.fromkeys((prefix, size) for prefix, size, _ in found)
    ]  # fmt: skip
    return "# Table 2: time in milliseconds\n\n" + _markdown(("task", "size", *methods), rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---"] * len(header)
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, rule, *rows))
