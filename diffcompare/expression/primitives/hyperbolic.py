"""Hyperbolic functions and their inverses."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from diffcompare.expression.primitives import ball
from diffcompare.expression.primitives.arithmetic import add, divide, hypot, multiply, power, sqrt, subtract
from diffcompare.expression.primitives.primitive import Kink, Primitive, above, between, everywhere


def _tanh_ball(x: Any) -> Any:
    decay = (-2 * x).exp()
    return (1 - decay) / (1 + decay)


sinh = Primitive(
    "sinh", math.sinh, np.sinh, (lambda v, x: cosh(x),), lambda sp, x: sp.sinh(x),
    lambda x: (x.exp() - (-x).exp()) / 2, cmath.sinh, everywhere((-5.0, 5.0)),
)  # fmt: skip
cosh: Primitive = Primitive(
    "cosh", math.cosh, np.cosh, (lambda v, x: sinh(x),), lambda sp, x: sp.cosh(x),
    lambda x: (x.exp() + (-x).exp()) / 2, cmath.cosh, everywhere((-5.0, 5.0)),
)  # fmt: skip
tanh = Primitive(
    "tanh", math.tanh, np.tanh, (lambda v, x: power(divide(1.0, cosh(x)), 2.0),), lambda sp, x: sp.tanh(x),
    _tanh_ball, cmath.tanh, everywhere((-3.0, 3.0)),
    why="1 - v² is 0 beyond x = 19, where 1/cosh² keeps its digits (1.7e-17 at 20)",
)  # fmt: skip
arcsinh = Primitive(
    "arcsinh", math.asinh, np.arcsinh, (lambda v, x: divide(1.0, hypot(1.0, x)),), lambda sp, x: sp.asinh(x),
    lambda x: (x + ball.sqrt(x * x + 1)).log(), cmath.asinh, everywhere((-5.0, 5.0)), aliases=("asinh",),
    why="hypot stays finite where 1 + x² would overflow",
)  # fmt: skip
arccosh = Primitive(
    "arccosh", math.acosh, np.arccosh,
    (lambda v, x: divide(1.0, multiply(sqrt(subtract(x, 1.0)), sqrt(add(x, 1.0)))),), lambda sp, x: sp.acosh(x),
    lambda x: (x + ball.sqrt(x * x - 1)).log(), cmath.acosh, above(1, (1.1, 9.0), closed=True),
    kinks=(Kink("x = 1", lambda x: x == 1, "inf", "the slope grows without bound: the derivative does not exist"),),
    aliases=("acosh",), why="x - 1 and x + 1 apart keep the digits that x² - 1 loses near 1",
)  # fmt: skip
arctanh = Primitive(
    "arctanh", math.atanh, np.arctanh,
    (lambda v, x: divide(1.0, multiply(subtract(1.0, x), add(1.0, x))),), lambda sp, x: sp.atanh(x),
    lambda x: ((1 + x) / (1 - x)).log() / 2, cmath.atanh, between(-1, 1, (-0.9, 0.9), closed=False),
    aliases=("atanh",), why="(1-x)(1+x) keeps the digits that 1 - x² loses near the ends",
)  # fmt: skip

ROWS = (sinh, cosh, tanh, arcsinh, arccosh, arctanh)
