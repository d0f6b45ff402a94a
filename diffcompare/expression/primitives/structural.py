"""Operations on whole arrays: what a structural primitive is, and those that move, copy and add entries.

A structural primitive is linear in each of its operands unless it declares a pushforward of its own: its tangent is
itself applied to the operand's tangent, its adjoint is its declared transpose.  Parameters (axes, shapes, keys) are
part of the primitive, which a function of them makes; rules are written with primitives, so they can be traced again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompare.expression.primitives.primitive import Kink, Traced


@dataclass(frozen=True, slots=True, eq=False)
class Structural:
    """One operation on whole arrays with its parameters filled in.

    `pullback(k, v_bar, result, operands)` is the adjoint that operand k receives, of that operand's shape;
    `pushforward(k, x_dot, result, operands)` the tangent that it causes, of the result's shape.  `accumulate(buffer,
    v_bar)` adds the adjoint to an array in place where that saves building it.
    """

    name: str
    arity: int
    function: Callable[..., Any]
    pullback: Callable[..., Any]
    pushforward: Callable[..., Any] | None = None
    accumulate: Callable[[Any, Any], None] | None = None
    parameters: str = ""  # as text, for pictures and tables

    @property
    def kinks(self) -> tuple[Kink, ...]:
        """None: what has a kink is pointwise."""
        return ()

    def value(self, *operands: Any) -> Any:
        """Compute on arrays."""
        return self.function(*operands)

    def pushed(self, k: int, x_dot: Any, result: Any, operands: tuple[Any, ...]) -> Any:
        """The tangent of the result that the tangent of operand k causes."""
        if self.pushforward is not None:
            return self.pushforward(k, x_dot, result, operands)
        return self(*operands[:k], x_dot, *operands[k + 1 :])

    def __call__(self, *arguments: Any) -> Any:
        """Compute on arrays; record on traced variables."""
        for argument in arguments:
            if isinstance(argument, Traced):
                return argument.record(self, arguments)
        return self.function(*arguments)

    def __repr__(self) -> str:
        return f"<primitive {self.name}{f' {self.parameters}' if self.parameters else ''}>"


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a number, an array or a traced variable."""
    return tuple(getattr(value, "shape", ()))


def reshape(shape: tuple[int, ...]) -> Structural:
    """The same entries in another shape."""
    return Structural(
        "reshape", 1, lambda x: np.reshape(x, shape),
        lambda k, v_bar, v, x: reshape(shape_of(x[0]))(v_bar), parameters=str(shape),
    )  # fmt: skip


def transpose(axes: tuple[int, ...]) -> Structural:
    """Axis i of the result is axis axes[i] of the operand."""
    inverse = tuple(int(i) for i in np.argsort(axes))
    return Structural(
        "transpose", 1, lambda x: np.transpose(x, axes), lambda k, v_bar, v, x: transpose(inverse)(v_bar),
        parameters=str(axes),
    )  # fmt: skip


def broadcast_to(shape: tuple[int, ...]) -> Structural:
    """Copies along new axes and along axes of length 1; its transpose adds the copies up."""
    return Structural(
        "broadcast_to", 1, lambda x: np.broadcast_to(x, shape),
        lambda k, v_bar, v, x: unbroadcast(v_bar, shape_of(x[0])), parameters=str(shape),
    )  # fmt: skip


def sum_over(axes: tuple[int, ...]) -> Structural:
    """Sum over axes, which stay with length 1."""
    return Structural(
        "sum", 1, lambda x: np.sum(x, axis=axes, keepdims=True),
        lambda k, v_bar, v, x: broadcast_to(shape_of(x[0]))(v_bar), parameters=str(axes),
    )  # fmt: skip


def cumulative_sum(axis: int) -> Structural:
    """Sums of the entries up to each one, along an axis; its transpose sums from each one to the end."""

    def from_the_end(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
        key = (slice(None),) * axis + (slice(None, None, -1),)
        return index(key)(cumulative_sum(axis)(index(key)(v_bar)))

    return Structural("cumsum", 1, lambda x: np.cumsum(x, axis=axis), from_the_end, parameters=str(axis))


def index(key: Any) -> Structural:
    """x[key] by integers, slices, ellipsis, new axes, masks and integer arrays; repeated indices add up."""
    basic = all(k is None or k is Ellipsis or isinstance(k, (int, np.integer, slice)) for k in _parts(key))

    def add_in_place(buffer: Any, v_bar: Any) -> None:
        if basic:
            buffer[key] += v_bar
        else:
            np.add.at(buffer, key, v_bar)

    return Structural(
        "index", 1, lambda x: x[key], lambda k, v_bar, v, x: scatter(shape_of(x[0]), key)(v_bar),
        accumulate=add_in_place, parameters=str(key),
    )  # fmt: skip


def scatter(shape: tuple[int, ...], key: Any) -> Structural:
    """Zeros of that shape with the operand added at key: the transpose of indexing."""

    def function(x: Any) -> Any:
        result = np.zeros(shape, dtype=getattr(x, "dtype", float))
        np.add.at(result, key, x)
        return result

    return Structural("scatter", 1, function, lambda k, v_bar, v, x: index(key)(v_bar), parameters=str(key))


def concatenate(arity: int, axis: int) -> Structural:
    """The operands one after the other along an axis."""

    def place(k: int, operands: tuple[Any, ...]) -> tuple[slice, ...]:
        start = sum(shape_of(x)[axis] for x in operands[:k])
        return (slice(None),) * axis + (slice(start, start + shape_of(operands[k])[axis]),)

    return Structural(
        "concatenate", arity, lambda *x: np.concatenate(x, axis=axis),
        lambda k, v_bar, v, x: index(place(k, x))(v_bar),
        lambda k, x_dot, v, x: scatter(shape_of(v), place(k, x))(x_dot), parameters=str(axis),
    )  # fmt: skip


def cast(dtype: Any) -> Structural:
    """The same numbers in another type; of complex numbers cast to a real type, the real part."""

    def function(x: Any) -> Any:
        x = np.asarray(x)
        return (x.real if x.dtype.kind == "c" and np.dtype(dtype).kind != "c" else x).astype(dtype)[()]

    return Structural(
        "cast", 1, function, lambda k, v_bar, v, x: cast(dtype_of(x[0]))(v_bar), parameters=np.dtype(dtype).name
    )


def dtype_of(value: Any) -> np.dtype[Any]:
    """The number type of a number, an array or a traced variable."""
    found = getattr(value, "dtype", None)
    return np.dtype(type(value)) if found is None else found


def unbroadcast(value: Any, shape: tuple[int, ...]) -> Any:
    """Add up what broadcasting copied, so that an adjoint has the shape of its operand again."""
    found = shape_of(value)
    if found == shape:
        return value
    lead = len(found) - len(shape)
    axes = (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 and found[lead + i] != 1))
    return reshape(shape)(sum_over(axes)(value) if axes else value)


def extremum(axes: tuple[int, ...], largest: bool) -> Structural:
    """The largest or smallest entry over axes, which stay with length 1; those that tie share the derivative equally.

    The convention at a tie is that of HIPS autograd and JAX.
    """
    from diffcompare.expression.primitives.arithmetic import divide, multiply
    from diffcompare.expression.primitives.piecewise import equal, where

    def share(v: Any, x: Any) -> Any:
        winners = where(equal(x, v), 1.0, 0.0)
        return divide(winners, sum_over(axes)(winners))

    pick = np.max if largest else np.min
    return Structural(
        "max" if largest else "min", 1, lambda x: pick(x, axis=axes, keepdims=True),
        lambda k, v_bar, v, x: multiply(v_bar, share(v, x[0])),
        lambda k, x_dot, v, x: sum_over(axes)(multiply(x_dot, share(v, x[0]))), parameters=str(axes),
    )  # fmt: skip


def product_over(x: Any, axis: int) -> Any:
    """The product along an axis, which stays with length 1: halves multiplied until one entry is left.

    Nothing is divided, so its derivatives are right where entries are 0.
    """
    from diffcompare.expression.primitives.arithmetic import multiply

    def part(start: int, stop: int) -> Structural:
        return index((slice(None),) * axis + (slice(start, stop),))

    n = shape_of(x)[axis]
    if n == 0:
        return np.ones(tuple(1 if i == axis else m for i, m in enumerate(shape_of(x))))
    while n > 1:
        half = n // 2
        y = multiply(part(0, half)(x), part(half, 2 * half)(x))
        x = concatenate(2, axis)(y, part(n - 1, n)(x)) if n % 2 else y
        n -= half
    return x


def all_axes(x: Any) -> tuple[int, ...]:
    """Every axis."""
    return tuple(range(len(shape_of(x))))


def size_of(x: Any) -> int:
    """The number of entries."""
    return math.prod(shape_of(x))


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)
