"""The state line: what is on screen, how good it is, or what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..crops import Crop
from ..errors import InvalidInput, TooFewLabels

if TYPE_CHECKING:
    from ..layers import Picture
    from ..minimisers import Solution
    from .solving import Answer

NAMES = {"network": "Network", "analytic": "Analytic"}
NO_IMAGE = "Open a picture. File > Open Sample > Deep Energy has some with strokes ready."
NO_STROKES = "Press New, then paint label 1 on the object and label 2 on the background."
NO_ANSWER = "Nothing was solved yet; paint strokes first."
STALE = "Changed since the last answer. Press Solve once."
NOT_LIVE = "Live is off. Press Solve once for the answer."
NEW_LABEL = "(M takes a new one)"
TOO_FEW = f"Paint at least two labels {NEW_LABEL}; the picture is being made ready."
OLDER = "The answer on screen is older than the strokes."
CANCELLED = f"Cancelled. {OLDER}"
PART = "The answer is for the part in view; press Apply to all in the fold Whole picture first."
TOO_LARGE = (
    "The layer {} holds more than one picture of files like these; save it by File > Save Selected "
    "Layers, or take the folder that Apply to all told of."
)
NO_MEMORY = "There is not enough memory for this picture; make it smaller."
CRASHED = "Something went wrong inside the solver ({}); the log has the details."


@dataclass(frozen=True)
class State:
    """One sentence for the state line, and its colour."""

    mood: Literal["hint", "working", "preview", "done", "stale", "error"]
    text: str
    detail: str = ""
    """Longer text, for the tooltip."""


def finished(answer: Answer) -> State:
    """Which engines ran, where, how long, and how good the answers are."""
    solutions = answer.solutions.values()
    device = f"({_part(answer.request.picture)}on {next(iter(solutions)).device})"
    if answer.request.preview:  # coarse, whichever engine
        return State("preview", f"Preview: {'; '.join(map(duration, solutions))} {device}")
    text = f"{'; '.join(map(result, solutions))} {device}"
    advice = " ".join(dict.fromkeys(s.advice for s in solutions if s.advice))  # each once
    if answer.notice:
        return State("error", f"{text}. The other engine gave no answer: {answer.notice}")
    return State("done", f"{text}. {advice}".strip(), "\n".join(map(numbers, solutions)))


def _part(picture: Picture) -> str:
    """What was answered, if not all of the plane."""
    if not isinstance(picture.data, Crop):
        return ""
    step = max(picture.data.step)
    return f"the part in view, 1/{step:.2g} of its size, " if step > 1 else "the part in view, "


def numbers(solution: Solution) -> str:
    """Energy and residual of one answer."""
    return (
        f"{NAMES[solution.engine]}: energy {solution.energy:.6g}, "
        f"largest residual {solution.residual:.2g}"
    )


def working(seconds: float, part: Answer | None, has_answer: bool) -> State:
    """While a solve takes long enough to be noticed."""
    if part is not None:
        ready = "; ".join(map(result, part.solutions.values()))
        other = next(name for engine, name in NAMES.items() if engine not in part.solutions)
        return State("working", f"{ready}. {other} at work, {seconds:.1f} s so far.")
    older = " The answer on screen is older." if has_answer else ""
    return State("working", f"Solving, {seconds:.1f} s so far.{older}")


def result(solution: Solution) -> str:
    """Network 41 ms, estimate."""
    return f"{duration(solution)}, {solution.outcome}"


def duration(solution: Solution) -> str:
    """Network 41 ms."""
    return f"{NAMES[solution.engine]} {milliseconds(solution.seconds)}"


def milliseconds(seconds: float) -> str:
    """41 ms, or 2.3 s; a line does not end between number and unit."""
    return f"{1000 * seconds:.0f}\u00a0ms" if seconds < 1 else f"{seconds:.1f}\u00a0s"


def unanswered(has_answer: bool) -> State:
    """The strokes or the settings have changed while live is off."""
    return State("stale", STALE) if has_answer else State("hint", NOT_LIVE)


def failure(error: Exception, has_answer: bool, picture: Picture | None = None) -> State:
    """Why there is no answer; a user's input tells what to do, anything else is in the log.

    ``picture`` is what was to be answered.
    """
    if not isinstance(error, (MemoryError, InvalidInput)):
        return State("error", CRASHED.format(type(error).__name__))
    if isinstance(error, TooFewLabels):
        is_part = picture is not None and isinstance(picture.data, Crop)
        # The answer to another part is no older than the strokes.
        error, has_answer = _too_few(error, picture), has_answer and not is_part
    text = NO_MEMORY if isinstance(error, MemoryError) else str(error).strip().rstrip(".") + "."
    text = f"{text[:1].upper()}{text[1:]}"
    return State("stale", f"{text} {OLDER}") if has_answer else State("hint", text)


def _too_few(error: TooFewLabels, picture: Picture | None) -> InvalidInput:
    """The same, with where there are not two labels: on a plane, or in what is in view."""
    text = f"{str(error).rstrip('.')} {NEW_LABEL}"
    if picture is not None and isinstance(picture.data, Crop):
        text = f"in the part in view, {text}. Or zoom out, if the strokes are elsewhere"
    elif picture is not None and len(picture.shape) > 2:
        text = f"on this plane, {text}"
    return InvalidInput(text)
