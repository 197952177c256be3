"""Elimination and both solves of one larger front, in blocks that fit a processor's registers.

The formulas are those of :mod:`.tiles`, eight rows at a time: all pivots above are taken in as one
product, whose 8 x 32 numbers never leave the registers. The pivots' rows (P', P' + R') are part of
the factor; what is left on the ring is an upper triangle, see :func:`.layout.rows_of`. P' and R'
are rounded up to whole vectors; a pivot that is not there has no couplings and an excess of one.
"""

from __future__ import annotations

import numpy as np

from ....kernels.compiling import compiled
from .program import LANES, Front
from .vectors import add, load, mul, muladd, spread, store, total, zeros

PIVOTS, RING, WIDE, AROUND = (
    int(column) for column in (Front.PIVOTS, Front.RING, Front.PADDED_PIVOTS, Front.PADDED_RING)
)
OWN, OWN_END, RUNS, PLACES = (
    int(column) for column in (Front.OWN, Front.OWN_END, Front.RUNS, Front.PLACES)
)
HALF_RING, HALF_ROWS, ROWS = int(Front.HALF_RING), int(Front.HALF_ROWS), int(Front.ROWS)
SQUARE, PIXELS = int(Front.SQUARE), int(Front.PIXELS)
PANEL, DEPTH, BROAD = 128, 128, 64  # whole vectors
"""Rows that take in the pivots above them together, and how many pivots and columns at a time: the
pivots' numbers in those columns, which each eight rows need again, then fit the smallest cache."""


@compiled
def multiply(target, place, step, rows, first, last, width, i, j):
    """target (8, 32) += V' V, over the rows [first, last) of V and its columns i and j.

    ``rows`` is V from its first row on, with ``width`` columns.
    """
    c00, c01 = load(target, place), load(target, place + LANES)
    place1, place2, place3 = place + step, place + 2 * step, place + 3 * step
    c10, c11 = load(target, place1), load(target, place1 + LANES)
    c20, c21 = load(target, place2), load(target, place2 + LANES)
    c30, c31 = load(target, place3), load(target, place3 + LANES)
    place4, place5 = place3 + step, place3 + 2 * step
    place6, place7 = place3 + 3 * step, place3 + 4 * step
    c40, c41 = load(target, place4), load(target, place4 + LANES)
    c50, c51 = load(target, place5), load(target, place5 + LANES)
    c60, c61 = load(target, place6), load(target, place6 + LANES)
    c70, c71 = load(target, place7), load(target, place7 + LANES)
    for k in range(first, last):
        a, b = k * width + i, k * width + j
        b0, b1 = load(rows, b), load(rows, b + LANES)
        f = spread(rows[a])
        c00, c01 = muladd(f, b0, c00), muladd(f, b1, c01)
        f = spread(rows[a + 1])
        c10, c11 = muladd(f, b0, c10), muladd(f, b1, c11)
        f = spread(rows[a + 2])
        c20, c21 = muladd(f, b0, c20), muladd(f, b1, c21)
        f = spread(rows[a + 3])
        c30, c31 = muladd(f, b0, c30), muladd(f, b1, c31)
        f = spread(rows[a + 4])
        c40, c41 = muladd(f, b0, c40), muladd(f, b1, c41)
        f = spread(rows[a + 5])
        c50, c51 = muladd(f, b0, c50), muladd(f, b1, c51)
        f = spread(rows[a + 6])
        c60, c61 = muladd(f, b0, c60), muladd(f, b1, c61)
        f = spread(rows[a + 7])
        c70, c71 = muladd(f, b0, c70), muladd(f, b1, c71)
    store(target, place, c00)
    store(target, place + LANES, c01)
    store(target, place1, c10)
    store(target, place1 + LANES, c11)
    store(target, place2, c20)
    store(target, place2 + LANES, c21)
    store(target, place3, c30)
    store(target, place3 + LANES, c31)
    store(target, place4, c40)
    store(target, place4 + LANES, c41)
    store(target, place5, c50)
    store(target, place5 + LANES, c51)
    store(target, place6, c60)
    store(target, place6 + LANES, c61)
    store(target, place7, c70)
    store(target, place7 + LANES, c71)


@compiled
def multiply_narrow(target, place, step, rows, first, last, width, i, j):
    """As :func:`multiply` for a single vector of columns, (8, 16)."""
    for row in range(8):
        c = load(target, place + row * step)
        for k in range(first, last):
            c = muladd(spread(rows[k * width + i + row]), load(rows, k * width + j), c)
        store(target, place + row * step, c)


@compiled
def take_in_pivots(target, place, step, rows, first, last, width, i, begin, end):
    """Eight rows of ``target`` += V' V for the columns [begin, end); ``place`` is column 0."""
    j = begin
    while j + 2 * LANES <= end:
        multiply(target, place + j, step, rows, first, last, width, i, j)
        j += 2 * LANES
    if j < end:
        multiply_narrow(target, place + j, step, rows, first, last, width, i, j)


@compiled
def finish_rows(rows, width, i0, count, excess):
    """Eight rows that have taken in all pivots above them become rows of the factor."""
    begin = i0 // LANES * LANES
    for i in range(i0, i0 + count):
        row = i * width
        ahead = (i + LANES) // LANES * LANES
        diagonal = excess[i]
        for j in range(i + 1, ahead):
            diagonal += rows[row + j]
        parts = zeros(rows)
        for j in range(ahead, width, LANES):
            parts = add(parts, load(rows, row + j))
        diagonal += total(parts)
        scale = rows.dtype.type(0)
        if diagonal > 0:
            scale = rows.dtype.type(1 / np.sqrt(diagonal))
        passed, by = spread(rows.dtype.type(excess[i] * scale)), spread(scale)
        for j in range(begin, width, LANES):
            v = mul(load(rows, row + j), by)
            store(rows, row + j, v)
            store(excess, j, muladd(v, passed, load(excess, j)))
        rows[row + i] = scale
        for below in range(i + 1, i0 + count):
            f, there = spread(rows[row + below]), below * width
            for j in range(begin, width, LANES):
                store(rows, there + j, muladd(f, load(rows, row + j), load(rows, there + j)))


@compiled
def is_empty(rows, first, last, width, begin, end):
    """Whether V is zero in its rows [first, last) and columns [begin, end), as of fixed pixels."""
    for k in range(first, last):
        found = False
        for j in range(k * width + begin, k * width + end):
            found |= rows[j] != 0
        if found:
            return False
    return True


@compiled
def eliminate_rows(rows, pivots, width, excess, flag):
    """Eliminate the pivots from their own rows (P', P' + R')."""
    for first in range(0, pivots, PANEL):
        last = min(first + PANEL, pivots)
        if flag[0]:
            return
        for j in range(first, width, BROAD):
            end = min(j + BROAD, width)
            for k in range(0, first, DEPTH):
                deep = min(k + DEPTH, first)
                if is_empty(rows, k, deep, width, j, end):
                    continue
                for i in range(first, last, 8):
                    take_in_pivots(rows, i * width, width, rows, k, deep, width, i, j, end)
        if is_empty(rows, first, last, width, first, width):
            for i in range(first, last):
                if excess[i] > 0:
                    rows[i * width + i] = rows.dtype.type(1 / np.sqrt(excess[i]))
            continue
        for i in range(first, last, 8):
            start = i // LANES * LANES
            take_in_pivots(rows, i * width, width, rows, first, i, width, i, start, width)
            finish_rows(rows, width, i, 8, excess)


@compiled
def eliminate_ring(rows, pivots, width, ring, starts, left, part, parts, flag):
    """Add what the pivots leave on the ring to its triangle; one of several ``parts``."""
    for j in range(part * BROAD, width - pivots, parts * BROAD):
        end = min(j + BROAD, width - pivots)
        if flag[0]:
            return
        for k in range(0, pivots, DEPTH):
            deep = min(k + DEPTH, pivots)
            if is_empty(rows, k, deep, width, pivots + j, pivots + end):
                continue
            for i in range(0, min(end, ring), 8):
                begin = max(j, i // LANES * LANES)
                if begin < end:
                    take_in_pivots(
                        left, starts[i] - pivots, starts[i + 1] - starts[i], rows,
                        k, deep, width, pivots + i, pivots + begin, pivots + end,
                    )  # fmt: skip


@compiled
def add_half(numbers, record, k, half, rows, left):
    """Add the triangle that a half left to the rows of pivots and the triangle of the ring."""
    wide, width = record[WIDE], record[WIDE] + record[AROUND]
    starts, own = numbers[record[HALF_ROWS + k] :], numbers[record[ROWS] :]
    first, last = record[RUNS + 2 * k], record[RUNS + 2 * k + 1]
    for a in range(first, last, 3):
        source, place, length = numbers[a], numbers[a + 1], numbers[a + 2]
        for b in range(a, last, 3):
            other, there, extent = numbers[b], numbers[b + 1], numbers[b + 2]
            for r in range(length):
                line = starts[source + r] + other
                begin = r + 1 if a == b else 0
                if place <= there:
                    i = place + r
                    if i < wide:
                        add_line(half, line, rows, i * width + there, begin, extent)
                    else:
                        add_line(half, line, left, own[i - wide] + there - wide, begin, extent)
                else:
                    j = place + r
                    for c in range(begin, extent):
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
def assemble_front(numbers, record, planes, origin, rows, left, halves, excess, own):
    """The front of a node, from the matrix's own entries and what its ``halves`` left.

    ``left`` and each of the halves hold a triangle and the excess on its ring.
    """
    rows[:] = 0
    left[:] = 0
    for p in range(record[OWN], record[OWN_END], 2):
        rows[numbers[p]] = planes[origin + numbers[p + 1]]
    gather_front(numbers, record, own, origin, excess)
    excess[record[PIVOTS] : record[WIDE]] = 1
    for k in range(2):
        half, square = halves[k]
        add_half(numbers, record, k, half, rows, left)
        gather_front_half(numbers, record, k, half[square:], excess)


@compiled
def forward_front(rows, pivots, width, front, centre):
    """Take in one right-hand side, gathered in ``front``, whose ring then holds what is left."""
    for i in range(pivots):
        y = front[i] * rows[i * width + i]
        centre[i] = y
        if y == 0:  # as at all fixed pixels, whose rows need not be read then
            continue
        by = spread(rows.dtype.type(y))
        for j in range(i // LANES * LANES, width, LANES):
            store(front, j, muladd(by, load(rows, i * width + j), load(front, j)))


@compiled
def backward_front(rows, pivots, width, front, centre):
    """x of the pivots, in ``front``, whose ring holds x."""
    for i in range(pivots - 1, -1, -1):
        row = i * width
        ahead = (i + LANES) // LANES * LANES
        known = centre[i]
        for j in range(i + 1, min(ahead, width)):
            known += rows[row + j] * front[j]
        first, second = zeros(rows), zeros(rows)
        j = ahead
        while j + 2 * LANES <= width:
            first = muladd(load(rows, row + j), load(front, j), first)
            second = muladd(load(rows, row + j + LANES), load(front, j + LANES), second)
            j += 2 * LANES
        if j < width:
            first = muladd(load(rows, row + j), load(front, j), first)
        front[i] = (known + total(add(first, second))) * rows[row + i]
