"""What the user chose, apart from the layers, and the energy that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .torch_import import import_solver

if TYPE_CHECKING:
    from pathlib import Path

    from ..energy import EnergySpec

ENGINES = {"network": ("network",), "analytic": ("analytic",), "both": ("network", "analytic")}


@dataclass(frozen=True)
class Choices:
    """What the user chose, apart from the layers."""

    task: str = "segment"
    engine: str = "analytic"
    model: Path | None = None
    """Checkpoint of the network; None is the bundled one."""
    device: str = "auto"
    energy: str = "colour"
    """Which energy, by its name among ``energy.ENERGIES``."""
    beta: float = 1000.0
    """Of the paper's energy; the colour-aware one takes it from the picture."""
    prior: float = 5e-3
    """Of the colour-aware energy."""
    objects: bool = True
    """Whether that knows objects, of up to six classes."""
    epsilon: float = 1e-7
    lam_segment: float = 10.0
    lam_matte: float = 1.0
    hard_seeds: bool = False

    @property
    def lam(self) -> float:
        """Confidence of a stroke in the chosen task."""
        return self.lam_segment if self.task == "segment" else self.lam_matte

    def with_lam(self, lam: float) -> Choices:
        """The same with another confidence in the chosen task."""
        if self.task == "segment":
            return replace(self, lam_segment=lam)
        return replace(self, lam_matte=lam)


def spec_of(choices: Choices) -> EnergySpec:
    """The chosen energy."""
    spec: EnergySpec = import_solver().make_spec(choices.task, **call_parameters(choices))
    return spec


def call_parameters(choices: Choices) -> dict[str, Any]:
    """Parameters of the chosen energy, as :func:`interactive.make_spec` takes them."""
    own: dict[str, Any] = {"epsilon": choices.epsilon}
    if choices.task == "segment":
        is_paper = choices.energy == "paper"
        aware = {"prior": choices.prior, "objects": choices.objects and choices.prior > 0}
        own = {"beta": choices.beta} if is_paper else aware
    return {"energy": choices.energy, **own, "lam": choices.lam, "hard_seeds": choices.hard_seeds}


def call_arguments(choices: Choices) -> dict[str, object]:
    """Arguments of :func:`segment` or :func:`matte` that give the same answer; None is left out."""
    device = None if choices.device == "auto" else choices.device
    model = str(choices.model) if choices.model else None
    return {**call_parameters(choices), "model": model, "device": device}
