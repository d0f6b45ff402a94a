"""Other shapes, orders of axes and directions of the same entries, and copies of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression.arrays.axes import axes_of, axis_of, flat, key_along, moved_axes
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.primitives.contraction import swapped
from diffcompare.expression.primitives.indexing import concatenate, index
from diffcompare.expression.primitives.structural import (
    all_axes,
    broadcast_to,
    reshape,
    shape_of,
    size_of,
    transpose,
)


def reshaped(a: Any, /, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    x = arrayed(a)
    # a view of one number: NumPy checks the shape and finds what -1 stands for
    wanted = np.broadcast_to(np.False_, shape_of(x)).reshape(shape).shape
    if _by_columns(order, "reshape"):
        return transposed(reshape(tuple(reversed(wanted)))(transposed(x)))
    return reshape(wanted)(x)


def _by_columns(order: str, name: str) -> bool:
    """Whether entries are read column by column; an order that depends on memory is refused."""
    if order not in ("C", "F"):
        raise TracingError(f"np.{name} with order={order!r} cannot be traced; write order='C' or order='F'")
    return order == "F"


def raveled(a: Any, order: str = "C") -> Any:
    x = arrayed(a)
    return flat(transposed(x) if _by_columns(order, "ravel") else x)


def transposed(a: Any, axes: Any = None) -> Any:
    x = arrayed(a)
    return transpose(tuple(reversed(all_axes(x))) if axes is None else axes_of(x, axes))(x)


def spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose whole numbers may be given one by one: x.reshape(2, 3), x.transpose(1, 0)."""

    def method(x: Any, *numbers: Any, **options: Any) -> Any:
        given = numbers[0] if len(numbers) == 1 and not isinstance(numbers[0], (int, np.integer)) else numbers
        return function(x, None if function is transposed and not numbers else given, **options)

    return method


def matrix_transposed(x: Any) -> Any:
    """x.mT: the last two axes exchanged."""
    return swapped(arrayed(x))


def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    x = arrayed(a)
    order = list(all_axes(x))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(tuple(order))(x)


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    x = arrayed(a)
    return transpose(moved_axes(len(shape_of(x)), source, destination))(x)


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    x = arrayed(a)
    n = len(shape_of(x))
    axis, start = axis_of(x, axis), start + n if start < 0 else start
    return moveaxis(x, axis, start - 1 if start > axis else start)


def expand_dims(a: Any, axis: Any) -> Any:
    x = arrayed(a)
    return reshape(np.expand_dims(np.broadcast_to(np.False_, shape_of(x)), axis).shape)(x)


def squeeze(a: Any, axis: Any = None) -> Any:
    x = arrayed(a)
    return reshape(np.squeeze(np.broadcast_to(np.False_, shape_of(x)), axis).shape)(x)


def at_least(function: Callable[..., Any]) -> Callable[..., Any]:
    """np.atleast_1d and the like: the shape that NumPy gives, one array for one, several for several."""

    def lifted(*arys: Any) -> Any:
        results = [reshape(function(np.broadcast_to(np.False_, shape_of(x))).shape)(x) for x in map(arrayed, arys)]
        return results[0] if len(results) == 1 else tuple(results)

    return lifted


def broadcast_to_shape(array: Any, shape: Any, subok: bool = False) -> Any:
    return broadcast_to(tuple(np.atleast_1d(np.asarray(shape, dtype=int)).tolist()))(arrayed(array))


def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    parts = list(map(arrayed, args))
    shape = np.broadcast_shapes(*map(shape_of, parts))
    return tuple(broadcast_to(shape)(part) for part in parts)


def flip(m: Any, axis: Any = None) -> Any:
    x = arrayed(m)
    axes = axes_of(x, axis)
    return index(tuple(slice(None, None, -1 if i in axes else 1) for i in all_axes(x)))(x)


def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    x = arrayed(m)
    first, second = axes_of(x, axes)
    for turn in ((), (second,), (first, second), (first,))[k % 4]:
        x = flip(x, turn)
    return swapaxes(x, first, second) if k % 2 else x


def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    x = arrayed(a)
    if axis is None:
        return reshape(shape_of(x))(roll(flat(x), shift, 0))
    for by, which in np.broadcast(shift, axis):
        along = axis_of(x, int(which))
        n = shape_of(x)[along]
        cut = -int(by) % n if n else 0
        if cut:
            parts = (slice(cut, n), slice(0, cut))
            x = concatenate([index(key_along(along, part))(x) for part in parts], along)
    return x


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    x, along = (flat(arrayed(a)), 0) if axis is None else (arrayed(a), axis_of(a, axis))
    shape = shape_of(x)
    if np.size(repeats) != 1:
        return index(key_along(along, np.repeat(np.arange(shape[along]), repeats)))(x)
    times = int(np.ravel(repeats)[0])
    copies = broadcast_to((*shape[: along + 1], times, *shape[along + 1 :]))
    return reshape((*shape[:along], shape[along] * times, *shape[along + 1 :]))(copies(expand_dims(x, along + 1)))


def tile(A: Any, reps: Any) -> Any:
    x = arrayed(A)
    counts = [int(n) for n in np.ravel(reps)]
    shape = (1,) * (len(counts) - len(shape_of(x))) + shape_of(x)
    counts = [1] * (len(shape) - len(counts)) + counts
    single = tuple(part for n in shape for part in (1, n))
    copies = tuple(part for count, n in zip(counts, shape, strict=True) for part in (count, n))
    whole = tuple(count * n for count, n in zip(counts, shape, strict=True))
    return reshape(whole)(broadcast_to(copies)(reshape(single)(x)))


def resized(a: Any, new_shape: Any) -> Any:
    """np.resize: the entries over again until the shape is full."""
    x = flat(arrayed(a))
    shape = (int(new_shape),) if np.ndim(new_shape) == 0 else tuple(map(int, new_shape))
    places = np.resize(np.arange(size_of(x)), shape)
    return index((places,))(x)
