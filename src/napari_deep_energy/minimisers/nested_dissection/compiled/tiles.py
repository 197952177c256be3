"""Elimination and both solves of sixteen tiles at a time, one in each lane of a vector.

The formulas are those of :mod:`..elimination` as a Cholesky factorisation, pivot by pivot: with
the couplings w and the row excesses e of what is left,

    d = e_i + sum_j w_ij,    v_j = w_ij / sqrt(d),    w_jk += v_j v_k,    e_j += v_j e_i / sqrt(d).

Nothing is subtracted. Every number is a vector; of symmetric matrices the upper triangle is held.
"""

from __future__ import annotations

from ....kernels.compiling import compiled
from .program import LANES, Small
from .vectors import add, inverse_root, load, mul, muladd, store, zeros

(
    PIVOTS, RING, FACTOR, CENTRE, LEFT, COLUMN, OWN, OWN_END, PIXELS, HALF, OTHER_HALF,
    ROWS, ROWS_END, RINGS, RINGS_END, PLACES, OTHER_ROWS, OTHER_ROWS_END, OTHER_RINGS,
    OTHER_RINGS_END, OTHER_PLACES,
) = (int(column) for column in Small)  # fmt: skip
HALVES = OTHER_ROWS - ROWS


@compiled
def read_in(values, base, origins, pixels, first, end, local, start):
    """``values`` at some of the ``pixels`` of each tile, a tile a lane."""
    for k in range(first, end):
        place, there = (start + k) * LANES, base + pixels[k]
        for lane in range(LANES):
            local[place + lane] = values[there + origins[lane]]


@compiled
def write_out(local, origins, pixels, end, values):
    """``values`` at the first pixels of each tile, from a tile a lane."""
    for k in range(end):
        for lane in range(LANES):
            values[pixels[k] + origins[lane]] = local[k * LANES + lane]


@compiled
def to_triangles(left, columns, ring, starts, square, places, into):
    """What each tile left, from its lane to a triangle and an excess of its own."""
    for i in range(ring):
        line = row_start(i, ring)
        for lane in range(LANES):
            target = places[lane] + starts[i]
            for j in range(i + 1, ring):
                into[target + j] = left[(line + j) * LANES + lane]
            into[places[lane] + square + i] = columns[i * LANES + lane]


@compiled
def clear(array, start, count):
    """Zero some vectors."""
    zero = zeros(array)
    for k in range(count):
        store(array, start + k * LANES, zero)


@compiled
def join(numbers, pairs, end, source, source_base, target, target_base):
    """target[b] += source[a] for the pairs (a, b)."""
    for p in range(pairs, end, 2):
        a, b = source_base + numbers[p] * LANES, target_base + numbers[p + 1] * LANES
        store(target, b, add(load(target, b), load(source, a)))


@compiled
def gather(numbers, record, own, front):
    """A column of a front: the pivots' own numbers, and zeros on the ring."""
    pivots, ring = record[PIVOTS], record[RING]
    pixels = record[PIXELS]
    for k in range(pivots):
        store(front, k * LANES, load(own, numbers[pixels + k] * LANES))
    for k in range(pivots, pivots + ring):
        store(front, k * LANES, zeros(front))


@compiled
def gather_half(numbers, places, ring, columns, base, front):
    """Add what a half left on its ring to a column of its parent's front."""
    for k in range(ring):
        place = numbers[places + k]
        if place >= 0:
            here = place * LANES
            store(front, here, add(load(front, here), load(columns, base + k * LANES)))


@compiled
def row_start(i, size):
    """Where row i of an upper triangle starts, less its first column."""
    return i * size - i * (i + 1) // 2


@compiled
def eliminate_front(factor, base, left, left_base, pivots, ring, excess):
    """Row by row: take in the pivots above, then, if it is one, become a row of the factor."""
    size = pivots + ring
    for i in range(size):
        if i < pivots:
            rows, row = factor, base + row_start(i, size) * LANES
        else:
            rows, row = left, left_base + (row_start(i - pivots, ring) - pivots) * LANES
        last = min(i, pivots)
        k = 0
        while k + 4 <= last:
            r0 = base + row_start(k, size) * LANES
            r1 = base + row_start(k + 1, size) * LANES
            r2 = base + row_start(k + 2, size) * LANES
            r3 = base + row_start(k + 3, size) * LANES
            f0, f1 = load(factor, r0 + i * LANES), load(factor, r1 + i * LANES)
            f2, f3 = load(factor, r2 + i * LANES), load(factor, r3 + i * LANES)
            for j in range(i + 1, size):
                o = j * LANES
                w = muladd(f0, load(factor, r0 + o), load(rows, row + o))
                w = muladd(f1, load(factor, r1 + o), w)
                w = muladd(f2, load(factor, r2 + o), w)
                store(rows, row + o, muladd(f3, load(factor, r3 + o), w))
            k += 4
        while k < last:
            r0 = base + row_start(k, size) * LANES
            f0 = load(factor, r0 + i * LANES)
            for j in range(i + 1, size):
                o = j * LANES
                store(rows, row + o, muladd(f0, load(factor, r0 + o), load(rows, row + o)))
            k += 1
        if i < pivots:
            finish_row(factor, row, i, size, excess)


@compiled
def finish_row(factor, row, i, size, excess):
    """Divide a pivot's row by the root of its diagonal, and pass its excess on."""
    diagonal = load(excess, i * LANES)
    for j in range(i + 1, size):
        diagonal = add(diagonal, load(factor, row + j * LANES))
    scale = inverse_root(diagonal)
    store(factor, row + i * LANES, scale)
    passed = mul(load(excess, i * LANES), scale)
    for j in range(i + 1, size):
        v = mul(load(factor, row + j * LANES), scale)
        store(factor, row + j * LANES, v)
        store(excess, j * LANES, muladd(v, passed, load(excess, j * LANES)))


@compiled
def cut_off_tiles(numbers, nodes, excess, factor, factor_base, left, columns, front):
    """As :func:`eliminate_tiles` where no coupling is left, as all pixels are cut off."""
    for m in range(nodes.shape[0]):
        record = nodes[m]
        pivots, size = record[PIVOTS], record[PIVOTS] + record[RING]
        base = factor_base + record[FACTOR] * LANES
        clear(factor, base, row_start(pivots, size) + pivots)
        gather(numbers, record, excess, front)
        for i in range(pivots):
            place = base + (row_start(i, size) + i) * LANES
            store(factor, place, inverse_root(load(front, i * LANES)))
    record = nodes[nodes.shape[0] - 1]
    ring = record[RING]
    clear(left, record[LEFT] * LANES, ring * (ring + 1) // 2)
    clear(columns, record[COLUMN] * LANES, ring)


@compiled
def eliminate_tiles(numbers, nodes, planes, excess, factor, factor_base, left, columns, front):
    """Eliminate sixteen tiles; what they leave stays in ``left`` and ``columns``."""
    for m in range(nodes.shape[0]):
        record = nodes[m]
        pivots, ring = record[PIVOTS], record[RING]
        size = pivots + ring
        base = factor_base + record[FACTOR] * LANES
        left_base, column_base = record[LEFT] * LANES, record[COLUMN] * LANES
        clear(factor, base, row_start(pivots, size) + pivots)
        clear(left, left_base, ring * (ring + 1) // 2)
        for p in range(record[OWN], record[OWN_END], 2):
            store(factor, base + numbers[p] * LANES, load(planes, numbers[p + 1] * LANES))
        gather(numbers, record, excess, front)
        for k in range(2):
            half = record[HALF + k]
            if half >= 0:
                below = nodes[half]
                shift = k * HALVES
                source = below[LEFT] * LANES
                join(numbers, record[ROWS + shift], record[ROWS_END + shift],
                     left, source, factor, base)  # fmt: skip
                join(numbers, record[RINGS + shift], record[RINGS_END + shift],
                     left, source, left, left_base)  # fmt: skip
                gather_half(numbers, record[PLACES + shift], below[RING],
                            columns, below[COLUMN] * LANES, front)  # fmt: skip
        eliminate_front(factor, base, left, left_base, pivots, ring, front)
        for k in range(ring):
            store(columns, column_base + k * LANES, load(front, (pivots + k) * LANES))


@compiled
def forward_tiles(numbers, nodes, rhs, factor, factor_base, centre, centre_base, columns, front):
    """Take in one right-hand side of sixteen tiles."""
    for m in range(nodes.shape[0]):
        record = nodes[m]
        pivots, ring = record[PIVOTS], record[RING]
        size = pivots + ring
        base = factor_base + record[FACTOR] * LANES
        column_base = record[COLUMN] * LANES
        gather(numbers, record, rhs, front)
        for k in range(2):
            half = record[HALF + k]
            if half >= 0:
                below = nodes[half]
                gather_half(numbers, record[PLACES + k * HALVES], below[RING],
                            columns, below[COLUMN] * LANES, front)  # fmt: skip
        for i in range(pivots):
            row = base + row_start(i, size) * LANES
            y = mul(load(front, i * LANES), load(factor, row + i * LANES))
            store(centre, centre_base + (record[CENTRE] + i) * LANES, y)
            for j in range(i + 1, size):
                o = j * LANES
                store(front, o, muladd(load(factor, row + o), y, load(front, o)))
        for k in range(ring):
            store(columns, column_base + k * LANES, load(front, (pivots + k) * LANES))


@compiled
def backward_tiles(numbers, nodes, x, factor, factor_base, centre, centre_base, front):
    """x of sixteen tiles, whose ring is known."""
    for m in range(nodes.shape[0] - 1, -1, -1):
        record = nodes[m]
        pivots, size = record[PIVOTS], record[PIVOTS] + record[RING]
        base, pixels = factor_base + record[FACTOR] * LANES, record[PIXELS]
        for k in range(pivots, size):
            store(front, k * LANES, load(x, numbers[pixels + k] * LANES))
        for i in range(pivots - 1, -1, -1):
            row = base + row_start(i, size) * LANES
            known = load(centre, centre_base + (record[CENTRE] + i) * LANES)
            for j in range(i + 1, size):
                known = muladd(load(factor, row + j * LANES), load(front, j * LANES), known)
            known = mul(known, load(factor, row + i * LANES))
            store(front, i * LANES, known)
            store(x, numbers[pixels + i] * LANES, known)
