"""Sums, products, quotients, powers and roots."""

from __future__ import annotations

import cmath
import math
import operator
from typing import Any

import numpy as np

from diffcompare.expression.primitives import ball
from diffcompare.expression.primitives.primitive import Domain, Kink, Primitive, above, everywhere, is_array

PAIR = ((-5.0, 5.0), (-5.0, 5.0))


def _power(x: float, y: float) -> float:
    """x^y; a square is a product, which is correctly rounded and everywhere the same."""
    return x * x if y == 2 else math.pow(x, y)


def _power_array(x: Any, y: Any) -> Any:
    if np.ndim(y) or y != 2:
        return np.power(x, y)
    x = np.asarray(x, dtype=np.result_type(x, y))
    return x * x


def _power_by_base(_: Any, x: Any, y: Any) -> Any:
    """y x^(y-1), with the powers 0, 1 and 2 written as the polynomials they are."""
    if isinstance(y, (int, float)) and y in (0, 1, 2):
        return (0.0, 1.0, 2 * x)[int(y)]
    slope = multiply(y, power(x, subtract(y, 1.0)))
    if is_array(y):
        from diffcompare.expression.primitives.piecewise import equal, where

        return where(equal(y, 0.0), 0.0, slope)
    return slope


def _power_by_exponent(result: Any, x: Any, y: Any) -> Any:
    """x^y ln x; at x = 0 its limit for a positive exponent, 0, for the exponent 0 too, and -inf for a negative one."""
    from diffcompare.expression.primitives.exponential import ln
    from diffcompare.expression.primitives.piecewise import equal, less, where

    if is_array(x) or (is_array(y) and x == 0):
        return multiply(result, ln(where(equal(x, 0.0), where(less(y, 0.0), x, 1.0), x)))
    if x == 0 and y >= 0:
        return 0.0
    return multiply(result, ln(x))


def _complex_power(x: complex, y: complex) -> complex:
    if y.imag == 0 and y.real.is_integer() and x.real < 0:
        return complex(-1.0 if y.real % 2 else 1.0) * _complex_power(-x, y)
    return x**y


def _cbrt_complex(x: complex) -> complex:
    return -_cbrt_complex(-x) if x.real < 0 else x ** (1 / 3)


def _hypot_array(x: Any, y: Any) -> Any:
    return np.sqrt(x * x + y * y) if np.iscomplexobj(x) or np.iscomplexobj(y) else np.hypot(x, y)


def _cbrt_ball(x: Any) -> Any:
    side = ball.sign_of(x, "cbrt")
    return x if side == 0 else side * ((side * x).log() / 3).exp()


def _cbrt_sympy(sp: Any, x: Any) -> Any:
    third = sp.Rational(1, 3)
    return sp.Piecewise((x**third, x >= 0), (-((-x) ** third), True))


NONZERO = Domain("a nonzero denominator", lambda x, y: y != 0, ((-5.0, 5.0), (0.25, 5.0)))
POWERS = Domain(
    "a positive base, or an integer exponent (positive at 0)",
    lambda x, y: x > 0 or (x < 0 and float(y).is_integer()) or (x == 0 and y >= 0),
    ((0.1, 5.0), (-3.0, 3.0)),
)
_steep = Kink("x = 0", lambda x: x == 0, "inf", "the slope grows without bound: the derivative does not exist")

add = Primitive(
    "add", operator.add, np.add, (1.0, 1.0), lambda sp, x, y: x + y, operator.add, operator.add,
    everywhere(*PAIR), hidden=True,
)  # fmt: skip
subtract = Primitive(
    "subtract", operator.sub, np.subtract, (1.0, -1.0), lambda sp, x, y: x - y, operator.sub, operator.sub,
    everywhere(*PAIR), hidden=True,
)  # fmt: skip
multiply = Primitive(
    "multiply", operator.mul, np.multiply, (lambda _, x, y: y, lambda _, x, y: x), lambda sp, x, y: x * y,
    operator.mul, operator.mul, everywhere(*PAIR), hidden=True,
)  # fmt: skip
divide: Primitive = Primitive(
    "divide", operator.truediv, np.divide,
    (lambda _, x, y: divide(1.0, y), lambda v, x, y: negative(divide(v, y))),
    lambda sp, x, y: x / y, operator.truediv, operator.truediv, NONZERO, hidden=True,
    why="-v/y reuses the quotient and cannot overflow where y*y would",
)  # fmt: skip
power = Primitive(
    "power", _power, _power_array, (_power_by_base, _power_by_exponent), lambda sp, x, y: x**y,
    ball.power, _complex_power, POWERS,
    kinks=(
        Kink("x = 0, 0 < y < 1", lambda x, y: x == 0 and 0 < y < 1, "inf",
             "the slope grows without bound: the derivative does not exist"),
    ), aliases=("pow", "Pow"),
    why="y x^(y-1) needs no logarithm of x, so negative bases keep their derivative",
)  # fmt: skip
negative: Primitive = Primitive(
    "negative", operator.neg, np.negative, (-1.0,), lambda sp, x: -x, operator.neg, operator.neg,
    everywhere((-5.0, 5.0)), hidden=True,
)  # fmt: skip
sqrt = Primitive(
    "sqrt", math.sqrt, np.sqrt, (lambda v, x: divide(0.5, v),), lambda sp, x: sp.sqrt(x),
    ball.sqrt, cmath.sqrt,
    above(0, (0.05, 9.0), closed=True), kinks=(_steep,), why="1/(2v) reuses the root",
)  # fmt: skip
cbrt = Primitive(
    "cbrt", math.cbrt, np.cbrt, (lambda v, x: divide(1.0, multiply(3.0, multiply(v, v))),), _cbrt_sympy,
    _cbrt_ball, _cbrt_complex, everywhere((0.1, 8.0)), kinks=(_steep,), why="1/(3v²) takes a negative x",
)  # fmt: skip
hypot = Primitive(
    "hypot", math.hypot, _hypot_array, (lambda v, x, y: divide(x, v), lambda v, x, y: divide(y, v)),
    lambda sp, x, y: sp.sqrt(x**2 + y**2), lambda x, y: ball.sqrt(x * x + y * y),
    lambda x, y: cmath.sqrt(x * x + y * y),
    everywhere((0.2, 5.0), (-5.0, 5.0)),
    kinks=(Kink("x = y = 0", lambda x, y: x == 0 and y == 0, "nan", "the tip of a cone has no tangent plane"),),
    why="x/v stays finite where x² would overflow",
)  # fmt: skip

ROWS = (add, subtract, multiply, divide, power, negative, sqrt, cbrt, hypot)
