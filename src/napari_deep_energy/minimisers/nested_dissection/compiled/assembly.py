"""One larger front is put together from the matrix's own entries and from what its halves left."""

from __future__ import annotations

from ....kernels.compiling import compiled
from .program import LANES, Front
from .vectors import add, load, store

PIVOTS, RING, WIDE, AROUND = (
    int(column) for column in (Front.PIVOTS, Front.RING, Front.PADDED_PIVOTS, Front.PADDED_RING)
)
OWN, OWN_END, RUNS, PLACES = (
    int(column) for column in (Front.OWN, Front.OWN_END, Front.RUNS, Front.PLACES)
)
HALF_RING, HALF_ROWS, ROWS = int(Front.HALF_RING), int(Front.HALF_ROWS), int(Front.ROWS)
SQUARE, PIXELS = int(Front.SQUARE), int(Front.PIXELS)


@compiled
def add_half(numbers, record, k, half, rows, left, part, parts):
    """Add the triangle that a half left to the rows of pivots and the triangle of the ring.

    No two of its numbers go to one place: several ``parts`` of it can be added at a time.
    """
    wide, width = record[WIDE], record[WIDE] + record[AROUND]
    starts, own = numbers[record[HALF_ROWS + k] :], numbers[record[ROWS] :]
    first, last = record[RUNS + 2 * k], record[RUNS + 2 * k + 1]
    for a in range(first, last, 3):
        source, place, length = numbers[a], numbers[a + 1], numbers[a + 2]
        for b in range(a, last, 3):
            other, there, extent = numbers[b], numbers[b + 1], numbers[b + 2]
            if place <= there:
                for r in range(part, length, parts):
                    line, i = starts[source + r] + other, place + r
                    begin = r + 1 if a == b else 0
                    if i < wide:
                        add_line(half, line, rows, i * width + there, begin, extent)
                    else:
                        add_line(half, line, left, own[i - wide] + there - wide, begin, extent)
                continue
            # Transposed, by squares, whose lines of the cache are all used before they leave it.
            for r0 in range(part * LANES, length, parts * LANES):
                r1 = min(r0 + LANES, length)
                for c0 in range(0, extent, LANES):
                    c1 = min(c0 + LANES, extent)
                    for r in range(r0, r1):
                        line, j = starts[source + r] + other, place + r
                        for c in range(c0, c1):
                            i = there + c
                            if i < wide:
                                rows[i * width + j] += half[line + c]
                            else:
                                left[own[i - wide] + j - wide] += half[line + c]


@compiled
def add_line(source, a, target, b, begin, end):
    """target[b + c] += source[a + c]."""
    c = begin
    while c + LANES <= end:
        store(target, b + c, add(load(target, b + c), load(source, a + c)))
        c += LANES
    while c < end:
        target[b + c] += source[a + c]
        c += 1


@compiled
def gather_front(numbers, record, own, origin, front):
    """A column of a front: the pivots' own numbers, and zeros on the ring."""
    pivots, pixels = record[PIVOTS], record[PIXELS]
    front[: record[WIDE] + record[AROUND]] = 0
    for k in range(pivots):
        front[k] = own[origin + numbers[pixels + k]]


@compiled
def gather_front_half(numbers, record, k, column, front):
    """Add what a half left on its ring to a column of its parent's front."""
    places = record[PLACES + k]
    for r in range(record[HALF_RING + k]):
        place = numbers[places + r]
        if place >= 0:
            front[place] += column[r]


@compiled
def clear_front(numbers, record, planes, origin, rows, left, part, parts):
    """The matrix's own entries in the rows of pivots, and zeros in the triangle of the ring."""
    begin, end = part * rows.size // parts, (part + 1) * rows.size // parts
    rows[begin:end] = 0
    left[part * left.size // parts : (part + 1) * left.size // parts] = 0
    for p in range(record[OWN], record[OWN_END], 2):
        if begin <= numbers[p] < end:
            rows[numbers[p]] = planes[origin + numbers[p + 1]]


@compiled
def gather_excess(numbers, record, own, origin, front):
    """The pivots' own excess, one for those that are not there, and zeros on the ring."""
    gather_front(numbers, record, own, origin, front)
    front[record[PIVOTS] : record[WIDE]] = 1
