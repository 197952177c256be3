"""From one uncertain spot to the next: the camera goes there, the brush is in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..crops import Crop
from ..uncertainty import uncertain_spots, uncertainty
from . import wording
from .wording import State

if TYPE_CHECKING:
    from .session import Session
    from .solving import Answer

CLOSER = 3.0
"""Zoom at a spot, times that of the whole picture; one that is higher already stays."""
NOTHING = "No uncertain spot is left: one class is far more probable than the others everywhere."


class Spots:
    """Goes through the spots of the latest answer, the worst first, and begins again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._answer: Answer | None = None
        self._spots: list[tuple[int, int]] = []
        self._place = 0

    def go_on(self) -> tuple[int, int] | None:
        """Look at the next spot; (row, column) in the plane, None if there is none."""
        session = self._session
        answer = session.answer
        if answer is None or session.subject.seeds is None:
            session.say(State("hint", wording.NO_ANSWER))
            return None
        if isinstance(answer.request.picture.data, Crop):
            session.say(State("hint", wording.PART))
            return None
        if answer is not self._answer:
            self._find(answer)
        if not self._spots:
            session.say(State("done", NOTHING))
            return None
        number = self._place % len(self._spots)
        spot, self._place = self._spots[number], self._place + 1
        self._look_at(answer, spot)
        self._take_brush()
        session.say(State("done", f"Uncertain spot {number + 1} of {len(self._spots)}."))
        return spot

    def _find(self, answer: Answer) -> None:
        solution = answer.solution_of(self._session.results.shown)
        self._answer, self._place = answer, 0
        self._spots = uncertain_spots(uncertainty(solution), answer.request.labels)

    def _look_at(self, answer: Answer, spot: tuple[int, int]) -> None:
        viewer, image = self._session.subject.viewer, self._session.subject.image
        if image is None:
            return
        inside = iter(spot)
        picture = answer.request.picture
        place = [next(inside) if isinstance(i, slice) else i for i in picture.index]
        lead = [0] * (image.ndim - len(place))
        world = image.data_to_world([*lead, *place])
        camera = getattr(viewer, "scene", viewer).camera  # it has moved in napari 0.9
        near = camera.zoom
        viewer.reset_view()  # tells the zoom of the whole picture
        camera.zoom = max(near, CLOSER * camera.zoom)
        centre = list(camera.center)
        centre[-2:] = world[-2:]
        camera.center = tuple(centre)

    def _take_brush(self) -> None:
        seeds = self._session.subject.seeds
        assert seeds is not None  # go_on() has looked
        self._session.subject.viewer.layers.selection.active = seeds
        seeds.mode = "paint"
