"""Which device computes."""

from __future__ import annotations

import torch

from .errors import InvalidInput
from .fallback import cuda_or_why_not, reason


def choose_device(device: str = "auto") -> torch.device:
    """The device that will be used: ``"auto"`` takes a GPU where there is one.

    Raises
    ------
    InvalidInput
        If the device is asked for by name and is not there; there is no silent CPU.
    """
    if device == "auto":
        return torch.device("cuda" if cuda_or_why_not()[0] else "cpu")
    here = " or ".join(("auto", "cpu", *_accelerators()))
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise InvalidInput(f"there is no device {device!r}; choose {here}.") from error
    try:
        float(torch.zeros(1, device=chosen))
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InvalidInput(
            f"device {device!r} cannot be used ({reason(error)}); choose {here}."
        ) from error
    return chosen


def synchronise(device: torch.device | str) -> None:
    """Wait until a device has done what it was asked for, as a clock must before it is read."""
    kind = torch.device(device).type
    if kind == "cuda":  # the work of other threads is no concern of this one's clock
        torch.cuda.current_stream(device).synchronize()
    elif kind == "mps":
        torch.mps.synchronize()


def _accelerators() -> list[str]:
    """Names of the devices of this computer beside its CPU."""
    found = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return [*found, *(["mps"] if torch.backends.mps.is_available() else [])]
