"""The elimination of one larger front in steps, most of which several threads can share."""

from __future__ import annotations

from ....kernels.compiling import compiled
from .assembly import add_half, clear_front, gather_excess, gather_front_half
from .fronts import eliminate_beyond, eliminate_corner, eliminate_ring, take_in_above
from .program import PANEL, Front, Node

SHAPE, ORIGIN, FACTOR, LEFT, HALF = (
    int(column) for column in (Node.SHAPE, Node.ORIGIN, Node.FACTOR, Node.LEFT, Node.HALF)
)
RING, WIDE, AROUND, ROWS, SQUARE = (
    int(column)
    for column in (
        Front.RING, Front.PADDED_PIVOTS, Front.PADDED_RING, Front.ROWS, Front.SQUARE
    )
)  # fmt: skip
ASSEMBLED = 3
"""Steps until a front is assembled: zeros, and each of its halves."""
STAGES = 3
"""Steps of a panel of pivots; see :func:`eliminate_step`."""


@compiled
def steps_of(record):
    """Number of steps that the elimination of a front takes."""
    return ASSEMBLED + STAGES * -(-record[WIDE] // PANEL) + 1


def is_shared(step: int) -> bool:
    """Whether a step has several parts; if not, the first is all of it."""
    return step < ASSEMBLED or (step - ASSEMBLED) % STAGES != 1


@compiled
def eliminate_step(numbers, fronts, node, base, origin, nodes, left, system, factor, front,
                   step, part, parts, flag):  # fmt: skip
    """One step of a front's elimination, or one of the ``parts`` that threads share it in.

    The front is assembled from its halves among ``nodes``. Then its pivots are eliminated from
    their own rows, panel by panel: each takes in those above, is eliminated from its own columns,
    and from those beyond. At last they are eliminated from the ring.
    """
    record = fronts[node[SHAPE]]
    wide, square = record[WIDE], record[SQUARE]
    width = wide + record[AROUND]
    planes, excess = system
    start, place = base + node[FACTOR], origin + node[ORIGIN]
    rows = factor[start : start + wide * width]
    own = left[node[LEFT] : node[LEFT] + square + record[AROUND]]
    panel, stage = divmod(step - ASSEMBLED, STAGES)
    first, last = panel * PANEL, min((panel + 1) * PANEL, wide)
    if step == 0:
        clear_front(numbers, record, planes, place, rows, own, part, parts)
    elif step < ASSEMBLED:
        half = nodes[node[HALF + step - 1]]
        there = left[half[LEFT] :]
        add_half(numbers, record, step - 1, there, rows, own, part, parts)
        if part == 0:
            if step == 1:
                gather_excess(numbers, record, excess, place, front)
            behind = there[fronts[half[SHAPE], SQUARE] :]
            gather_front_half(numbers, record, step - 1, behind, front)
    elif first >= wide:
        eliminate_ring(rows, wide, width, record[RING], numbers[record[ROWS] :], own,
                       part, parts, flag)  # fmt: skip
        if part == 0:
            own[square:] = front[wide:width]
    elif stage == 0:
        take_in_above(rows, width, first, last, part, parts)
    elif stage == 1 and part == 0:
        eliminate_corner(rows, width, first, last, front)
    elif stage == 2:
        eliminate_beyond(rows, width, first, last, front, part, parts)


@compiled
def eliminate_node(numbers, fronts, node, base, origin, nodes, left, system, factor, front, flag):
    """All steps of one front's elimination."""
    for step in range(steps_of(fronts[node[SHAPE]])):
        if flag[0]:
            return
        eliminate_step(numbers, fronts, node, base, origin, nodes, left, system, factor, front,
                       step, 0, 1, flag)  # fmt: skip
