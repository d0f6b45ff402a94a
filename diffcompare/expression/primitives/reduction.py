"""Reductions and scans that are not sums, and orderings: extrema, products, running sums and products, sorting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.primitives.arithmetic import multiply
from diffcompare.expression.primitives.indexing import concatenate, index
from diffcompare.expression.primitives.stepwise import step_function, winners
from diffcompare.expression.primitives.structural import Structural, dtype_of, one_each, shape_of, sum_over


@one_each
def extremum(axes: tuple[int, ...], largest: bool) -> Structural:
    """The largest or smallest entry over axes, which stay with length 1; those that tie share the derivative equally.

    The convention at a tie is that of HIPS autograd and JAX.
    """

    pick = np.maximum.reduce if largest else np.minimum.reduce
    return Structural(
        "max" if largest else "min", 1, lambda x: pick(x, axis=axes, keepdims=True),
        lambda k, v_bar, v, x: multiply(v_bar, winners(x[0], v)),
        lambda k, x_dot, v, x: sum_over(axes)(multiply(x_dot, winners(x[0], v))), parameters=str(axes),
    )  # fmt: skip


def along(axis: int, *part: Any) -> tuple[Any, ...]:
    """The key that takes a slice of an axis: `along(1, start, stop, step)`."""
    return (slice(None),) * axis + (slice(*part),)


@one_each
def cumulative_sum(axis: int) -> Structural:
    """Sums of the entries up to each one, along an axis; its transpose sums from each one to the end."""

    def from_the_end(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
        backwards = index(along(axis, None, None, -1))
        return backwards(cumulative_sum(axis)(backwards(v_bar)))

    return Structural("cumsum", 1, lambda x: np.cumsum(x, axis=axis), from_the_end, parameters=str(axis))


def product_over(x: Any, axis: int) -> Any:
    """The product along an axis, which stays with length 1: halves multiplied until one entry is left.

    Nothing is divided, so its derivatives are right where entries are 0.
    """
    n = shape_of(x)[axis]
    if n == 0:
        return np.ones(tuple(1 if i == axis else m for i, m in enumerate(shape_of(x))), dtype=dtype_of(x))
    while n > 1:
        half = n // 2
        y = multiply(index(along(axis, 0, half))(x), index(along(axis, half, 2 * half))(x))
        x = concatenate([y, index(along(axis, n - 1, n))(x)], axis) if n % 2 else y
        n -= half
    return x


def running(operation: Callable[..., Any], x: Any, axis: int) -> Any:
    """An associative operation on the entries up to each one, along an axis, in about log2(n) steps.

    Source: W. D. Hillis & G. L. Steele, "Data Parallel Algorithms", Communications of the ACM 29 (1986), 1170-1183.
    """
    n, shift = shape_of(x)[axis], 1
    while shift < n:
        later = operation(index(along(axis, shift, n))(x), index(along(axis, 0, n - shift))(x))
        x = concatenate([index(along(axis, 0, shift))(x), later], axis)
        shift *= 2
    return x


@one_each
def reordered(axis: int) -> Structural:
    """The entries along an axis in another order: operands are the array and the places to take them from."""
    return Structural(
        "reorder", 2, lambda x, order: np.take_along_axis(x, order, axis=axis),
        lambda k, v_bar, v, x: None if k else reordered(axis)(v_bar, inverted(axis)(x[1])),
        lambda k, x_dot, v, x: None if k else reordered(axis)(x_dot, x[1]), parameters=str(axis),
    )  # fmt: skip


@one_each
def inverted(axis: int) -> Structural:
    """The order that undoes an order along an axis."""
    return step_function("invert order", lambda order: np.argsort(order, axis=axis))


@one_each
def order_of(axis: int) -> Structural:
    """Where each entry of an arrangement came from: both sorted, the k-th of the one is the k-th of the other."""

    def order(v: Any, x: Any) -> np.ndarray[Any, Any]:
        source, target = (np.argsort(a, axis=axis, kind="stable") for a in (x, v))
        return np.take_along_axis(source, np.argsort(target, axis=axis), axis=axis)

    return step_function("order", order, 2)


def arrangement(name: str, arrange: Callable[[Any], Any], axis: int) -> Structural:
    """The entries along an axis as `arrange` (a sort or a partition) puts them; each keeps its derivative."""
    reorder, order = reordered(axis), order_of(axis)
    return Structural(
        name, 1, arrange,
        lambda k, v_bar, v, x: reorder(v_bar, inverted(axis)(order(v, x[0]))),
        lambda k, x_dot, v, x: reorder(x_dot, order(v, x[0])), parameters=str(axis),
    )  # fmt: skip
