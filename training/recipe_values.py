"""What a recipe's values may be: its files come from anywhere, so each is checked once, here."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from napari_deep_energy.errors import InvalidInput

SHARE = (0, 1)
SIDE = (8, 4096)
COUNT = (1, 1_000_000_000)
LIMITS: dict[str, tuple[float, float]] = {
    "steps": COUNT, "sizes": SIDE, "pixels": COUNT,
    "learning_rate": (1e-12, 100), "decay": SHARE, "decay_epochs": COUNT,
    "warmup": (0, 1_000_000_000), "clip": (0, 1e12),
    "radius": SHARE, "length": SHARE, "thickness": SHARE, "band": SHARE,
    "more": SHARE, "dense": SHARE, "most": (1, 100), "oblique": SHARE,
    "smallest": SHARE, "largest": SHARE,
    "cache": SIDE, "measure_every": COUNT, "held_out": (1, 100_000), "held_out_size": SIDE,
    "average": (0, 0.99999), "descents": (0, 512), "held_out_steps": (0, 512),
    "labelled_weight": (0, 1e6), "labelled_pictures": (0, 1_000_000_000),
    "hidden": (0, 100), "seed": (0, 2**63 - 1),
}  # fmt: skip
"""Least and largest of each number."""
WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def checked(name: str, value: object, kind: Any) -> Any:
    """The value as the type of its field, tuples from lists.

    Raises
    ------
    InvalidInput
        If it has another type, is none of the choices, or is out of range.
    """
    if get_origin(kind) is tuple:
        return _tuple(name, value, get_args(kind))
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            wanted = " or ".join(map(repr, get_args(kind)))
            raise InvalidInput(f"the recipe's {name} is {value!r}; give {wanted}.")
        return value
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise InvalidInput(f"the recipe's {name} is {value!r}; give {WORDS[kind]}.")
    low, high = LIMITS.get(name, (float("-inf"), float("inf")))
    if isinstance(value, int | float) and not low <= value <= high:
        raise InvalidInput(
            f"the recipe's {name} is {value!r}; give {WORDS[kind]} from {low:g} to {high:g}."
        )
    return value


def _tuple(name: str, value: object, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    is_open = kinds[-1] is Ellipsis
    wanted = "one or more" if is_open else str(len(kinds))
    is_list = isinstance(value, list | tuple)
    if not is_list or not value or not (is_open or len(value) == len(kinds)):  # type: ignore[arg-type]
        raise InvalidInput(f"the recipe's {name} is {value!r}; give a list of {wanted} values.")
    return tuple(checked(name, one, kinds[0]) for one in value)  # type: ignore[attr-defined]
