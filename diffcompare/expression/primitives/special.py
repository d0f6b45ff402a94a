"""Error functions, the gamma function and its relatives, and the constants pi and e."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.primitives import ball
from diffcompare.expression.primitives.arithmetic import add, multiply, negative
from diffcompare.expression.primitives.exponential import exp
from diffcompare.expression.primitives.primitive import (
    Domain,
    Kink,
    Primitive,
    above,
    elementwise,
    everywhere,
)

STEP_BITS = 800  # working precision of a complex value whose imaginary part may be as small as 1e-200


def _continued(method: str) -> Callable[[complex], complex]:
    """The analytic continuation by FLINT: neither Python nor NumPy has these functions of a complex argument."""

    def evaluate(x: complex) -> complex:
        import flint

        with flint.ctx.workprec(STEP_BITS):
            value = getattr(flint.acb(x.real, x.imag), method)()
        return complex(float(value.real.mid()), float(value.imag.mid()))

    return evaluate


def _polygamma(order: float, x: float) -> float:
    import flint

    if x <= 0 and float(x).is_integer():
        return math.nan
    return float(flint.acb(x).polygamma(int(order)).real.mid())


def _polygamma_complex(order: complex, x: complex) -> complex:
    import flint

    with flint.ctx.workprec(STEP_BITS):
        value = flint.acb(x.real, x.imag).polygamma(int(order.real))
    return complex(float(value.real.mid()), float(value.imag.mid()))


def _bell(x: Any) -> Any:
    return multiply(2 / math.sqrt(math.pi), exp(negative(multiply(x, x))))


def _off_poles(x: float) -> bool:
    return x > 0 or not float(x).is_integer()


_poles = Kink(
    "x = 0, -1, -2, ...",
    lambda x: x <= 0 and float(x).is_integer(),
    "nan",
    "a pole: neither value nor derivative exists",
)

erf = Primitive(
    "erf", math.erf, elementwise(math.erf), (lambda v, x: _bell(x),), lambda sp, x: sp.erf(x), lambda x: x.erf(),
    _continued("erf"), everywhere((-3.0, 3.0)),
)  # fmt: skip
erfc = Primitive(
    "erfc", math.erfc, elementwise(math.erfc), (lambda v, x: negative(_bell(x)),), lambda sp, x: sp.erfc(x),
    lambda x: x.erfc(), _continued("erfc"), everywhere((-3.0, 3.0)),
)  # fmt: skip
# Near 1.46, where the derivative of gamma is 0, no rule keeps its relative digits: the cases begin at 2.
gamma = Primitive(
    "gamma", math.gamma, elementwise(math.gamma), (lambda v, x: multiply(v, polygamma(0.0, x)),),
    lambda sp, x: sp.gamma(x), lambda x: x.gamma(), _continued("gamma"),
    Domain("all real numbers except 0, -1, -2, ...", _off_poles, ((2.0, 5.0),)), kinks=(_poles,),
)  # fmt: skip
loggamma = Primitive(
    "loggamma", math.lgamma, elementwise(math.lgamma), (lambda v, x: polygamma(0.0, x),),
    lambda sp, x: sp.loggamma(x), lambda x: x.lgamma(), _continued("lgamma"), above(0, (2.0, 9.0)),
    kinks=(_poles,), aliases=("lgamma", "gammaln"),
)  # fmt: skip
polygamma: Primitive = Primitive(
    "polygamma", _polygamma, elementwise(_polygamma), (0.0, lambda v, n, x: polygamma(add(n, 1.0), x)),
    lambda sp, n, x: sp.polygamma(n, x), ball.polygamma, _polygamma_complex,
    Domain("an integer order >= 0 and x > 0", lambda n, x: n >= 0 and float(n).is_integer() and _off_poles(x),
           ((0.0, 0.0), (0.3, 9.0))),
    kinks=(Kink("x = 0, -1, -2, ...", lambda n, x: _poles.at(x), "nan", _poles.why),),
)  # fmt: skip
pi = Primitive(
    "pi", lambda: math.pi, lambda: np.longdouble("3.14159265358979323846264338327950288"), (), lambda sp: sp.pi,
    lambda: ball.constant("pi"), lambda: complex(math.pi), everywhere(), hidden=True,
)  # fmt: skip
e = Primitive(
    "e", lambda: math.e, lambda: np.longdouble("2.71828182845904523536028747135266250"), (), lambda sp: sp.E,
    lambda: ball.constant("const_e"), lambda: complex(math.e), everywhere(), hidden=True,
)  # fmt: skip

ROWS = (erf, erfc, gamma, loggamma, polygamma, pi, e)
