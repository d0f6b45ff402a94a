"""Axes as NumPy's functions take them: None, one, or several, counted from either end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompare.expression.primitives.structural import reshape, shape_of

Axis = int | Sequence[int] | None


def axes_of(x: Any, axis: Axis) -> tuple[int, ...]:
    """The axes as whole numbers >= 0, all of them for None."""
    n = len(shape_of(x))
    if axis is None:
        return tuple(range(n))
    if type(axis) is int and -n <= axis < n:
        return (axis % n,)
    return tuple(np.lib.array_utils.normalize_axis_tuple(axis, n))


def axis_of(x: Any, axis: int) -> int:
    """One axis as a whole number >= 0."""
    return int(np.lib.array_utils.normalize_axis_index(int(axis), len(shape_of(x))))


def count_over(x: Any, axes: Sequence[int]) -> int:
    """How many entries of x meet in one entry of a reduction."""
    return math.prod(shape_of(x)[axis] for axis in axes)


def without(x: Any, axes: tuple[int, ...], keepdims: Any) -> Any:
    """A reduction that kept its axes, without them unless they are wanted."""
    if keepdims is True or not axes:
        return x
    return reshape(tuple(n for i, n in enumerate(shape_of(x)) if i not in axes))(x)


def flat(x: Any) -> Any:
    """The entries in one row."""
    return x if len(shape_of(x)) == 1 else reshape((math.prod(shape_of(x)),))(x)


def key_along(axis: int, part: Any) -> tuple[Any, ...]:
    """The key that takes a part of one axis and all of the others."""
    return (slice(None),) * axis + (part,)


def lifted(row: Any, axis: int, n: int) -> Any:
    """A row of numbers along one of n axes, with length 1 along the others."""
    return reshape(tuple(shape_of(row)[0] if i == axis else 1 for i in range(n)))(row)


def moved_axes(n: int, source: Any, destination: Any) -> tuple[int, ...]:
    """The order of n axes in which those at the source places have gone to the destination."""
    sources = np.lib.array_utils.normalize_axis_tuple(source, n, "source")
    targets = np.lib.array_utils.normalize_axis_tuple(destination, n, "destination")
    if len(sources) != len(targets):
        raise ValueError("as many axes must arrive as leave")
    order = [i for i in range(n) if i not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return tuple(order)
