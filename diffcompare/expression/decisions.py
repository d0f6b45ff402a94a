"""Tests of NumPy's on traced entries: a plain truth value each, by comparisons that are remembered as guards."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from diffcompare.expression.entries import decided
from diffcompare.expression.primitives import PRIMITIVES

absolute, equal, less, less_equal = (PRIMITIVES[name] for name in ("abs", "equal", "less", "less_equal"))


def is_nan(x: Any) -> bool:
    """Not by x != x, which balls cannot decide."""
    return not decided(less_equal(x, inf))


def is_finite(x: Any) -> bool:
    return bool(decided(less(absolute(x), inf)))


def is_close(x: Any, y: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> bool:
    """Whether |x - y| <= atol + rtol |y|, or the two are the same infinity."""
    if is_finite(y):
        return bool(decided(less_equal(absolute(x - y), atol + rtol * absolute(y))))
    return bool(decided(equal(x, y))) or (equal_nan and is_nan(x) and is_nan(y))


def at_every_entry(test: Callable[..., bool], arity: int = 1) -> Callable[..., Any]:
    """A test of entries on arrays of them; what follows the operands is the same for all entries."""

    def tested(*arguments: Any, **options: Any) -> Any:
        operands, parameters = arguments[:arity], arguments[arity:]
        found = np.frompyfunc(lambda *x: test(*x, *parameters, **options), arity, 1)(*operands)
        return found.astype(bool) if isinstance(found, np.ndarray) else found

    return tested


isclose = at_every_entry(is_close, 2)


def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> bool:
    return bool(np.all(isclose(a, b, rtol, atol, equal_nan)))


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    def same(x: Any, y: Any) -> bool:
        return bool(decided(equal(x, y))) or (equal_nan and is_nan(x) and is_nan(y))

    return np.shape(a1) == np.shape(a2) and bool(np.all(at_every_entry(same, 2)(a1, a2)))


OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "isnan": at_every_entry(is_nan),
    "isfinite": at_every_entry(is_finite),
    "isinf": at_every_entry(lambda x: not is_finite(x) and not is_nan(x)),
    "isposinf": at_every_entry(lambda x: bool(decided(equal(x, inf)))),
    "isneginf": at_every_entry(lambda x: bool(decided(equal(x, -inf)))),
    "isclose": isclose, "allclose": allclose, "array_equal": array_equal,
}  # fmt: skip
