"""One picture, many strokes: what does not depend on the strokes is kept between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import torch

from . import kernels
from .devices import choose_device
from .energy import ENERGIES, EnergySpec
from .energy.parameters import check_number
from .errors import InvalidInput
from .fallback import OutOfMemory, cuda_or_why_not, is_device_failure, reason
from .minimisers import Minimiser, NestedDissection, NetworkMinimiser, Solution
from .minimisers.denormals import flushed_denormals
from .networks import MOST_STEPS, load_model
from .preview import Preview
from .problem import Problem, image_tensor
from .seeds import BACKGROUND, class_values, is_trimap_of
from .stopping import check, never

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .energy import Laplacian
    from .networks import Checkpoint
    from .stopping import Stop

Engine: TypeAlias = Literal["auto", "network", "analytic", "both"]
ENGINES: tuple[Engine, ...] = ("auto", "network", "analytic", "both")
MORE_BACKGROUND = "Labels above 2 count as background."
LIKE_A_TRIMAP = "The strokes reach 255 like a trimap; to cut out by one, choose the task matte."
READ_AS_TRIMAP = "Read as a trimap: 255 is foreground, 0 background, the rest unknown."
AUTO_PIXELS = 2_100_000
"""``"auto"`` is the exact solver up to this many pixels, and the network above."""


class InteractiveSolver:
    """Answers strokes on one picture with the network, the exact solver, or both.

    Parameters
    ----------
    image
        (H, W), (H, W, C) or (C, H, W), any real type; see :func:`images.normalise`.
    shape
        (H, W) of the seeds to come.
    spec
        The energy to minimise; it also chooses the task.
    model
        A checkpoint or its path; the bundled one by default. Loaded when first used.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"``, ...
    refine
        Steps down the energy after the network's pass: 0 is the network alone, as in the paper;
        None as many as suit the model, or else its task.
    former
        A solver that is no longer needed: for a picture of the same size, the exact solver uses
        its memory again, which halves the time to the first answer.

    Raises
    ------
    InvalidInput
        If the picture cannot be worked on, the device is not there, or ``refine`` is negative.
    """

    def __init__(
        self,
        image: NDArray[Any],
        shape: tuple[int, ...],
        spec: EnergySpec,
        model: Checkpoint | Path | str | None = None,
        device: str = "auto",
        refine: int | None = None,
        former: InteractiveSolver | None = None,
    ) -> None:
        if refine is not None:
            check_number("refine", refine, 0, MOST_STEPS)
        if len(shape) != 2:
            raise InvalidInput(
                f"the strokes have shape {tuple(shape)}; work on one plane (H, W) at a time."
            )
        self.spec = spec
        # Energies are read out in float64: the gap of a good answer is a small difference.
        # Kept beside the GPU's, as a GPU that has failed may not give it back.
        self._image = image_tensor(image, tuple(shape)).double()
        self._model, self._refine = model, refine
        self._preview: Preview | None = None
        self._notice = ""
        chosen = choose_device(device)
        try:
            self._move_to(chosen)
        except (RuntimeError, MemoryError) as error:
            self._fall_back(error)
        if former is not None and former._image.shape[2:] == self._image.shape[2:]:
            self._minimisers |= {"analytic": former._minimisers.pop("analytic", NestedDissection())}
        if device == "auto" and chosen.type == "cpu" and (why := cuda_or_why_not()[1]):
            self._notice = f"The GPU cannot be used ({why}); the CPU answers."

    def _move_to(self, device: torch.device) -> None:
        self.image = self._image.to(device)
        self.device = device
        self._laplacian: Laplacian | None = None
        self._minimisers: dict[str, Minimiser] = {}

    def _fall_back(self, error: Exception) -> None:
        """Go on with the CPU if a GPU failed; any other error is raised again."""
        if not is_device_failure(error):
            raise error
        if getattr(self, "device", None) == torch.device("cpu"):
            size = " x ".join(str(n) for n in self._image.shape[2:])
            raise OutOfMemory(
                f"there is not enough memory for {size} pixels ({reason(error)}); make the "
                "picture smaller, or take the other engine."
            ) from error
        self._notice = f"The GPU failed ({reason(error)}); the CPU answers."
        self._move_to(torch.device("cpu"))

    def problem(self, labels: NDArray[Any], stop: Stop = never) -> Problem:
        """Checked problem for these strokes, (H, W) integers."""
        problem = Problem.from_tensor(self.image, np.asarray(labels), stop)
        return problem.as_matting() if self.spec.task == "matte" else problem

    def prepare(self, engine: Engine = "auto", stop: Stop = never) -> None:
        """Do before the first stroke what it would wait for: factor the picture, load the network.

        Raises
        ------
        InvalidInput
            If the model cannot be used.
        Cancelled
            If ``stop`` returned true; what was finished is kept.
        """
        try:
            self._prepare(engine, stop)
        except (RuntimeError, MemoryError, OutOfMemory) as error:
            self._fall_back(error)
            self._prepare(engine, stop)

    @flushed_denormals()
    def _prepare(self, engine: Engine, stop: Stop) -> None:
        laplacian = self._weigh(stop)
        for name in engines_to_run(engine, self.image[0, 0].numel()):
            minimiser = self._minimiser(name)
            if isinstance(minimiser, NestedDissection):
                self.expect_strokes()
                minimiser.prepare(self.image, laplacian, stop, self.spec.known_confidence)

    def expect_strokes(self) -> None:
        """Say that many will follow, so that it pays to compile kernels for them; never waits."""
        if self.device.type == "cpu":
            kernels.start()

    @flushed_denormals()
    def expect_stroke(self, row: int, column: int, stop: Stop = never) -> None:
        """Do, while there is time, what the exact solver's next stroke would wait for.

        After the first answer, or :meth:`prepare`; on a CPU, once the kernels are compiled.

        Parameters
        ----------
        row, column
            Pixel where it is likely to start, such as where the pointer rests. A stroke elsewhere
            has the same answer, in the time of one that is not near the last two.
        stop
            Polled between steps.

        Raises
        ------
        InvalidInput
            If there is no such pixel.
        Cancelled
            If ``stop`` returned true; what was finished is kept.
        """
        minimiser = self._minimisers.get("analytic")
        if isinstance(minimiser, NestedDissection) and self._laplacian is not None:
            minimiser.expect(row, column, stop)

    @property
    def preview(self) -> Preview:
        """The exact solver on a small copy of the picture, for while the brush moves."""
        if self._preview is None:
            self._preview = Preview(self._image, self.spec)
        return self._preview

    def _weigh(self, stop: Stop) -> Laplacian:
        if self._laplacian is None:
            self._laplacian = self.spec.laplacian(self.image, stop=stop)
        return self._laplacian

    def solve(
        self, labels: NDArray[Any], engine: Engine = "auto", stop: Stop = never
    ) -> dict[str, Solution]:
        """Answer the strokes; keys are the engines that ran, ``"network"`` and ``"analytic"``.

        Raises
        ------
        InvalidInput
            In words fit for the user, if there is nothing to solve.
        Cancelled
            If ``stop`` returned true.
        """
        try:
            solutions = self._solve(labels, engine, stop)
        except (RuntimeError, MemoryError, OutOfMemory) as error:
            self._fall_back(error)
            solutions = self._solve(labels, engine, stop)
        return self._with_notices(solutions, labels)

    @flushed_denormals()
    def _solve(self, labels: NDArray[Any], engine: Engine, stop: Stop) -> dict[str, Solution]:
        problem = self.problem(labels, stop)
        energy = self.spec.energy(problem, self._weigh(stop), stop)
        check(stop)
        solutions = {
            name: self._minimiser(name).minimise(problem, energy, stop)
            for name in engines_to_run(engine, problem.image[0, 0].numel())
        }
        del problem, energy  # that of a large picture takes its time to go
        check(stop)
        return solutions

    def _with_notices(
        self, solutions: dict[str, Solution], labels: NDArray[Any]
    ) -> dict[str, Solution]:
        """The solutions, the first of which tells what the user may not expect."""
        notices = [self._notice]
        if np.max(labels) > BACKGROUND:  # else the usual stroke would pay for the look
            is_trimap = is_trimap_of(class_values(labels))
            if self.spec.task == "matte":
                notices.append(READ_AS_TRIMAP if is_trimap else MORE_BACKGROUND)
            elif is_trimap:
                notices.append(LIKE_A_TRIMAP)
        name, solution = next(iter(solutions.items()))
        advice = " ".join(filter(None, [solution.advice, *notices]))
        return solutions | {name: replace(solution, advice=advice)}

    def _minimiser(self, name: str) -> Minimiser:
        if name not in self._minimisers:
            if name == "analytic":
                self._minimisers[name] = NestedDissection()
            else:
                checkpoint = load_model(self._model, self.spec.task, self.spec.has_prior)
                self._minimisers[name] = NetworkMinimiser(checkpoint, self.device, self._refine)
        return self._minimisers[name]


def engines_to_run(engine: Engine, pixels: int) -> tuple[str, ...]:
    """Names of the minimisers behind an engine choice, network first because it is faster."""
    if engine not in ENGINES:
        raise InvalidInput(f"there is no engine {engine!r}; choose one of {', '.join(ENGINES)}.")
    if engine == "auto":
        return ("analytic",) if pixels <= AUTO_PIXELS else ("network",)
    return ("network", "analytic") if engine == "both" else (engine,)


def make_spec(task: str, energy: str = "colour", **parameters: object) -> EnergySpec:
    """Spec of ``task`` with those ``parameters`` that are not None.

    Parameters
    ----------
    task
        ``"segment"`` or ``"matte"``.
    energy
        Which of :data:`energy.ENERGIES` the other parameters come from.

    Raises
    ------
    InvalidInput
        If there is no such energy, a parameter is out of its range, or ``objects`` has no prior to
        correct.
    """
    given = {name: value for name, value in parameters.items() if value is not None}
    if (task, energy) not in ENERGIES:
        known = ", ".join(name for kind, name in ENERGIES if kind == task)
        raise InvalidInput(f"there is no energy {energy!r}; choose one of {known}.")
    spec = replace(ENERGIES[task, energy], **given)  # type: ignore[arg-type]
    if given.get("objects") and not spec.prior:
        raise InvalidInput(
            "objects corrects the targets of a prior, and this energy has none; give a prior above "
            "0, or leave objects."
        )
    return spec
