"""Elimination and both solves of one larger front, in blocks that fit a processor's registers.

The formulas are those of :mod:`.tiles`, eight rows at a time: all pivots above are taken in as one
product, whose 8 x 32 numbers never leave the registers. Pivots are eliminated panel by panel, from
the panel's own columns first, so that several threads can share the others. The pivots' rows
(P', P' + R') are part of the factor; what is left on the ring is an upper triangle, see
:func:`.layout.rows_of`. P' and R' are rounded up to whole vectors; a pivot that is not there has no
couplings and an excess of one.
"""

from __future__ import annotations

import numpy as np

from ....kernels.compiling import compiled
from .program import LANES, PANEL
from .vectors import add, load, mul, muladd, spread, store, total, zeros

DEPTH, BROAD = 128, 64  # whole vectors
"""How many pivots are taken in at a time, and in how many columns: their numbers there, which each
eight rows need again, then fit the smallest cache."""


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
def is_empty(rows, first, last, width, begin, end):
    """Whether V is zero in its rows [first, last) and columns [begin, end), as where all is cut."""
    for k in range(first, last):
        found = False
        for j in range(k * width + begin, k * width + end):
            found |= rows[j] != 0
        if found:
            return False
    return True


@compiled
def take_in_above(rows, width, first, last, part, parts):
    """A panel's rows [first, last) take in all pivots above; one of several ``parts``."""
    for j in range(first + part * BROAD, width, parts * BROAD):
        end = min(j + BROAD, width)
        for k in range(0, first, DEPTH):
            deep = min(k + DEPTH, first)
            if is_empty(rows, k, deep, width, j, end):
                continue
            for i in range(first, last, 8):
                take_in_pivots(rows, i * width, width, rows, k, deep, width, i, j, end)


@compiled
def eliminate_corner(rows, width, first, last, front):
    """Eliminate a panel's pivots from its own columns [first, last).

    Of the columns beyond, each row's sum stands for all of them. What a pivot passes on, its excess
    over its root, is left in ``front`` behind the excesses; behind that are the sums.
    """
    passed, beyond = width - first, width + PANEL - first
    for i in range(first, last):
        parts = zeros(rows)
        for j in range(last, width, LANES):
            parts = add(parts, load(rows, i * width + j))
        front[beyond + i] = total(parts)
    for i0 in range(first, last, 8):
        begin = i0 // LANES * LANES
        take_in_pivots(rows, i0 * width, width, rows, first, i0, width, i0, begin, last)
        for k in range(first, i0):
            for i in range(i0, i0 + 8):
                front[beyond + i] += rows[k * width + i] * front[beyond + k]
        for i in range(i0, i0 + 8):
            row = i * width
            diagonal = front[i] + front[beyond + i]
            for j in range(i + 1, last):
                diagonal += rows[row + j]
            scale = rows.dtype.type(0)
            if diagonal > 0:
                scale = rows.dtype.type(1 / np.sqrt(diagonal))
            front[passed + i] = front[i] * scale
            front[beyond + i] *= scale
            for j in range(begin, last, LANES):
                store(rows, row + j, mul(load(rows, row + j), spread(scale)))
            rows[row + i] = scale
            for j in range(i + 1, last):
                front[j] += rows[row + j] * front[passed + i]
            for below in range(i + 1, i0 + 8):
                f = rows[row + below]
                front[beyond + below] += f * front[beyond + i]
                for j in range(begin, last, LANES):
                    there = below * width + j
                    store(rows, there, muladd(spread(f), load(rows, row + j), load(rows, there)))


@compiled
def eliminate_beyond(rows, width, first, last, front, part, parts):
    """Eliminate a panel's pivots from the columns beyond its own; one of several ``parts``."""
    for j in range(last + part * BROAD, width, parts * BROAD):
        end = min(j + BROAD, width)
        if is_empty(rows, first, last, width, j, end):
            continue
        for i0 in range(first, last, 8):
            take_in_pivots(rows, i0 * width, width, rows, first, i0, width, i0, j, end)
            for i in range(i0, i0 + 8):
                by, passed = spread(rows[i * width + i]), spread(front[width - first + i])
                for c in range(j, end, LANES):
                    v = mul(load(rows, i * width + c), by)
                    store(rows, i * width + c, v)
                    store(front, c, muladd(v, passed, load(front, c)))
                    for below in range(i + 1, i0 + 8):
                        there, f = below * width + c, spread(rows[i * width + below])
                        store(rows, there, muladd(f, v, load(rows, there)))


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
def forward_front(rows, pivots, width, front, centre):
    """Take in one right-hand side, gathered in ``front``, whose ring then holds what is left."""
    for i in range(pivots):
        y = front[i] * rows[i * width + i]
        centre[i] = y
        if y == 0:  # as where no seed is below: the row need not be read then
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
