"""Sums, means, products, extrema and their running versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.arrays.axes import Axis, axes_of, axis_of, count_over, flat, without
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives.indexing import concatenate
from diffcompare.expression.primitives.parts import conjugate, real_part
from diffcompare.expression.primitives.reduction import cumulative_sum, extremum, product_over, running
from diffcompare.expression.primitives.structural import (
    broadcast_to,
    cast,
    dtype_of,
    is_complex,
    reshape,
    shape_of,
    sum_of_all,
    sum_over,
)


def total(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Any = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    x = _masked(arrayed(a), where, 0.0)
    axes = axes_of(x, axis)
    if axes and keepdims is not True and len(axes) == len(shape_of(x)):
        result = sum_of_all(len(axes))(x)
    else:
        result = without(sum_over(axes)(x) if axes else x, axes, keepdims)
    result = result if dtype is None else cast(dtype)(result)
    return result if initial is None else result + initial


def _masked(x: Any, mask: Any, neutral: Any) -> Any:
    """The entries that count; the others replaced by what changes nothing."""
    return x if mask is True else PRIMITIVES["where"](mask, x, neutral)


def mean(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    x = arrayed(a)
    if where is True:
        count: Any = float(count_over(x, axes_of(x, axis)))
    else:
        count = np.sum(np.broadcast_to(where, shape_of(x)), axis, dtype_of(x), keepdims=keepdims is True)
    return total(x, axis, dtype, keepdims=keepdims, where=where) / count


def variance(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: Any = False,
    *, correction: float | None = None,
) -> Any:  # fmt: skip
    """The mean of |x - mean|^2, with n - ddof in the denominator."""
    x = arrayed(a)
    axes = axes_of(x, axis)
    centred = x - (mean(x, axis, keepdims=True) if axes else x)
    squares = real_part(centred * conjugate(centred)) if is_complex(x) else centred * centred
    count = float(count_over(x, axes)) - (ddof if correction is None else correction)
    return total(squares, axis, keepdims=keepdims) / (count if count > 0 else float("nan"))


def deviation(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: Any = False,
    *, correction: float | None = None,
) -> Any:  # fmt: skip
    """The root of the variance; of a single entry it is 0 whatever that is, so the root is not taken."""
    x = arrayed(a)
    squared = variance(x, axis, dtype, out, ddof, keepdims, correction=correction)
    return squared if count_over(x, axes_of(x, axis)) == 1 else PRIMITIVES["sqrt"](squared)


def average(a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    x = arrayed(a)
    if weights is None:
        result, scale = mean(x, axis, keepdims=keepdims), float(count_over(x, axes_of(x, axis)))
    else:
        weights = arrayed(weights)
        if shape_of(weights) != shape_of(x):
            (along,) = axes_of(x, axis)
            weights = reshape(tuple(n if i == along else 1 for i, n in enumerate(shape_of(x))))(weights)
            weights = broadcast_to(shape_of(x))(weights)
        scale = total(weights, axis, keepdims=keepdims)
        result = total(x * weights, axis, keepdims=keepdims) / scale
    return (result, broadcast_to(shape_of(result))(scale)) if returned else result


def product(
    a: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Any = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    x = _masked(arrayed(a), where, 1.0)
    axes = axes_of(x, axis)
    for along in axes:
        x = product_over(x, along)
    result = without(x, axes, keepdims)
    result = result if dtype is None else cast(dtype)(result)
    return result if initial is None else result * initial


def extreme(largest: bool) -> Callable[..., Any]:
    """np.max or np.min."""
    pick = PRIMITIVES["maximum" if largest else "minimum"]

    def function(
        a: Any, axis: Axis = None, out: None = None, keepdims: Any = False, initial: Any = None, where: Any = True
    ) -> Any:
        if where is not True and initial is None:
            raise ValueError("np.max and np.min with where= need initial=, for what has no entry")
        x = _masked(arrayed(a), where, initial)
        axes = axes_of(x, axis)
        result = without(extremum(axes, largest)(x) if axes else x, axes, keepdims)
        return result if initial is None else pick(result, initial)

    return function


def span(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    """np.ptp: the largest minus the smallest."""
    return extreme(True)(a, axis, keepdims=keepdims) - extreme(False)(a, axis, keepdims=keepdims)


def cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    x = arrayed(a)
    result = cumulative_sum(0)(flat(x)) if axis is None else cumulative_sum(axis_of(x, axis))(x)
    return result if dtype is None else cast(dtype)(result)


def scan(name: str) -> Callable[..., Any]:
    """np.cumprod, np.maximum.accumulate and the like: a primitive on the entries up to each one."""

    def function(a: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
        x = arrayed(a)
        x, along = (flat(x), 0) if axis is None else (x, axis_of(x, axis))
        result = running(PRIMITIVES[name], x, along)
        return result if dtype is None else cast(dtype)(result)

    return function


def starting_with(first: float, accumulate: Callable[..., Any]) -> Callable[..., Any]:
    """np.cumulative_sum and np.cumulative_prod, which may begin with the result of no entry."""

    def function(
        x: Any, /, *, axis: int | None = None, dtype: Any = None, out: None = None, include_initial: bool = False
    ) -> Any:
        x = arrayed(x)
        along = 0 if axis is None else axis_of(x, axis)
        result = accumulate(x, along, dtype)
        if not include_initial:
            return result
        shape = tuple(1 if i == along else n for i, n in enumerate(shape_of(result)))
        return concatenate([np.full(shape, first, dtype_of(result)), result], along)

    return function
