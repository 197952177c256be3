"""Triton kernels of the operations; one program a node, or a block of numbers.

Numbers of nodes, places and pixels, and offsets within one node's matrix, are int32; where a
node's matrix begins is int64.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _own_entries(
    i, j, r_i, c_i, r_j, c_j, row, column, couplings, table, plane, pitch, P, W, REACH: tl.constexpr
):
    """The matrix's own entries (i, j) in the pivots' rows and columns."""
    down, right = r_j - r_i, c_j - c_i
    is_near = (down >= -REACH) & (down <= REACH) & (right >= -REACH) & (right <= REACH)
    is_near = is_near & ((i < P) | (j < P)) & (i < W) & (j < W)
    code = tl.load(table + (down + REACH) * (2 * REACH + 1) + right + REACH, mask=is_near, other=0)
    first_row = tl.where(code > 0, r_i, r_j) + (row + REACH)
    first_column = tl.where(code > 0, c_i, c_j) + (column + REACH)
    number = tl.where(code > 0, code, -code) - 1
    place = number * plane + first_row * pitch + first_column
    return tl.load(couplings + place, mask=code != 0, other=0.0)


@triton.jit
def _front(
    i, j, n, shapes, origins, rows, columns, halves, places, couplings, table, plane, pitch,
    below, node_stride, row_stride, P, W, REACH: tl.constexpr,
):  # fmt: skip
    """Entries (i, j), a column and a row of places, of the assembled front of node n."""
    shape = tl.load(shapes + n)
    row, column = tl.load(origins + 2 * n), tl.load(origins + 2 * n + 1)
    r_i = tl.load(rows + shape * W + i, mask=i < W, other=0)
    c_i = tl.load(columns + shape * W + i, mask=i < W, other=0)
    r_j = tl.load(rows + shape * W + j, mask=j < W, other=0)
    c_j = tl.load(columns + shape * W + j, mask=j < W, other=0)
    result = _own_entries(
        i, j, r_i, c_i, r_j, c_j, row, column, couplings, table, plane, pitch, P, W, REACH
    )
    for half in tl.static_range(2):
        child = tl.load(halves + 2 * n + half)
        p_i = tl.load(places + (2 * shape + half) * W + i, mask=i < W, other=-1)
        p_j = tl.load(places + (2 * shape + half) * W + j, mask=j < W, other=-1)
        # Compared once more for Triton's interpreter, which would take integers for it.
        is_there = ((child >= 0) & (p_i >= 0) & (p_j >= 0)) != 0
        start = below + child.to(tl.int64) * node_stride
        result += tl.load(start + (p_i * row_stride + p_j), mask=is_there, other=0.0)
    return result


@triton.jit
def _pixels(f, n, is_asked, shapes, origins, rows, columns, height, width, W):
    """Numbers of the pixels at front places f of nodes n, and whether they are in the picture."""
    shape = tl.load(shapes + n, mask=is_asked, other=0)
    row = tl.load(rows + shape * W + f, mask=is_asked, other=-1)
    column = tl.load(columns + shape * W + f, mask=is_asked, other=-1)
    row += tl.load(origins + 2 * n, mask=is_asked, other=0)
    column += tl.load(origins + 2 * n + 1, mask=is_asked, other=0)
    is_there = is_asked & (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return row * width + column, is_there


@triton.jit
def _column(
    f, n, k, count, is_asked, values, below, shapes, origins, rows, columns, halves, places,
    height, width, below_ring, P, W, PADDING: tl.constexpr,
):  # fmt: skip
    """Entries f of column k, of ``count``, of the assembled columns of nodes n."""
    is_pivot = is_asked & (f < P)
    pixel, is_there = _pixels(f, n, is_pivot, shapes, origins, rows, columns, height, width, W)
    own = values + k.to(tl.int64) * (height * width + 1)
    result = tl.load(own + pixel, mask=is_there, other=0.0)
    if PADDING:  # a pivot is in the picture, unless it stands for no pixel
        result = tl.where(is_pivot & (is_there == 0), 1.0, result).to(values.dtype.element_ty)
    shape = tl.load(shapes + n, mask=is_asked, other=0)
    for half in tl.static_range(2):
        child = tl.load(halves + 2 * n + half, mask=is_asked, other=-1)
        place = tl.load(places + (2 * shape + half) * W + f, mask=is_asked, other=-1)
        start = (child.to(tl.int64) * count + k) * below_ring
        result += tl.load(below + start + place, mask=(child >= 0) & (place >= 0), other=0.0)
    return result


@triton.jit
def _eliminated(t, e, P, SIDE: tl.constexpr):
    """Front t and row excess e after the elimination of its first P pivots.

    Then the pivots' block is M, what is beside it G, and the rest the remainder; each step adds
    u u' / d, with a one in the pivot's own place in its row u, and nothing is ever subtracted.
    """
    i, j = tl.arange(0, SIDE)[:, None], tl.arange(0, SIDE)
    for k in range(P):
        row = tl.sum(tl.where(i == k, t, 0.0), 0)
        later = tl.where(j > k, row, 0.0)
        own = tl.sum(tl.where(j == k, e, 0.0), 0)
        d = own + tl.sum(later, 0)
        share = tl.where(d > 0.0, 1.0 / d, 0.0)
        e += later * (own * share)
        u = tl.where(j == k, 1.0, row)
        t = tl.where((i == k) | (j[None, :] == k), 0.0, t) + u[:, None] * (u * share)[None, :]
    return t, e


@triton.jit(do_not_specialize=["P", "W", "parts", "each", "node_stride", "row_stride", "below_ring",
                               "plane", "pitch"])  # fmt: skip
def assemble(
    front, shapes, origins, rows, columns, halves, places, couplings, table, plane, pitch,
    below, node_stride, row_stride, below_ring, P, W, parts, each,
    REACH: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """A part of one node's front (W, W); a front has ``each`` parts, ``parts`` beside another."""
    n, part = tl.program_id(0) // each, tl.program_id(0) % each
    i = ((part // parts) * ROWS + tl.arange(0, ROWS))[:, None]
    j = ((part % parts) * COLUMNS + tl.arange(0, COLUMNS))[None, :]
    t = _front(
        i, j, n, shapes, origins, rows, columns, halves, places, couplings, table, plane, pitch,
        below, node_stride, row_stride, P, W, REACH,
    )  # fmt: skip
    start = front + n.to(tl.int64) * W * W
    tl.store(start + (i * W + j), t, mask=(i < W) & (j < W))


@triton.jit(do_not_specialize=["P", "W", "node_stride", "row_stride", "below_ring", "plane",
                               "pitch", "height", "width"])  # fmt: skip
def eliminate(
    inverse, gain, left, left_excess,
    shapes, origins, rows, columns, halves, places, couplings, table, plane, pitch,
    below, node_stride, row_stride, below_ring, values, below_excess, height, width, P, W,
    REACH: tl.constexpr, SIDE: tl.constexpr,
):  # fmt: skip
    """One node: assembled, its pivots eliminated, and M, G and what it leaves written out."""
    n = tl.program_id(0)
    i, j = tl.arange(0, SIDE)[:, None], tl.arange(0, SIDE)[None, :]
    t = _front(
        i, j, n, shapes, origins, rows, columns, halves, places, couplings, table, plane, pitch,
        below, node_stride, row_stride, P, W, REACH,
    )  # fmt: skip
    f = tl.arange(0, SIDE)
    e = _column(
        f, n + tl.zeros_like(f), tl.program_id(1), 1, f < W, values, below_excess, shapes, origins,
        rows, columns, halves, places, height, width, below_ring, P, W, 1,
    )  # fmt: skip
    t, e = _eliminated(t, e, P, SIDE)
    R = W - P
    node = n.to(tl.int64)
    inverse += node * P * P
    gain += node * P * R
    left += node * R * R
    tl.store(inverse + (i * P + j), t, mask=(i < P) & (j < P))
    tl.store(gain + (i * R + (j - P)), t, mask=(i < P) & (j >= P) & (j < W))
    is_left = (i >= P) & (i < W) & (j >= P) & (j < W)
    tl.store(left + ((i - P) * R + (j - P)), t, mask=is_left)
    tl.store(left_excess + node * R + (f - P), e, mask=(f >= P) & (f < W))


@triton.jit(do_not_specialize=["height", "width", "below_ring", "P", "W", "total"])
def gather(
    out, values, below, shapes, origins, rows, columns, halves, places,
    height, width, below_ring, P, W, total, PADDING: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """A block of one column of all nodes' columns (N, K, W)."""
    number = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    n, f, k, count = number // W, number % W, tl.program_id(1), tl.num_programs(1)
    result = _column(
        f, n, k, count, number < total, values, below, shapes, origins, rows, columns, halves,
        places, height, width, below_ring, P, W, PADDING,
    )  # fmt: skip
    place = (n.to(tl.int64) * count + k) * W + f
    tl.store(out + place, result, mask=number < total)


@triton.jit(do_not_specialize=["height", "width", "P", "W", "total"])
def forward(
    passed, x, held, inverse, gain, shapes, origins, rows, columns, halves, places,
    height, width, P, W, total,
    WRITES_X: tl.constexpr, ALONG: tl.constexpr, ACROSS: tl.constexpr,
):  # fmt: skip
    """A block of the products of [M G]' with one of the columns ``held`` (N, K, W)."""
    number = tl.program_id(0) * ACROSS + tl.arange(0, ACROSS)
    is_asked = number < total
    n, f, k, count = number // W, number % W, tl.program_id(1), tl.num_programs(1)
    R = W - P
    node = n.to(tl.int64)
    start = (node * count + k) * W
    into_m, into_g = is_asked & (f < P), is_asked & (f >= P)
    columns_held = (held + start)[None, :]
    m = (inverse + node * P * P + f)[None, :]
    g = (gain + node * P * R + (f - P))[None, :]
    total_of = tl.zeros((ALONG, ACROSS), passed.dtype.element_ty)
    for first in range(0, P, ALONG):
        p = (first + tl.arange(0, ALONG))[:, None]
        own = tl.load(columns_held + p, mask=is_asked[None, :] & (p < P), other=0.0)
        if WRITES_X:
            total_of += own * tl.load(m + p * P, mask=into_m[None, :] & (p < P), other=0.0)
        total_of += own * tl.load(g + p * R, mask=into_g[None, :] & (p < P), other=0.0)
    result = tl.sum(total_of, 0)
    if WRITES_X:
        pixel, is_there = _pixels(f, n, into_m, shapes, origins, rows, columns, height, width, W)
        tl.store(x + k.to(tl.int64) * (height * width + 1) + pixel, result, mask=is_there)
    result += tl.load(held + start + f, mask=into_g, other=0.0)
    tl.store(passed + (node * count + k) * R + (f - P), result, mask=into_g)


@triton.jit(do_not_specialize=["height", "width", "P", "W", "total"])
def backward(
    x, gain, shapes, origins, rows, columns, halves, places, height, width, P, W, total,
    ALONG: tl.constexpr, ACROSS: tl.constexpr,
):  # fmt: skip
    """A block of pivots: G times x on the ring added to x there."""
    number = tl.program_id(0) * ACROSS + tl.arange(0, ACROSS)
    is_asked = number < total
    n, p = number // P, number % P
    R = W - P
    x += tl.program_id(1).to(tl.int64) * (height * width + 1)
    total_of = tl.zeros((ACROSS, ALONG), x.dtype.element_ty)
    for first in range(0, R, ALONG):
        r = (first + tl.arange(0, ALONG))[None, :]
        ask = is_asked[:, None] & (r < R)
        pixel, is_there = _pixels(
            P + r, n[:, None], ask, shapes, origins, rows, columns, height, width, W
        )
        known = tl.load(x + pixel, mask=is_there, other=0.0)
        g = tl.load(gain + (number.to(tl.int64) * R)[:, None] + r, mask=ask, other=0.0)
        total_of += known * g
    pixel, is_there = _pixels(p, n, is_asked, shapes, origins, rows, columns, height, width, W)
    before = tl.load(x + pixel, mask=is_there, other=0.0)
    tl.store(x + pixel, before + tl.sum(total_of, 1), mask=is_there)


@triton.jit(do_not_specialize=["out_node", "out_row", "node_stride", "row_stride", "held_node",
                               "held_place", "P"])  # fmt: skip
def invert(
    out, coupling, held, out_node, out_row, node_stride, row_stride, held_node, held_place, P,
    SIDE: tl.constexpr,
):  # fmt: skip
    """Inverse of one matrix (P, P), given its couplings and row excess."""
    n = tl.program_id(0).to(tl.int64)
    i, j = tl.arange(0, SIDE)[:, None], tl.arange(0, SIDE)[None, :]
    f = tl.arange(0, SIDE)
    is_there = (i < P) & (j < P)
    t = tl.load(coupling + n * node_stride + i * row_stride + j, mask=is_there, other=0.0)
    e = tl.load(held + n * held_node + f * held_place, mask=f < P, other=0.0)
    t, e = _eliminated(t, e, P, SIDE)
    tl.store(out + n * out_node + i * out_row + j, t, mask=is_there)
