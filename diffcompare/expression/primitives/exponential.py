"""Exponentials, logarithms and the smooth functions of machine learning made of them."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from diffcompare.expression.primitives import ball
from diffcompare.expression.primitives.arithmetic import add, divide, multiply, negative, subtract
from diffcompare.expression.primitives.primitive import Domain, Primitive, above, everywhere

EXPONENTS = everywhere((-5.0, 5.0))
POSITIVE = above(0, (0.1, 9.0))


def _sigmoid(x: float) -> float:
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    return math.exp(x) / (1 + math.exp(x))


def _sigmoid_array(x: Any) -> Any:
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, decay) / (1 + decay)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _softplus_array(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _logaddexp(x: float, y: float) -> float:
    return x if x == y == -math.inf else max(x, y) + math.log1p(math.exp(-abs(x - y)))


def _log1p_complex(x: complex) -> complex:
    return complex(np.log1p(x))


def _expm1_complex(x: complex) -> complex:
    return complex(np.expm1(x))


def _softplus_complex(x: complex) -> complex:
    return x + _log1p_complex(cmath.exp(-x)) if x.real > 0 else _log1p_complex(cmath.exp(x))


exp = Primitive(
    "exp", math.exp, np.exp, (lambda v, x: v,), lambda sp, x: sp.exp(x), lambda x: x.exp(), cmath.exp, EXPONENTS,
)  # fmt: skip
expm1 = Primitive(
    "expm1", math.expm1, np.expm1, (lambda v, x: exp(x),), lambda sp, x: sp.exp(x) - 1, lambda x: x.exp() - 1,
    _expm1_complex, EXPONENTS, why="v + 1 is 0 at -40, where exp(x) is 4.2e-18",
)  # fmt: skip
ln = Primitive(
    "ln", math.log, np.log, (lambda v, x: divide(1.0, x),), lambda sp, x: sp.log(x), lambda x: x.log(), cmath.log,
    POSITIVE, aliases=("log",),
)  # fmt: skip
log1p = Primitive(
    "log1p", math.log1p, np.log1p, (lambda v, x: divide(1.0, add(1.0, x)),), lambda sp, x: sp.log(1 + x),
    lambda x: (1 + x).log(), _log1p_complex, above(-1, (-0.8, 5.0)),
)  # fmt: skip
log2 = Primitive(
    "log2", math.log2, np.log2, (lambda v, x: divide(1.0, multiply(x, math.log(2))),),
    lambda sp, x: sp.log(x) / sp.log(2), lambda x: x.log() / ball.natural_log(2),
    lambda x: cmath.log(x) / math.log(2), POSITIVE,
)  # fmt: skip
log10 = Primitive(
    "log10", math.log10, np.log10, (lambda v, x: divide(1.0, multiply(x, math.log(10))),),
    lambda sp, x: sp.log(x) / sp.log(10), lambda x: x.log() / ball.natural_log(10), cmath.log10, POSITIVE,
)  # fmt: skip
sigmoid: Primitive = Primitive(
    "sigmoid", _sigmoid, _sigmoid_array, (lambda v, x: multiply(v, sigmoid(negative(x))),),
    lambda sp, x: 1 / (1 + sp.exp(-x)), lambda x: 1 / (1 + (-x).exp()),
    lambda x: 1 / (1 + cmath.exp(-x)) if x.real > 0 else cmath.exp(x) / (1 + cmath.exp(x)), EXPONENTS,
    aliases=("expit", "logistic"), why="1 - v is 0 beyond x = 37, where sigmoid(-x) keeps its digits",
)  # fmt: skip
softplus = Primitive(
    "softplus", _softplus, _softplus_array, (lambda v, x: sigmoid(x),), lambda sp, x: sp.log(1 + sp.exp(x)),
    lambda x: (1 + x.exp()).log(), _softplus_complex, EXPONENTS,
)  # fmt: skip
logaddexp = Primitive(
    "logaddexp", _logaddexp, np.logaddexp,
    (lambda v, x, y: sigmoid(subtract(x, y)), lambda v, x, y: sigmoid(subtract(y, x))),
    lambda sp, x, y: sp.log(sp.exp(x) + sp.exp(y)), lambda x, y: (x.exp() + y.exp()).log(),
    lambda x, y: x + _softplus_complex(y - x) if x.real > y.real else y + _softplus_complex(x - y),
    Domain("all real numbers", lambda x, y: not (math.isnan(x) or math.isnan(y)), ((-5.0, 5.0), (-5.0, 5.0))),
    why="exp(x - v) loses digits where v is large; the sigmoid of the difference does not",
)  # fmt: skip

ROWS = (exp, expm1, ln, log1p, log2, log10, sigmoid, softplus, logaddexp)
