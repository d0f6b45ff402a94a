"""Functions that move in steps, entry by entry: NumPy's value at the point, between the edges of its step.

The edges are remembered as guards: the derivative is 0 between them, and at an edge it is not certified.  Remainders
subtract so many times the divisor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.entries import decided, on_entries
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives.primitive import concrete

absolute, arctan2, divide, equal, greater, greater_equal, less, less_equal = (
    PRIMITIVES[name] for name in ("abs", "arctan2", "divide", "equal", "greater", "greater_equal", "less", "less_equal")
)
Edges = Callable[[float], tuple[float, float]]  # of the step with a value


def held(x: Any, step: float, function: Callable[[float], float], edges: Edges) -> float:
    """The value of a step that x is on, an edge included where the function has this value there."""
    low, high = edges(step)
    decided((greater_equal if function(low) == step else greater)(x, low))
    decided((less_equal if function(high) == step else less)(x, high))
    return step


def rounding(function: Callable[[float], Any], edges: Edges) -> Callable[[Any], float]:
    """A function that rounds one entry to a whole number."""
    return lambda x: held(x, float(function(concrete(x))), function, edges)


def up_from(step: float) -> tuple[float, float]:
    return step, step + 1


def towards_zero(step: float) -> tuple[float, float]:
    return (step if step > 0 else step - 1), (step if step < 0 else step + 1)


floor = rounding(np.floor, up_from)
ceil = rounding(np.ceil, lambda step: (step - 1, step))
trunc = rounding(np.trunc, towards_zero)
rint = rounding(np.rint, lambda step: (step - 0.5, step + 0.5))


def rounded(a: Any, decimals: int = 0, out: None = None) -> Any:
    """np.round: to so many places after the point, as NumPy does it, by a power of ten."""
    scale = 10.0 ** abs(decimals)
    if decimals < 0:
        return on_entries(rint, a / scale) * scale
    return on_entries(rint, a * scale) / scale if decimals else on_entries(rint, a)


def floor_divide(x: Any, y: Any) -> float:
    return held(divide(x, y), float(np.floor_divide(concrete(x), concrete(y))), np.floor, up_from)


def remainder(x: Any, y: Any) -> Any:
    return x - floor_divide(x, y) * y


def fmod(x: Any, y: Any) -> Any:
    return x - trunc(divide(x, y)) * y


def modf(x: Any) -> tuple[Any, Any]:
    whole = on_entries(trunc, x)
    return x - whole, whole


def divmod_of(x: Any, y: Any) -> tuple[Any, Any]:
    quotient = on_entries(floor_divide, x, y)
    return quotient, x - quotient * y


def signbit(x: Any) -> bool:
    """The sign of a number, by which side of 0 it is on; of a zero, by the angle of (-1, x), which is -pi or pi."""
    negative = bool(np.signbit(concrete(x)))
    if not decided((less if negative else greater)(x, 0.0)):
        decided(less(arctan2(x, -1.0), 0.0))
    return negative


def copysign(x: Any, y: Any) -> Any:
    return -absolute(x) if signbit(y) else absolute(x)


def heaviside(x: Any, middle: Any) -> Any:
    if decided(equal(x, 0.0)):
        return middle
    return 1.0 if decided(greater(x, 0.0)) else 0.0 if decided(less(x, 0.0)) else x


OF_ENTRIES: dict[str, Callable[..., Any]] = {
    "floor": floor, "ceil": ceil, "trunc": trunc, "rint": rint, "floor_divide": floor_divide, "remainder": remainder,
    "fmod": fmod, "signbit": signbit, "copysign": copysign, "heaviside": heaviside,
}  # fmt: skip
OF_ARRAYS: dict[str, Callable[..., Any]] = {"modf": modf, "divmod": divmod_of}
