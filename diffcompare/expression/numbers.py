"""The number domains a graph is replayed in: floats, arrays, complex numbers, SymPy expressions and balls.

A domain says two things: what a constant is, and what a primitive does.  Printing is a domain too (`notation.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from diffcompare.expression.operands import as_float
from diffcompare.expression.primitives import Primitive

HUGE = 1e30  # a constant of computer algebra beyond it is no longer exact


class NumberDomain(NamedTuple):
    """How constants and primitives are read in one kind of number; none of them knows operations on whole arrays."""

    constant: Callable[[Any], Any]
    apply: Callable[[Any, Sequence[Any]], Any]


def _number(constant: Any) -> float | bool:
    return constant if isinstance(constant, bool) else as_float(constant)


FLOAT = NumberDomain(_number, lambda primitive, operands: primitive.value(*operands))


def _complex(primitive: Primitive, operands: Sequence[Any]) -> Any:
    try:
        return primitive.complex(*operands)
    except (ValueError, ZeroDivisionError, OverflowError):
        return complex("nan+nanj")


COMPLEX = NumberDomain(lambda constant: complex(as_float(constant)), _complex)


def array(dtype: Any) -> NumberDomain:
    """Arrays of one floating-point type: many points at once, every operation rounded to that type."""

    def apply(primitive: Primitive, operands: Sequence[Any]) -> Any:
        with np.errstate(all="ignore"):
            result = primitive.array(*operands)
        return result if result.dtype == np.bool_ else result.astype(dtype, copy=False)

    def constant(number: Any) -> Any:
        with np.errstate(all="ignore"):
            try:
                return np.dtype(dtype).type(number)
            except OverflowError:  # an integer beyond the largest double
                return np.dtype(dtype).type(as_float(number))

    return NumberDomain(constant, apply)


def symbolic() -> NumberDomain:
    """SymPy expressions; a whole number is an Integer, any other literal the same double as a Float of 20 digits.

    With fewer than 17 digits, SymPy's printed code would not read back the double.
    """
    import sympy as sp

    def constant(number: Any) -> Any:
        if isinstance(number, bool):
            return sp.true if number else sp.false
        if abs(number) < HUGE and number == int(number):
            return sp.Integer(int(number))
        return sp.Float(as_float(number), 20)

    def apply(primitive: Primitive, operands: Sequence[Any]) -> Any:
        if primitive.name != "where":
            operands = [as_number(sp, x) for x in operands]
        if operands and all(isinstance(x, sp.Number) for x in operands):
            value = primitive.value(*map(as_float, operands))
            if not abs(value) < HUGE:  # SymPy would write out every digit of 9^9^9, and take log(-1) for complex
                return sp.Float(value, 20)
        return primitive.sympy(sp, *operands)

    return NumberDomain(constant, apply)


def as_number(sp: Any, x: Any) -> Any:
    """A condition used as a number is 1 or 0, as in Python."""
    condition = isinstance(x, sp.logic.boolalg.Boolean) and not x.is_Symbol
    return sp.Piecewise((1, x), (0, True)) if condition else x


def balls() -> NumberDomain:
    """FLINT's balls and power series at the current working precision."""
    import flint

    return NumberDomain(
        lambda number: number if isinstance(number, bool) else flint.arb(number),
        lambda primitive, operands: primitive.ball(*operands),
    )
