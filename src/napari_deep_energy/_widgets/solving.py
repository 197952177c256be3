"""What the worker thread does: choices and strokes in, arrays ready for the layers out.

Nothing here knows Qt or napari, and torch is imported when the first job runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidInput
from ..files import reading
from ..layers import checksum
from ..memory import give_back, returned_memory
from ..stopping import check
from .choices import ENGINES, spec_of
from .previewing import Previewing
from .torch_import import import_solver
from .wanted import Wanted, planes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from ..comparison import Comparison
    from ..interactive import InteractiveSolver
    from ..layers import Kind, Picture
    from ..minimisers import Solution
    from ..stopping import Stop
    from .choices import Choices

TIDY_EVERY = 50
"""Answers between two returns of freed memory: without any, 1,000 strokes leave 60 MiB."""
PREVIEW_PIXELS = 192
"""Long side up to which the picture itself is solved while the brush moves."""


def written(path: Path | None) -> int | None:
    """When a file was written, in nanoseconds: fine-tuning improves one and the same."""
    try:
        return None if path is None else path.stat().st_mtime_ns
    except OSError:  # it is gone: whoever reads it says so
        return None


@dataclass(frozen=True, eq=False)
class Request:
    """One thing to solve. Made on the GUI thread, read on the worker's."""

    picture: Picture
    fingerprint: int
    """Another one if the pixels behind ``picture`` were changed in place."""
    labels: NDArray[Any]
    """(H, W) copy of the strokes."""
    choices: Choices
    preview: bool = False
    compare: bool = False
    """Whether to compare the engines, where both run."""
    wanted: Wanted = field(default_factory=Wanted)
    """Layers beside the answer itself."""

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for requests that have the same answer."""
        return (*self.question, self.compare and len(self.engines) > 1)

    @property
    def question(self) -> tuple[object, ...]:
        """Equal for requests that have the same solutions."""
        return (self.picture.key, self.fingerprint, checksum(self.labels), self.choices)

    @property
    def has_two_labels(self) -> bool:
        """Whether there is something to tell apart."""
        painted = self.labels[self.labels != 0]
        return bool(painted.size and (painted != painted[0]).any())

    @property
    def engines(self) -> tuple[str, ...]:
        """What was chosen to run."""
        return ENGINES[self.choices.engine]


@dataclass(frozen=True, eq=False)
class Answer:
    """Solutions, and their arrays in the form that layers show."""

    request: Request
    solutions: dict[str, Solution] = field(default_factory=dict)
    """By engine."""
    planes: dict[tuple[str, Kind], NDArray[Any]] = field(default_factory=dict)
    """By engine and kind."""
    comparison: Comparison | None = None
    notice: str = ""
    """Why one of two engines gave no answer, in words."""

    def solution_of(self, engine: str) -> Solution:
        """That of ``engine``, else the one there is."""
        return self.solutions.get(engine) or next(iter(self.solutions.values()))


class Desk:
    """Keeps the solver of the latest picture between strokes."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._data: object = None
        self._solver: InteractiveSolver | None = None
        self._rgb: NDArray[np.uint8] | None = None
        self._opacity: NDArray[np.float32] | None = None
        """Of an RGBA picture."""
        self._seconds: dict[str, float] = {}
        self._latest: Answer | None = None
        self._answers = 0
        self._previewing = Previewing()

    def close(self) -> None:
        """No request will come any more; never waits."""
        self._previewing.close()

    def job(self, request: Request) -> Callable[[Callable[[object], None], Stop], Answer]:
        """The request as work for the thread."""
        if request.preview and has_small_preview(request):
            return lambda report, stop: self.preview(request, stop)
        return lambda report, stop: self._tidied(self.answer(request, report, stop))

    def preparation(self, request: Request) -> Callable[[Callable[[object], None], Stop], None]:
        """What the first answer to such a request would wait for, as work for the thread."""

        def prepare(_: Callable[[object], None], stop: Stop) -> None:
            solver = self._solver_for(request)
            if has_small_preview(request):
                solver.preview.prepare(stop)
            for engine in request.engines:
                solver.prepare(engine, stop)  # type: ignore[arg-type]

        return prepare

    def expectation(
        self, picture: Picture, pixel: tuple[int, int]
    ) -> Callable[[Callable[[object], None], Stop], None]:
        """What a stroke at a pixel of the latest picture would wait for, as work for the thread."""

        def expect(_: Callable[[object], None], stop: Stop) -> None:
            if self._solver is not None and self._key[0] == picture.key:
                self._solver.expect_stroke(*pixel, stop)

        return expect

    def preview(self, request: Request, stop: Stop) -> Answer:
        """A first look at a lower resolution, from the exact solver.

        Raises
        ------
        InvalidInput
            In words fit for the user.
        Cancelled
            If ``stop`` returned true.
        """
        preview = self._solver_for(request).preview
        solution = self._previewing.solve(preview, request.labels, stop)
        made = self._planes(request, "analytic", solution) | planes(request.wanted, solution)
        return Answer(request, {"analytic": solution}, made)

    def answer(self, request: Request, report: Callable[[object], None], stop: Stop) -> Answer:
        """Solve; engines that are done before the last one are reported on the way.

        Raises
        ------
        InvalidInput
            In words fit for the user.
        Cancelled
            If ``stop`` returned true.
        """
        solver = self._solver_for(request)
        if (solved := self._solved_before(request)) is not None:
            return _compared(solved)
        answer = Answer(request)
        reasons: list[InvalidInput] = []
        for engine in self._order(request):
            check(stop)
            if answer.solutions:
                report(Answer(request, dict(answer.solutions), dict(answer.planes)))
            try:
                solution = solver.solve(request.labels, engine, stop)[engine]  # type: ignore[arg-type]
            except InvalidInput as error:
                reasons.append(error)
                continue
            answer.solutions[engine] = solution
            self._seconds[engine] = solution.seconds
            answer.planes.update(self._planes(request, engine, solution))
            if engine == "analytic" or len(answer.solutions) == 1:
                answer.planes.update(planes(request.wanted, solution))
        if not answer.solutions:
            raise reasons[0]
        if reasons:  # such as a model that cannot be used: the other engine needs none
            return replace(answer, notice=str(reasons[0]))
        self._latest = None if request.preview else answer
        return _compared(answer) if request.compare and len(answer.solutions) > 1 else answer

    def _solved_before(self, request: Request) -> Answer | None:
        """The latest answer, if all that the request asks for is how far its engines differ."""
        latest = self._latest
        if latest is None or not request.compare or latest.request.compare:
            return None
        is_same = len(request.engines) > 1 and latest.request.question == request.question
        return replace(latest, request=request) if is_same else None

    def _tidied(self, answer: Answer) -> Answer:
        """The answer; now and then, memory that those before it have left in pieces goes back."""
        self._answers += 1
        if self._answers % TIDY_EVERY == 0:
            give_back()
        return answer

    def _order(self, request: Request) -> tuple[str, ...]:
        """Engines to run, the fastest of the last time first; of a preview only that one."""
        order = sorted(request.engines, key=lambda engine: self._seconds.get(engine, 0.0))
        return tuple(order[:1] if request.preview else order)

    def _solver_for(self, request: Request) -> InteractiveSolver:
        """The kept solver if it is for the same picture and settings, else a new one."""
        interactive = import_solver()
        choices, picture = request.choices, request.picture
        spec = spec_of(choices)
        model = choices.model, written(choices.model)
        key = (picture.key, request.fingerprint, spec, model, choices.device)
        if self._solver is None or key != self._key:
            former, self._solver, self._rgb, self._latest = self._solver, None, None, None
            with returned_memory():
                self._solver = interactive.InteractiveSolver(
                    *(load(picture), picture.plane_shape, spec, choices.model, choices.device),
                    former=former,
                )
                del former
            self._opacity = picture.opacity()
            self._seconds = {}
            self._solver.expect_strokes()
        self._key, self._data = key, picture.data  # holds the array, so that its id stays its own
        return self._solver

    def _planes(
        self, request: Request, engine: str, solution: Solution
    ) -> dict[tuple[str, Kind], NDArray[Any]]:
        if request.choices.task == "segment":
            labels = solution.labels.astype(request.labels.dtype)
            return {(engine, "labels"): labels}
        from ..pictures import cutout, with_opacity

        # The colours under soft edges are worth their time once the brush is up.
        cut = with_opacity if request.preview else cutout
        alpha = solution.alpha
        cut_out = cut(self._colours(), alpha)
        if self._opacity is not None:  # of the picture: what is transparent there stays so
            cut_out = with_opacity(cut_out[..., :3], alpha * self._opacity)
        return {(engine, "cut-out"): cut_out, (engine, "alpha"): alpha}

    def _colours(self) -> NDArray[np.uint8]:
        """The picture as 8-bit RGB, (H, W, 3)."""
        if self._rgb is None:
            assert self._solver is not None
            image = self._solver.image[0].cpu().numpy()
            image = image if len(image) == 3 else np.repeat(image.mean(0, keepdims=True), 3, 0)
            self._rgb = (np.moveaxis(image, 0, -1) * 255 + 0.5).astype(np.uint8)
        return self._rgb


def has_small_preview(request: Request) -> bool:
    """Whether previews come from a small copy of the picture, as it is too large itself."""
    return "analytic" in request.engines and max(request.picture.plane_shape) > PREVIEW_PIXELS


def _compared(answer: Answer) -> Answer:
    """The same with the comparison, and the difference as one more plane."""
    from ..comparison import compare

    comparison = compare(answer.solutions["network"], answer.solutions["analytic"])
    planes = answer.planes | {("", "difference"): comparison.difference}
    return replace(answer, planes=planes, comparison=comparison)


def load(picture: Picture) -> NDArray[Any]:
    """The pixels; of a lazy array they are read only now, from where they may be gone."""
    with reading():
        return picture.load()
