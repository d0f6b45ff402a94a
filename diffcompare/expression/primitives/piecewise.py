"""Operations made of branches: absolute value, extrema, comparisons and the choice between two operands."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.primitives import ball
from diffcompare.expression.primitives.primitive import Kink, Primitive, everywhere, is_array
from diffcompare.expression.primitives.stepwise import beats, holds, holds_not

PAIR = ((0.5, 4.0), (-4.0, 0.25))


_branch = Kink("x = y", lambda x, y: x == y, "the branch taken", "the branch changes here, so the two sides may differ")


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0)) if x == x else x


def _real_sign(x: complex) -> complex:
    return complex(_sign(x.real))


def _sympy_sign(sp: Any, x: Any) -> Any:
    """SymPy's sign where it can tell that x is real; elsewhere it would leave the derivative unevaluated."""
    return sp.sign(x) if x.is_extended_real else sp.Piecewise((1, x > 0), (-1, x < 0), (0, True))


def _comparison(
    name: str, on_numbers: Callable[..., Any], array: Any, head: str, holds: Callable[[int], bool]
) -> Primitive:
    """A row for a comparison: its derivative is 0 wherever it has one."""
    return Primitive(
        name, on_numbers, array, (0.0, 0.0), lambda sp, x, y: getattr(sp, head)(x, y),
        lambda x, y: holds(ball.compared(x, y, name)), lambda x, y: on_numbers(x.real, y.real), everywhere(*PAIR),
        kinks=(_branch,), hidden=True,
    )  # fmt: skip


def _extremum(
    name: str, pick: Callable[..., Any], array: Any, head: str, side: int, aliases: tuple[str, ...]
) -> Primitive:
    """A row for minimum (side -1) or maximum (side 1): the slope of the operand that wins, half of each at a tie."""

    def wins(x: Any, y: Any) -> Any:
        if is_array(x) or is_array(y):
            return beats(x, y) if side > 0 else beats(y, x)
        above, below = (1.0, 0.0) if side > 0 else (0.0, 1.0)
        return where(greater(x, y), above, where(less(x, y), below, 0.5))

    def on_numbers(x: float, y: float) -> float:
        return x + y if x != x or y != y else pick(x, y)

    def on_balls(x: Any, y: Any) -> Any:
        return x if ball.compared(x, y, name) * side >= 0 else y

    return Primitive(
        name, on_numbers, array, (lambda _, x, y: wins(x, y), lambda _, x, y: wins(y, x)),
        lambda sp, x, y: getattr(sp, head)(x, y), on_balls, lambda x, y: pick(x, y, key=lambda z: z.real),
        everywhere(*PAIR), aliases=aliases,
        kinks=(Kink("x = y", lambda x, y: x == y, "1/2 each", "the two operands tie: the graph has a corner"),),
    )  # fmt: skip


less = _comparison("less", operator.lt, np.less, "Lt", lambda s: s < 0)
less_equal = _comparison("less_equal", operator.le, np.less_equal, "Le", lambda s: s <= 0)
greater = _comparison("greater", operator.gt, np.greater, "Gt", lambda s: s > 0)
greater_equal = _comparison("greater_equal", operator.ge, np.greater_equal, "Ge", lambda s: s >= 0)
equal = _comparison("equal", operator.eq, np.equal, "Eq", lambda s: s == 0)
not_equal = _comparison("not_equal", operator.ne, np.not_equal, "Ne", lambda s: s != 0)


def _taken(c: Any, branch: int) -> Any:
    """1 where a branch is taken, 0 elsewhere; of an array of conditions as truth values, which multiply as these."""
    if is_array(c):
        return (holds if branch == 1 else holds_not)(c)
    return where(c, 1.0, 0.0) if branch == 1 else where(c, 0.0, 1.0)


where: Primitive = Primitive(
    "where", lambda c, x, y: x if c else y, np.where,
    (0.0, lambda _, c, x, y: _taken(c, 1), lambda _, c, x, y: _taken(c, 2)),
    lambda sp, c, x, y: sp.Piecewise((x, c), (y, True)), ball.select, lambda c, x, y: x if c else y,
    everywhere((0.0, 1.0), (-4.0, 4.0), (-4.0, 4.0)),
    why="the branch not taken gets no adjoint at all, so an infinity in it cannot become 0 * inf",
)  # fmt: skip
absolute = Primitive(
    "abs", abs, np.absolute, (lambda v, x: sign(x),), lambda sp, x: sp.Abs(x) if x.is_extended_real else sp.Max(x, -x),
    ball.absolute, lambda x: -x if x.real < 0 else x,
    everywhere((0.2, 5.0)), aliases=("Abs", "fabs", "absolute"),
    kinks=(Kink("x = 0", lambda x: x == 0, "0", "a corner: the slopes -1 and 1 meet, and 0 is their mean"),),
)  # fmt: skip
sign: Primitive = Primitive(
    "sign", _sign, np.sign, (0.0,), _sympy_sign, lambda x: ball.sign(x), _real_sign,
    everywhere((0.2, 5.0)), aliases=("sgn",),
    kinks=(Kink("x = 0", lambda x: x == 0, "0", "a jump: the derivative does not exist"),),
)  # fmt: skip
minimum = _extremum("minimum", min, np.minimum, "Min", -1, ("min", "Min", "fmin"))
maximum = _extremum("maximum", max, np.maximum, "Max", 1, ("max", "Max", "fmax"))
relu = Primitive(
    "relu", lambda x: x if x > 0 or x != x else 0.0, lambda x: np.maximum(x, 0),
    (lambda v, x: _taken(greater(v, 0.0), 1),),
    lambda sp, x: sp.Max(x, 0), lambda x: x if ball.sign_of(x, "relu") > 0 else 0 * x,
    lambda x: x if x.real > 0 else 0j, everywhere((0.2, 5.0)), aliases=("ReLU", "ramp"),
    kinks=(Kink("x = 0", lambda x: x == 0, "0", "a corner: any value in [0, 1] is a subgradient, 0 the usual choice"),),
)  # fmt: skip

ROWS = (
    absolute, sign, minimum, maximum, where, relu, less, less_equal, greater, greater_equal, equal, not_equal,
)  # fmt: skip
