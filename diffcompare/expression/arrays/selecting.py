"""Choosing entries: by conditions, places, order, or where they stand in a matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.arrays.axes import axis_of, flat, key_along, moved_axes
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.arrays.reductions import total
from diffcompare.expression.arrays.steps import steps
from diffcompare.expression.operands import kept_array
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives.indexing import index, scatter
from diffcompare.expression.primitives.primitive import Traced
from diffcompare.expression.primitives.reduction import arrangement
from diffcompare.expression.primitives.structural import shape_of, size_of, transpose

equal, greater, less, where = (PRIMITIVES[n] for n in ("equal", "greater", "less", "where"))


def decided(value: Any) -> Any:
    """The plain value of what decides which entries are meant, remembered as a guard where it is traced."""
    value = arrayed(value)
    return value.decided() if isinstance(value, Traced) else value


def decided_by(function: Callable[..., Any], arity: int = 1) -> Callable[..., Any]:
    """np.argmax, np.allclose and the like: plain places and truth values, found by the values at the point."""
    find = steps(function, arity)
    return lambda *arguments, **options: decided(find(*arguments, **options))


def nonzero(a: Any) -> Any:
    return np.nonzero(decided(arrayed(a) != 0))


def choose(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    """np.where; with a condition alone, the places where it holds."""
    if x is None and y is None:
        return nonzero(condition)
    return where(arrayed(condition), arrayed(x), arrayed(y))


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError("np.select needs as many choices as conditions")
    result = arrayed(default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = choose(condition, choice, result)
    return result


def clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: None = None,
    *,
    min: Any = None,  # noqa: A002  NumPy's name
    max: Any = None,  # noqa: A002  NumPy's name
) -> Any:
    """Between the bounds, with the slope of the operand there and 0 outside."""
    result = arrayed(a)
    for bound, beyond in ((a_min if min is None else min, less), (a_max if max is None else max, greater)):
        if bound is not None:
            bound = arrayed(bound)
            result = where(beyond(result, bound), bound, result)
    return result


def take(a: Any, indices: Any, axis: int | None = None, out: None = None, mode: str = "raise") -> Any:
    x, along = (flat(arrayed(a)), 0) if axis is None else (arrayed(a), axis_of(a, axis))
    places = np.take(np.arange(shape_of(x)[along]), decided(indices), mode=mode)  # type: ignore[call-overload]
    return index(key_along(along, places))(x)


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    x, along = (flat(arrayed(arr)), 0) if axis is None else (arrayed(arr), axis_of(arr, axis))
    indices = kept_array(np.asarray(decided(indices)))
    grid = [np.arange(n).reshape(tuple(-1 if j == i else 1 for j in range(indices.ndim)))
            for i, n in enumerate(shape_of(x))]  # fmt: skip
    return index((*grid[:along], indices, *grid[along + 1 :]))(x)


def compress(condition: Any, a: Any, axis: int | None = None, out: None = None) -> Any:
    return take(a, np.flatnonzero(decided(condition)), axis)


def extract(condition: Any, arr: Any) -> Any:
    return compress(flat(arrayed(condition)), arr)


def sort(a: Any, axis: int | None = -1, kind: Any = None, order: None = None, *, stable: bool | None = None) -> Any:
    x, along = (flat(arrayed(a)), 0) if axis is None else (arrayed(a), axis_of(a, axis))
    return arrangement("sort", lambda value: np.sort(value, axis=along), along)(x)


def partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: None = None) -> Any:
    x, along = (flat(arrayed(a)), 0) if axis is None else (arrayed(a), axis_of(a, axis))
    return arrangement("partition", lambda value: np.partition(value, kth, axis=along), along)(x)


def triangle(function: Callable[..., Any]) -> Callable[..., Any]:
    """np.tril and np.triu: zeros where NumPy leaves a matrix of ones empty."""

    def kept(m: Any, k: int = 0) -> Any:
        x = arrayed(m)
        shape = shape_of(x) if len(shape_of(x)) > 1 else shape_of(x) * 2
        return where(function(np.ones(shape[-2:], dtype=bool), k), x, 0.0)

    return kept


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of the matrices that two axes make, along a new last axis."""
    x = arrayed(a)
    first, second = axis_of(x, axis1), axis_of(x, axis2)
    rows, columns = shape_of(x)[first], shape_of(x)[second]
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    start = np.arange(count)
    last = transpose(moved_axes(len(shape_of(x)), (first, second), (-2, -1)))(x)
    return index((..., start - min(offset, 0), start + max(offset, 0)), distinct=True)(last)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: None = None) -> Any:
    return total(diagonal(a, offset, axis1, axis2), -1, dtype)


def diag(v: Any, k: int = 0) -> Any:
    """The diagonal of a matrix; the diagonal matrix of a row."""
    x = arrayed(v)
    return diagonal(x, k) if len(shape_of(x)) == 2 else diagflat(x, k)


def diagflat(v: Any, k: int = 0) -> Any:
    x = flat(arrayed(v))
    n = size_of(x) + abs(k)
    start = np.arange(size_of(x))
    return scatter((n, n), (start - min(k, 0), start + max(k, 0)), distinct=True)(x)
