"""Differences along axes, sums of trapezoids, and evenly spaced numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompare.expression.arrays.axes import Axis, axes_of, axis_of, key_along, lifted, moved_axes
from diffcompare.expression.arrays.creation import asarray
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.arrays.reductions import total
from diffcompare.expression.primitives.indexing import concatenate, index
from diffcompare.expression.primitives.structural import broadcast_to, cast, dtype_of, reshape, shape_of, transpose


def taken(x: Any, axis: int, *part: Any) -> Any:
    """A slice of one axis: `taken(x, axis, start, stop)`."""
    return index(key_along(axis, slice(*part)))(x)


def difference(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """np.diff: each entry subtracted from the next, n times."""
    x = arrayed(a)
    if n < 0:
        raise ValueError(f"np.diff takes differences 0 times or more, not {n} times")
    if n == 0:
        return x
    along = axis_of(x, axis)
    ends = [None if end is None else arrayed(end) for end in (prepend, append)]
    one_wide = tuple(1 if i == along else m for i, m in enumerate(shape_of(x)))
    before, after = (end if end is None or shape_of(end) else broadcast_to(one_wide)(end) for end in ends)
    parts = [part for part in (before, x, after) if part is not None]
    x = concatenate(parts, along) if len(parts) > 1 else x
    for _ in range(n):
        x = taken(x, along, 1, None) - taken(x, along, None, -1)
    return x


def gradient(f: Any, *varargs: Any, axis: Axis = None, edge_order: int = 1) -> Any:
    """np.gradient: central differences inside and one-sided ones at the ends; one result an axis."""
    f = arrayed(f)
    axes = axes_of(f, axis)
    spacings = varargs or (1.0,)
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    if len(spacings) != len(axes):
        raise TypeError("np.gradient takes one spacing, or one for each axis")
    slopes = [_slopes(f, along, arrayed(h), edge_order) for along, h in zip(axes, spacings, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slopes(f: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    """Slopes along an axis, from the distance of the points, or from the points themselves."""
    n = shape_of(f)[axis]
    if n <= edge_order:
        raise ValueError(f"np.gradient needs at least {edge_order + 1} points along an axis")
    steps = lifted(difference(spacing), axis, len(shape_of(f))) if shape_of(spacing) else spacing

    def width(*part: Any) -> Any:
        return taken(steps, axis, *part) if shape_of(steps) else steps

    ends = [
        _end_slope([taken(f, axis, k, k + 1) for k in points], [width(k, k + 1) for k in gaps])
        for points, gaps in (
            (range(edge_order + 1), range(edge_order)),
            (range(n - 1, n - 2 - edge_order, -1), range(n - 2, n - 2 - edge_order, -1)),
        )
    ]
    before, after = width(None, -1), width(1, None)
    left, middle, right = taken(f, axis, None, -2), taken(f, axis, 1, -1), taken(f, axis, 2, None)
    inside = ((right - middle) * before / after + (middle - left) * after / before) / (before + after)
    return asarray(concatenate([ends[0], inside, -ends[1]], axis), dtype_of(f))


def _end_slope(f: list[Any], h: list[Any]) -> Any:
    """The slope at the first of two or three points, h apart, of the line or parabola through them."""
    slope = (f[1] - f[0]) / h[0]
    return slope if len(f) == 2 else slope - h[0] * ((f[2] - f[1]) / h[1] - slope) / (h[0] + h[1])


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral by trapezoids."""
    y = arrayed(y)
    along = axis_of(y, axis)
    if x is not None:
        x = arrayed(x)
        dx = difference(x, axis=axis) if len(shape_of(x)) > 1 else lifted(difference(x), along, len(shape_of(y)))
    return total(dx * (taken(y, along, 1, None) + taken(y, along, None, -1)) / 2.0, along)


def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, *, device: None = None,
) -> Any:  # fmt: skip
    """Evenly spaced numbers, along a new axis."""
    start, stop = arrayed(start), arrayed(stop)
    gaps = num - 1 if endpoint else num
    step = (stop - start) / float(gaps) if gaps > 0 else (stop - start) * float("nan")
    weights = np.arange(num, dtype=dtype_of(step)).reshape(-1, *(1,) * len(shape_of(step)))
    points = start + weights * (step if gaps > 0 else 0.0)
    if endpoint and num > 1:
        last = broadcast_to(shape_of(points)[1:])(stop)
        points = concatenate([taken(points, 0, None, -1), reshape((1, *shape_of(last)))(last)], 0)
    if axis:
        points = transpose(moved_axes(len(shape_of(points)), 0, axis))(points)
    points = points if dtype is None else cast(dtype)(points)
    return (points, step) if retstep else points
