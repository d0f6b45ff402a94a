"""The number domains a graph is replayed in: floats, arrays, complex numbers, SymPy expressions and balls.

A domain says two things: what a constant is, and what a primitive does.  Printing is a domain too (`notation.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompare.expression.primitives import Primitive
from diffcompare.expression.variable import as_float


@dataclass(frozen=True, slots=True)
class NumberDomain:
    """How constants and primitives are read in one kind of number."""

    constant: Callable[[Any], Any]
    apply: Callable[[Primitive, Sequence[Any]], Any]


def _number(constant: Any) -> float | bool:
    return constant if isinstance(constant, bool) else as_float(constant)


FLOAT = NumberDomain(_number, lambda primitive, operands: primitive.value(*operands))


def _complex(primitive: Primitive, operands: Sequence[Any]) -> Any:
    try:
        return primitive.complex(*operands)
    except (ValueError, ZeroDivisionError, OverflowError):
        return complex("nan+nanj")


COMPLEX = NumberDomain(lambda constant: complex(as_float(constant)), _complex)

TRACED = NumberDomain(lambda constant: constant, lambda primitive, operands: primitive(*operands))


def array(dtype: Any) -> NumberDomain:
    """Arrays of one floating-point type: many points at once, every operation rounded to that type."""

    def apply(primitive: Primitive, operands: Sequence[Any]) -> Any:
        with np.errstate(all="ignore"):
            result = primitive.array(*operands)
        return result if result.dtype == np.bool_ else result.astype(dtype, copy=False)

    return NumberDomain(lambda constant: np.dtype(dtype).type(constant), apply)


def symbolic() -> NumberDomain:
    """SymPy expressions; a whole number is an Integer, any other literal a Float of 53 bits: the same double."""
    import sympy as sp

    def constant(number: Any) -> Any:
        if isinstance(number, bool):
            return sp.true if number else sp.false
        if isinstance(number, int) or number.is_integer():
            return sp.Integer(int(number))
        return sp.Float(number)

    return NumberDomain(constant, lambda primitive, operands: primitive.sympy(sp, *operands))


def balls() -> NumberDomain:
    """FLINT's balls and power series at the current working precision."""
    import flint

    return NumberDomain(
        lambda number: number if isinstance(number, bool) else flint.arb(number),
        lambda primitive, operands: primitive.ball(*operands),
    )
