"""Vectors of sixteen numbers for compiled kernels: what a compiler's own vectorisation misses.

Each function is one LLVM instruction on ``<16 x float>`` or ``<16 x double>``, which LLVM maps to
the registers that the processor has. A multiplication and its addition are rounded once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

if TYPE_CHECKING:
    from collections.abc import Callable

LANES = 16


class Vector(types.Type):
    """Numba's name for sixteen numbers of one type."""

    def __init__(self, dtype: Any) -> None:
        super().__init__(f"Vector({dtype})")
        self.dtype = dtype


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: Vector) -> None:
        element = ir.FloatType() if vector.dtype == types.float32 else ir.DoubleType()
        super().__init__(manager, vector, ir.VectorType(element, LANES))


def _place(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> tuple[Any, int]:
    """Pointer to the vector that starts at an element, and its alignment."""
    data = context.make_array(array_type)(context, builder, array).data
    element = context.get_data_type(array_type.dtype)
    vector = ir.VectorType(element, LANES).as_pointer()
    return builder.bitcast(builder.gep(data, [index]), vector), context.get_abi_sizeof(element)


def _call(builder: Any, name: str, *arguments: Any) -> Any:
    """Call of an LLVM intrinsic on vectors."""
    vector = arguments[0].type
    bits = 32 if isinstance(vector.element, ir.FloatType) else 64
    signature = ir.FunctionType(vector, [vector] * len(arguments))
    called = cgutils.get_or_insert_function(
        builder.module, signature, f"llvm.{name}.v{LANES}f{bits}"
    )
    return builder.call(called, arguments)


def _spread(builder: Any, scalar: Any) -> Any:
    vector = ir.VectorType(scalar.type, LANES)
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(
        first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    )


@intrinsic
def load(_: Any, array: Any, index: Any) -> tuple[Any, Callable[..., Any]]:
    """array[index : index + 16]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, alignment = _place(context, builder, signature.args[0], *arguments)
        vector = builder.load(pointer)
        vector.align = alignment
        return vector

    return Vector(array.dtype)(array, types.intp), generate


@intrinsic
def store(_: Any, array: Any, index: Any, vector: Any) -> tuple[Any, Callable[..., Any]]:
    """array[index : index + 16] = vector."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, alignment = _place(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], pointer).align = alignment
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


@intrinsic
def spread(_: Any, scalar: Any) -> tuple[Any, Callable[..., Any]]:
    """Sixteen times the same number."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return _spread(builder, arguments[0])

    return Vector(scalar)(scalar), generate


@intrinsic
def zeros(_: Any, array: Any) -> tuple[Any, Callable[..., Any]]:
    """Sixteen zeros of an array's type."""

    def generate(context: Any, _builder: Any, signature: Any, _arguments: Any) -> Any:
        element = context.get_data_type(signature.args[0].dtype)
        return ir.Constant(ir.VectorType(element, LANES), [0.0] * LANES)

    return Vector(array.dtype)(array), generate


@intrinsic
def muladd(_: Any, a: Any, b: Any, c: Any) -> tuple[Any, Callable[..., Any]]:
    """A b + c."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return _call(builder, "fma", *arguments)

    return a(a, b, c), generate


@intrinsic
def add(_: Any, a: Any, b: Any) -> tuple[Any, Callable[..., Any]]:
    """A + b."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fadd(*arguments)

    return a(a, b), generate


@intrinsic
def mul(_: Any, a: Any, b: Any) -> tuple[Any, Callable[..., Any]]:
    """A b."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fmul(*arguments)

    return a(a, b), generate


@intrinsic
def inverse_root(_: Any, a: Any) -> tuple[Any, Callable[..., Any]]:
    """1 / sqrt(a), and 0 where a is not positive."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        (value,) = arguments
        zero = ir.Constant(value.type, [0.0] * LANES)
        one = ir.Constant(value.type, [1.0] * LANES)
        positive = builder.fcmp_ordered(">", value, zero)
        safe = builder.select(positive, value, one)
        return builder.select(positive, builder.fdiv(one, _call(builder, "sqrt", safe)), zero)

    return a(a), generate


@intrinsic
def total(_: Any, a: Any) -> tuple[Any, Callable[..., Any]]:
    """Sum of the sixteen numbers, by halves."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        (value,) = arguments
        width = LANES
        while width > 1:
            width //= 2
            undefined = ir.Constant(value.type, ir.Undefined)
            halves = [
                builder.shuffle_vector(
                    value,
                    undefined,
                    ir.Constant(
                        ir.VectorType(ir.IntType(32), width), list(range(first, first + width))
                    ),
                )
                for first in (0, width)
            ]
            value = builder.fadd(*halves)
        return builder.extract_element(value, ir.Constant(ir.IntType(32), 0))

    return a.dtype(a), generate
