"""NumPy's functions on traced arrays: the table, by NumPy's name, each with NumPy's arguments.

A function is written with primitives, so both modes and every higher derivative follow.  To support one more, add it
to the table; what is not there raises an error that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives.contraction import matrix_product
from diffcompare.expression.primitives.structural import (
    all_axes,
    broadcast_to,
    cast,
    concatenate,
    cumulative_sum,
    extremum,
    index,
    product_over,
    reshape,
    shape_of,
    size_of,
    sum_over,
    transpose,
)
from diffcompare.expression.variable import Variable, concrete

Axis = int | Sequence[int] | None

add, divide, multiply, subtract, sqrt = (PRIMITIVES[n] for n in ("add", "divide", "multiply", "subtract", "sqrt"))


def scalars(x: Variable) -> np.ndarray[Any, Any]:
    """A traced array as an object array of traced scalars."""
    result = np.empty(x.shape, dtype=object)
    for place in np.ndindex(*x.shape):
        result[place] = indexed(x, place) if x.shape else x
    return result


def joined(array: np.ndarray[Any, Any]) -> Any:
    """An object array of traced scalars as one traced array; the array itself where nothing in it is traced."""
    entries = array.ravel().tolist()
    if not any(isinstance(entry, Variable) for entry in entries):
        return array.astype(complex if any(isinstance(e, complex) for e in entries) else float)
    parts = [reshape((1,))(entry) for entry in entries]
    return reshape(array.shape)(concatenate(len(parts), 0)(*parts))


def arrayed(value: Any) -> Any:
    """What NumPy would make an array of: lists of traced values joined, anything traced or an array as it is."""
    if isinstance(value, (list, tuple)):
        return joined(np.array(value, dtype=object)) if _has_traced(value) else np.array(value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return joined(value)
    return value


def _has_traced(values: Any) -> bool:
    if isinstance(values, (list, tuple)):
        return any(map(_has_traced, values))
    return isinstance(values, Variable) or (isinstance(values, np.ndarray) and values.dtype == object)


def indexed(x: Any, key: Any) -> Any:
    """x[key]; a traced mask or index decides by its value at the point."""
    parts = key if isinstance(key, tuple) else (key,)
    plain = tuple(_plain_part(part) for part in parts)
    return index(plain if isinstance(key, tuple) else plain[0])(x)


def _plain_part(part: Any) -> Any:
    if isinstance(part, Variable):
        return part.decided()
    return np.array(part) if isinstance(part, list) else part


def axes_of(x: Any, axis: Axis) -> tuple[int, ...]:
    """The axes as whole numbers >= 0, all of them for None."""
    n = len(shape_of(x))
    if axis is None:
        return tuple(range(n))
    axes = (axis,) if isinstance(axis, (int, np.integer)) else axis
    return tuple(int(np.lib.array_utils.normalize_axis_index(int(a), n)) for a in axes)


def without(x: Any, axes: tuple[int, ...], keepdims: Any) -> Any:
    """A reduction that kept its axes, without them unless they are wanted."""
    if keepdims is True or not axes:
        return x
    return reshape(tuple(n for i, n in enumerate(shape_of(x)) if i not in axes))(x)


def total(x: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Any = False) -> Any:
    x = arrayed(x)
    axes = axes_of(x, axis)
    result = without(sum_over(axes)(x) if axes else x, axes, keepdims)
    return result if dtype is None else cast(dtype)(result)


def mean(x: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Any = False) -> Any:
    x = arrayed(x)
    return divide(total(x, axis, dtype, keepdims=keepdims), _count(x, axes_of(x, axis)))


def _count(x: Any, axes: tuple[int, ...]) -> float:
    count = 1
    for axis in axes:
        count *= shape_of(x)[axis]
    return float(count)


def variance(
    x: Any, axis: Axis = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: Any = False
) -> Any:
    """The mean of |x - mean|^2, n - ddof in the denominator."""
    x = arrayed(x)
    axes = axes_of(x, axis)
    deviation = subtract(x, mean(x, axis, keepdims=True) if axes else x)
    squares = multiply(deviation, FUNCTIONS["conj"](deviation) if _is_complex(x) else deviation)
    if _is_complex(x):
        squares = FUNCTIONS["real"](squares)
    count = _count(x, axes) - ddof
    return divide(total(squares, axis, keepdims=keepdims), count if count > 0 else float("nan"))


def deviation(
    x: Any, axis: Axis = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: Any = False
) -> Any:
    return sqrt(variance(x, axis, dtype, out, ddof, keepdims))


def _is_complex(x: Any) -> bool:
    return bool(np.iscomplexobj(concrete(x)))


def product(x: Any, axis: Axis = None, dtype: Any = None, out: None = None, keepdims: Any = False) -> Any:
    x = arrayed(x)
    axes = axes_of(x, axis)
    result = x
    for a in axes:
        result = product_over(result, a)
    return without(result, axes, keepdims)


def _extreme(largest: bool) -> Callable[..., Any]:
    def function(x: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
        x = arrayed(x)
        axes = axes_of(x, axis)
        return without(extremum(axes, largest)(x) if axes else x, axes, keepdims)

    return function


def reshaped(x: Any, *shape: Any, order: str = "C", copy: Any = None) -> Any:
    """x.reshape(2, 3), x.reshape((2, 3)) and np.reshape(x, -1)."""
    if order != "C":
        raise TracingError(f"reshape with order={order!r} cannot be traced; transpose first")
    x = arrayed(x)
    wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)) else shape
    wanted = tuple(int(n) for n in wanted)
    if -1 in wanted:
        known = int(np.prod([n for n in wanted if n != -1], dtype=int))
        wanted = tuple(size_of(x) // max(known, 1) if n == -1 else n for n in wanted)
    return reshape(wanted)(x)


def raveled(x: Any, order: str = "C") -> Any:
    return reshaped(x, -1, order=order)


def transposed(x: Any, *axes: Any) -> Any:
    """x.T, x.transpose(1, 0), x.transpose((1, 0)) and np.transpose(x, axes)."""
    x = arrayed(x)
    n = len(shape_of(x))
    if len(axes) == 1 and (axes[0] is None or not isinstance(axes[0], (int, np.integer))):
        axes = tuple(axes[0]) if axes[0] is not None else ()
    return transpose(axes_of(x, axes) if axes else tuple(reversed(range(n))))(x)


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    order = list(all_axes(x))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(tuple(order))(x)


def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    x = arrayed(x)
    return transpose(_moved(len(shape_of(x)), source, destination))(x)


def _moved(n: int, source: Any, destination: Any) -> tuple[int, ...]:
    sources, targets = (np.atleast_1d(np.asarray(a)) % n for a in (source, destination))
    order = [i for i in range(n) if i not in sources]
    for target, origin in sorted(zip(targets.tolist(), sources.tolist(), strict=True)):
        order.insert(target, origin)
    return tuple(order)


def expand_dims(x: Any, axis: Any) -> Any:
    x = arrayed(x)
    return reshape(np.expand_dims(np.empty(shape_of(x), dtype=bool), axis).shape)(x)


def squeeze(x: Any, axis: Any = None) -> Any:
    return reshape(np.squeeze(np.empty(shape_of(x), dtype=bool), axis).shape)(x)


def concatenated(arrays: Any, axis: int | None = 0, out: None = None, dtype: Any = None, casting: str = "") -> Any:
    parts = [arrayed(part) for part in arrays]
    if axis is None:
        parts, axis = [raveled(part) for part in parts], 0
    return concatenate(len(parts), axes_of(parts[0], axis)[0])(*parts)


def stack(arrays: Any, axis: int = 0, out: None = None, dtype: Any = None, casting: str = "") -> Any:
    return concatenated([expand_dims(part, axis) for part in arrays], axis)


def dot(x: Any, y: Any, out: None = None) -> Any:
    x, y = arrayed(x), arrayed(y)
    if not shape_of(x) or not shape_of(y):
        return multiply(x, y)
    if len(shape_of(y)) <= 2:
        return matrix_product(x, y)
    return FUNCTIONS["tensordot"](x, y, axes=([-1], [-2]))


def cumsum(x: Any, axis: int | None = None, dtype: Any = None, out: None = None) -> Any:
    x = arrayed(x)
    return cumulative_sum(0)(raveled(x)) if axis is None else cumulative_sum(axes_of(x, axis)[0])(x)


def choose(condition: Any, *branches: Any) -> Any:
    if not branches:
        return np.where(concrete(condition))
    return PRIMITIVES["where"](arrayed(condition), *map(arrayed, branches))


def clip(x: Any, a_min: Any = None, a_max: Any = None, out: None = None, **_: Any) -> Any:
    """Between the bounds, with the slope of the operand there and 0 outside."""
    result = x
    for bound, beyond in ((a_min, PRIMITIVES["less"]), (a_max, PRIMITIVES["greater"])):
        if bound is not None:
            result = PRIMITIVES["where"](beyond(x, bound), bound, result)
    return result


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result does not depend on the entries smoothly: it computes on plain values."""

    def on_values(*arguments: Any, **options: Any) -> Any:
        return function(*(concrete(argument) for argument in arguments), **options)

    return on_values


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": total, "mean": mean, "var": variance, "std": deviation, "prod": product,
    "max": _extreme(True), "amax": _extreme(True), "min": _extreme(False), "amin": _extreme(False),
    "reshape": reshaped, "ravel": raveled, "transpose": transposed, "swapaxes": swapaxes, "moveaxis": moveaxis,
    "expand_dims": expand_dims, "squeeze": squeeze, "concatenate": concatenated, "stack": stack,
    "dot": dot, "matmul": lambda x, y: matrix_product(arrayed(x), arrayed(y)), "cumsum": cumsum,
    "where": choose, "clip": clip,
    "broadcast_to": lambda x, shape: broadcast_to(tuple(shape))(arrayed(x)),
    **{name: _plain(getattr(np, name)) for name in (
        "shape", "ndim", "size", "argmax", "argmin", "argsort", "zeros_like", "ones_like", "empty_like", "full_like",
        "result_type", "iscomplexobj", "isrealobj", "all", "any", "count_nonzero", "nonzero", "array_equal", "allclose",
    )},
}  # fmt: skip

METHODS: dict[str, Callable[..., Any]] = {
    **{name: FUNCTIONS[name] for name in (
        "sum", "mean", "var", "std", "prod", "max", "min", "reshape", "ravel", "transpose", "swapaxes", "squeeze",
        "dot", "cumsum", "clip", "argmax", "argmin", "argsort", "all", "any", "nonzero",
    )},
    "flatten": raveled,
    "copy": lambda x, *_: x,
    "astype": lambda x, dtype, **_: cast(dtype)(x),
}  # fmt: skip
