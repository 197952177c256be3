"""What an energy's parameters may be: checked where a spec is made, whoever makes it."""

from __future__ import annotations

from numbers import Real

from ..errors import InvalidInput


def check_number(name: str, value: object, low: float, high: float) -> None:
    """Refuse what is no number from ``low`` to ``high``, NaN and truth values included.

    Raises
    ------
    InvalidInput
        Naming the parameter, the value and the range.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not low <= float(value) <= high:  # type: ignore[arg-type]
        raise InvalidInput(f"{name} is {value!r}; give a number from {low:g} to {high:g}.")


def check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    """Refuse what is none of ``choices``; 1 is not True here.

    Raises
    ------
    InvalidInput
        Naming the parameter, the value and the choices.
    """
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        raise InvalidInput(f"{name} is {value!r}; give {' or '.join(map(repr, choices))}.")
