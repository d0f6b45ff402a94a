"""Arrays put together, taken apart, and padded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression.arrays.axes import axis_of, flat, key_along
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.arrays.shaping import at_least, expand_dims, transposed
from diffcompare.expression.primitives.indexing import concatenate, index, scatter
from diffcompare.expression.primitives.structural import all_axes, cast, dtype_of, reshape, shape_of


def concatenated(arrays: Any, axis: int | None = 0, out: None = None, dtype: Any = None, casting: Any = None) -> Any:
    parts = [arrayed(part) for part in arrays]
    if axis is None:
        parts, axis = [flat(part) for part in parts], 0
    result = concatenate(parts, axis_of(parts[0], axis))
    return result if dtype is None else cast(dtype)(result)


def stack(arrays: Any, axis: int = 0, out: None = None, dtype: Any = None, casting: Any = None) -> Any:
    parts = [arrayed(part) for part in arrays]
    if len(set(map(shape_of, parts))) > 1:
        raise ValueError("np.stack needs arrays of one shape")
    return concatenated([expand_dims(part, axis) for part in parts], axis, dtype=dtype)


def stacked_by(lift: Callable[[Any], Any], axis: int) -> Callable[..., Any]:
    """np.vstack and the like: arrays with as many axes as it takes, one after the other."""

    def function(tup: Any, *, dtype: Any = None, casting: Any = None) -> Any:
        parts = [lift(part) for part in map(arrayed, tup)]
        return concatenated(parts, min(axis, len(shape_of(parts[0])) - 1), dtype=dtype)

    return function


vstack = stacked_by(at_least(np.atleast_2d), 0)
hstack = stacked_by(at_least(np.atleast_1d), 1)
dstack = stacked_by(at_least(np.atleast_3d), 2)
column_stack = stacked_by(lambda x: x if len(shape_of(x)) > 1 else transposed(at_least(np.atleast_2d)(x)), 1)


def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return concatenated([arr, values], axis)


def block(arrays: Any) -> Any:
    """np.block: lists joined along the last axis, lists of lists along the one before it, ..."""
    depth = _depth(arrays)
    leaves = _leaves(arrays)
    n = max(depth, *(len(shape_of(arrayed(leaf))) for leaf in leaves))

    def joined(part: Any, level: int) -> Any:
        if not isinstance(part, list):
            x = arrayed(part)
            return reshape((1,) * (n - len(shape_of(x))) + shape_of(x))(x)
        return concatenate([joined(item, level - 1) for item in part], n - level)

    return joined(arrays, depth)


def _depth(part: Any) -> int:
    return 1 + max(map(_depth, part)) if isinstance(part, list) else 0


def _leaves(part: Any) -> list[Any]:
    return [leaf for item in part for leaf in _leaves(item)] if isinstance(part, list) else [part]


def split_by(function: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """np.split and np.array_split: NumPy splits the places, and each part is a slice of the entries."""

    def pieces(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
        x = arrayed(ary)
        along = axis_of(x, axis)
        places = function(np.arange(shape_of(x)[along]), indices_or_sections)
        ranges = [(int(part[0]), int(part[-1]) + 1) if part.size else (0, 0) for part in places]
        return [index(key_along(along, slice(*ends)))(x) for ends in ranges]

    return pieces


split, array_split = split_by(np.split), split_by(np.array_split)


def split_along(axis: int) -> Callable[..., list[Any]]:
    """np.vsplit, np.hsplit and np.dsplit; a row is split along the only axis that it has."""

    def pieces(ary: Any, indices_or_sections: Any) -> list[Any]:
        x = arrayed(ary)
        n = len(shape_of(x))
        return split(x, indices_or_sections, 0 if (n, axis) == (1, 1) else axis)

    return pieces


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    x = arrayed(x)
    along = axis_of(x, axis)
    return tuple(index(key_along(along, k))(x) for k in range(shape_of(x)[along]))


COPYING = ("edge", "reflect", "symmetric", "wrap")


def pad(
    array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0, reflect_type: str = "even"
) -> Any:
    """np.pad with constants, or with copies of entries: NumPy pads the places, and each entry goes to its places."""
    x = arrayed(array)
    shape = shape_of(x)
    if isinstance(pad_width, dict):
        pad_width = [pad_width.get(i, pad_width.get(i - len(shape), 0)) for i in all_axes(x)]
        pad_width = [(width, width) if np.ndim(width) == 0 else width for width in pad_width]
    widths = [tuple(map(int, pair)) for pair in np.broadcast_to(np.asarray(pad_width), (len(shape), 2))]
    if mode == "constant":
        whole = tuple(before + n + after for n, (before, after) in zip(shape, widths, strict=True))
        key = tuple(slice(before, before + n) for n, (before, _) in zip(shape, widths, strict=True))
        inside = scatter(whole, key, distinct=True)(x)
        if not np.any(constant_values):
            return inside
        return inside + np.pad(np.zeros(shape, dtype_of(x)), widths, constant_values=constant_values)
    if mode not in COPYING or reflect_type != "even":
        raise TracingError(f"np.pad with mode={mode!r} cannot be traced; there are constant, {', '.join(COPYING)}")
    for axis, (n, width) in enumerate(zip(shape, widths, strict=True)):
        if any(width):
            x = index(key_along(axis, np.pad(np.arange(n), width, mode=mode)))(x)  # type: ignore[call-overload]  # mode
    return x


def deleted(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """np.delete: the entries whose places are left."""
    x, along = (flat(arrayed(arr)), 0) if axis is None else (arrayed(arr), axis_of(arr, axis))
    places = np.delete(np.arange(shape_of(x)[along]), obj)
    return index(key_along(along, places), distinct=True)(x)
