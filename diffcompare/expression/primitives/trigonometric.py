"""Sines, cosines, tangents, their reciprocals and inverses."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from diffcompare.expression.primitives import ball
from diffcompare.expression.primitives.arithmetic import (
    add,
    divide,
    hypot,
    multiply,
    negative,
    power,
    sqrt,
    subtract,
)
from diffcompare.expression.primitives.primitive import Domain, Kink, Primitive, between, everywhere

ANGLES = everywhere((-6.0, 6.0))
OFF_POLES = Domain("all real numbers except the poles", lambda x: True, ((0.2, 1.4),))


def _half_circle(x: Any) -> Any:
    """sqrt((1-x)(1+x)), which keeps the digits that 1 - x² loses near the ends."""
    return sqrt(multiply(subtract(1.0, x), add(1.0, x)))


_ends = Kink("x = -1 or x = 1", lambda x: abs(x) == 1, "inf", "the slope grows without bound: no derivative exists")
_pole = Kink("x = 0", lambda x: x == 0, "nan", "a pole: neither value nor derivative exists")


def _over_radius(x: Any, y: Any) -> Any:
    """x/(x² + y²) without squares that could overflow."""
    radius = hypot(x, y)
    return divide(divide(x, radius), radius)


def _arctan2_complex(y: complex, x: complex) -> complex:
    turn = 0.0 if x.real >= 0 else math.copysign(math.pi, y.real)
    if abs(x.real) > abs(y.real):
        return cmath.atan(y / x) + turn
    return math.copysign(math.pi / 2, y.real) - cmath.atan(x / y)


sin = Primitive(
    "sin", math.sin, np.sin, (lambda v, x: cos(x),), lambda sp, x: sp.sin(x), lambda x: x.sin(), cmath.sin, ANGLES,
)  # fmt: skip
cos: Primitive = Primitive(
    "cos", math.cos, np.cos, (lambda v, x: negative(sin(x)),), lambda sp, x: sp.cos(x), lambda x: x.cos(), cmath.cos,
    ANGLES,
)  # fmt: skip
tan = Primitive(
    "tan", math.tan, np.tan, (lambda v, x: power(sec(x), 2.0),), lambda sp, x: sp.tan(x), lambda x: x.tan(),
    cmath.tan, OFF_POLES,
)  # fmt: skip
sec: Primitive = Primitive(
    "sec", lambda x: 1 / math.cos(x), lambda x: 1 / np.cos(x), (lambda v, x: multiply(v, tan(x)),),
    lambda sp, x: sp.sec(x), lambda x: 1 / x.cos(), lambda x: 1 / cmath.cos(x), OFF_POLES,
)  # fmt: skip
csc = Primitive(
    "csc", lambda x: 1 / math.sin(x), lambda x: 1 / np.sin(x), (lambda v, x: negative(multiply(v, cot(x))),),
    lambda sp, x: sp.csc(x), lambda x: 1 / x.sin(), lambda x: 1 / cmath.sin(x), OFF_POLES, kinks=(_pole,),
)  # fmt: skip
cot: Primitive = Primitive(
    "cot", lambda x: 1 / math.tan(x), lambda x: 1 / np.tan(x), (lambda v, x: negative(power(csc(x), 2.0)),),
    lambda sp, x: sp.cot(x), lambda x: x.cos() / x.sin(), lambda x: 1 / cmath.tan(x), OFF_POLES, kinks=(_pole,),
)  # fmt: skip
arcsin = Primitive(
    "arcsin", math.asin, np.arcsin, (lambda v, x: divide(1.0, _half_circle(x)),), lambda sp, x: sp.asin(x),
    lambda x: x.asin(), cmath.asin, between(-1, 1, (-0.95, 0.95)), kinks=(_ends,), aliases=("asin",),
    why="(1-x)(1+x) keeps the digits that 1 - x² loses near the ends",
)  # fmt: skip
arccos = Primitive(
    "arccos", math.acos, np.arccos, (lambda v, x: negative(divide(1.0, _half_circle(x))),), lambda sp, x: sp.acos(x),
    lambda x: x.acos(), cmath.acos, between(-1, 1, (-0.95, 0.95)), kinks=(_ends,), aliases=("acos",),
    why="(1-x)(1+x) keeps the digits that 1 - x² loses near the ends",
)  # fmt: skip
arctan = Primitive(
    "arctan", math.atan, np.arctan, (lambda v, x: divide(1.0, add(1.0, multiply(x, x))),), lambda sp, x: sp.atan(x),
    lambda x: x.atan(), cmath.atan, everywhere((-5.0, 5.0)), aliases=("atan",),
)  # fmt: skip
arctan2 = Primitive(
    "arctan2", math.atan2, np.arctan2,
    (lambda v, y, x: _over_radius(x, y), lambda v, y, x: negative(_over_radius(y, x))),
    lambda sp, y, x: sp.atan2(y, x), ball.arctan2, _arctan2_complex,
    Domain("every point except the origin", lambda y, x: (y, x) != (0, 0), ((0.2, 5.0), (-5.0, 5.0))),
    kinks=(
        Kink("x = y = 0", lambda y, x: y == 0 and x == 0, "nan", "the angle of the origin is not defined"),
        Kink("y = 0, x < 0", lambda y, x: y == 0 and x < 0, "the limit from the chosen side",
             "the angle jumps by 2 pi across the negative axis"),
    ), aliases=("atan2",), why="(x/r)/r stays finite where x² + y² would overflow",
)  # fmt: skip

ROWS = (sin, cos, tan, sec, csc, cot, arcsin, arccos, arctan, arctan2)
