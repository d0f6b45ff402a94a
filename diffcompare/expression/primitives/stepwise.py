"""Functions that move in steps, whose derivative is 0 wherever they have one, and remainders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.primitives.arithmetic import multiply, negative
from diffcompare.expression.primitives.structural import Structural, broadcast_to, shape_of


def step_function(name: str, function: Callable[..., Any], arity: int = 1) -> Structural:
    """An operation whose result moves in steps (roundings, tests, places): no tangent and no adjoint go through it."""
    return Structural(name, arity, function, lambda k, v_bar, v, x: None, lambda k, x_dot, v, x: None)


def _beats(x: Any, y: Any) -> Any:
    wins, ties = np.greater(x, y), np.equal(x, y)
    return (wins + 0.5 * ties).astype(np.result_type(x, y)) if np.count_nonzero(ties) else wins


def _winners(x: Any, v: Any) -> Any:
    wins = np.equal(x, v)
    if np.count_nonzero(wins) == v.size == np.count_nonzero(np.equal(v, v)):  # one each, as none is nan
        return wins
    count = wins.sum(axis=tuple([k for k, n in enumerate(v.shape) if n == 1]), keepdims=True)
    return (wins / count).astype(x.dtype)


# What a derivative is multiplied by on each side of a corner, as truth values where these do: no pass for a 1 or 0.
beats = step_function("beats", _beats, 2)  # x > y, and half where they tie
winners = step_function("winners", _winners, 2)  # the entries equal to their extremum, in equal shares
holds = step_function("holds", lambda c: np.asarray(c) != 0 if np.asarray(c).dtype.kind != "b" else c)
holds_not = step_function("holds not", lambda c: np.asarray(c) == 0)

floor_divide = step_function("floor_divide", np.floor_divide, 2)
truncated_quotient = step_function("trunc", lambda x, y: np.trunc(np.divide(x, y)), 2)


def _rest(name: str, function: Callable[..., Any], quotient: Structural) -> Structural:
    """x - y q, where the quotient q moves in steps: slope 1 by x and -q by y."""

    def slope(k: int, seed: Any, x: tuple[Any, ...]) -> Any:
        return seed if k == 0 else negative(multiply(seed, quotient(*x)))

    return Structural(
        name, 2, function, lambda k, v_bar, v, x: slope(k, v_bar, x),
        lambda k, x_dot, v, x: broadcast_to(shape_of(v))(slope(k, x_dot, x)),
    )  # fmt: skip


remainder = _rest("remainder", np.remainder, floor_divide)
fmod = _rest("fmod", np.fmod, truncated_quotient)
