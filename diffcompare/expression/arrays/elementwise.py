"""Functions of single entries that are no rows of the table of primitives: written with those, or flat in pieces."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.arrays.creation import asarray
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.arrays.selecting import decided
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives.indexing import index
from diffcompare.expression.primitives.parts import conjugate, imaginary_part, real_part
from diffcompare.expression.primitives.stepwise import floor_divide, remainder, step_function
from diffcompare.expression.primitives.structural import dtype_of, is_complex, shape_of

arctan2, equal, greater, hypot, less, sin, where = (
    PRIMITIVES[n] for n in ("arctan2", "equal", "greater", "hypot", "less", "sin", "where")
)


def real(val: Any) -> Any:
    x = arrayed(val)
    return real_part(x) if is_complex(x) else x


def imag(val: Any) -> Any:
    x = arrayed(val)
    return imaginary_part(x) if is_complex(x) else np.zeros(shape_of(x), dtype_of(x))


def conj(x: Any) -> Any:
    x = arrayed(x)
    return conjugate(x) if is_complex(x) else x


def absolute(x: Any) -> Any:
    """|x|; of a complex number its distance from 0, whose derivative is not analytic."""
    x = arrayed(x)
    return hypot(real_part(x), imaginary_part(x)) if is_complex(x) else PRIMITIVES["abs"](x)


def angle(z: Any, deg: bool = False) -> Any:
    z = arrayed(z)
    turned = arctan2(imag(z), real(z))
    return turned * (180 / np.pi) if deg else turned


def real_if_close(a: Any, tol: float = 100) -> Any:
    x = arrayed(a)
    if not is_complex(x):
        return x
    stays = step_function("imag is large", lambda value: np.iscomplexobj(np.real_if_close(value, tol)))
    return x if decided(stays(x)) else real_part(x)


def sinc(x: Any) -> Any:
    """sin(pi x)/(pi x), and near 0 its Taylor polynomial, which keeps the digits of its derivatives."""
    y = arrayed(x) * np.pi
    square = y * y
    near = less(absolute(y), 0.3)
    series: Any = 1.0
    for k in (10, 8, 6, 4, 2):
        series = 1 - square / (k * (k + 1)) * series
    apart = where(near, 1.0, y)
    return where(near, series, sin(apart) / apart)


def logaddexp2(x1: Any, x2: Any) -> Any:
    scale = math.log(2)
    return PRIMITIVES["logaddexp"](arrayed(x1) * scale, arrayed(x2) * scale) / scale


def float_power(x1: Any, x2: Any) -> Any:
    """As power, in double precision at least."""
    x, y = arrayed(x1), arrayed(x2)
    wide = np.result_type(dtype_of(x), dtype_of(y), np.float64)
    return PRIMITIVES["power"](asarray(x, wide), asarray(y, wide))


def copysign(x1: Any, x2: Any) -> Any:
    return absolute(x1) * step_function("copysign", lambda y: np.copysign(np.ones_like(y), y))(arrayed(x2))


def heaviside(x1: Any, x2: Any) -> Any:
    x = arrayed(x1)
    beside = where(greater(x, 0.0), 1.0, where(less(x, 0.0), 0.0, x))
    return where(equal(x, 0.0), arrayed(x2), beside)


def valid(extremum: Callable[..., Any]) -> Callable[..., Any]:
    """np.fmax and np.fmin: an extremum that takes the other operand for one that is not a number."""
    missing = step_function("isnan", np.isnan)

    def function(x1: Any, x2: Any) -> Any:
        x, y = arrayed(x1), arrayed(x2)
        return where(missing(x), y, where(missing(y), x, extremum(x, y)))

    return function


def modf(x: Any) -> tuple[Any, Any]:
    x = arrayed(x)
    whole = step_function("trunc", np.trunc)(x)
    return x - whole, whole


def divmod_of(x1: Any, x2: Any) -> tuple[Any, Any]:
    x, y = arrayed(x1), arrayed(x2)
    return floor_divide(x, y), remainder(x, y)


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    x = arrayed(x)
    largest = float(np.finfo(dtype_of(x)).max)
    for test, number in (
        (np.isnan, nan), (np.isposinf, largest if posinf is None else posinf),
        (np.isneginf, -largest if neginf is None else neginf),
    ):  # fmt: skip
        x = where(step_function(test.__name__, test)(x), number, x)
    return x


def polyval(p: Any, x: Any) -> Any:
    """By Horner's rule, the highest power first."""
    coefficients, x = arrayed(p), arrayed(x)
    result: Any = x * 0.0
    for k in range(shape_of(coefficients)[0]):
        result = result * x + index((k,))(coefficients)
    return result
