"""Operations on whole arrays: what a structural primitive is, and those that move, copy and add up all entries.

A structural primitive is linear in each of its operands unless it declares a pushforward of its own: its tangent is
itself applied to the operand's tangent, its adjoint is its declared transpose.  Parameters (axes, shapes, keys) are
part of the primitive, which a function of them makes; rules are written with primitives, so they can be traced again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy import ndarray

from diffcompare.expression.primitives.primitive import Kink, Traced, concrete


@dataclass(frozen=True, slots=True, eq=False)
class Structural:
    """One operation on whole arrays with its parameters filled in.

    `pullback(k, v_bar, result, operands)` is the adjoint that operand k receives, of that operand's shape;
    `pushforward(k, x_dot, result, operands)` the tangent that it causes, of the result's shape; None stands for zero.
    `accumulate(buffer, v_bar)` adds the adjoint to an array in place, and `adding(buffer, x)` the result, where that
    saves building it.  `batched(which, *operands)` computes with one more axis in front of the operands for which
    `which` is true, and of the result.
    """

    name: str
    arity: int
    function: Callable[..., Any]
    pullback: Callable[..., Any]
    pushforward: Callable[..., Any] | None = None
    accumulate: Callable[[Any, Any], None] | None = None
    adding: Callable[[Any, Any], None] | None = None
    batched: Callable[..., Any] | None = None
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
            if type(argument) is not ndarray and isinstance(argument, Traced):
                return argument.record(self, arguments)
        return self.function(*arguments)

    def __repr__(self) -> str:
        return f"<primitive {self.name}{f' {self.parameters}' if self.parameters else ''}>"


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a number, an array or a traced variable."""
    shape: tuple[int, ...] = getattr(value, "shape", ())
    return shape


def dtype_of(value: Any) -> np.dtype[Any]:
    """The number type of a number, an array or a traced variable."""
    if type(value) is not np.ndarray:
        value = concrete(value)
    found = getattr(value, "dtype", None)
    return np.dtype(type(value)) if found is None else found


def is_complex(value: Any) -> bool:
    """Whether the entries are complex numbers."""
    return dtype_of(value).kind == "c"


def all_axes(x: Any) -> tuple[int, ...]:
    """Every axis."""
    return tuple(range(len(shape_of(x))))


def size_of(x: Any) -> int:
    """The number of entries."""
    return math.prod(shape_of(x))


# One primitive for each set of parameters: made once, and an operation written twice is seen to be the same.
one_each = lru_cache(maxsize=1024)


@one_each
def reshape(shape: tuple[int, ...]) -> Structural:
    """The same entries in another shape."""
    return Structural(
        "reshape", 1, lambda x: np.asarray(x).reshape(shape)[()],
        lambda k, v_bar, v, x: reshape(shape_of(x[0]))(v_bar),
        batched=lambda _, x: reshape((shape_of(x)[0], *shape))(x), parameters=str(shape),
    )  # fmt: skip


@lru_cache(maxsize=1024)
def transpose(axes: tuple[int, ...]) -> Structural:
    """Axis i of the result is axis axes[i] of the operand."""
    inverse = tuple(sorted(range(len(axes)), key=axes.__getitem__))
    return Structural(
        "transpose", 1, lambda x: np.asarray(x).transpose(axes), lambda k, v_bar, v, x: transpose(inverse)(v_bar),
        batched=lambda _, x: transpose((0, *(axis + 1 for axis in axes)))(x), parameters=str(axes),
    )  # fmt: skip


@lru_cache(maxsize=1024)
def broadcast_to(shape: tuple[int, ...]) -> Structural:
    """Copies along new axes and along axes of length 1; its transpose adds the copies up."""

    def batched(_: Any, x: Any) -> Any:
        n, *own = shape_of(x)
        return broadcast_to((n, *shape))(reshape((n, *(1,) * (len(shape) - len(own)), *own))(x))

    return Structural(
        "broadcast_to", 1, lambda x: _copies(x, shape),
        lambda k, v_bar, v, x: unbroadcast(v_bar, shape_of(x[0])), batched=batched, parameters=str(shape),
    )  # fmt: skip


def _copies(x: Any, shape: tuple[int, ...]) -> Any:
    """What np.broadcast_to gives, a view that cannot be written, without the checks before."""
    views = np.nditer(x, ["multi_index", "zerosize_ok", "refs_ok"], ["readonly"], itershape=shape, order="C").itviews
    return views[0]


@lru_cache(maxsize=1024)
def sum_over(axes: tuple[int, ...]) -> Structural:
    """Sum over axes, which stay with length 1."""
    return Structural(
        "sum", 1, lambda x: np.add.reduce(x, axis=axes, keepdims=True),
        lambda k, v_bar, v, x: broadcast_to(shape_of(x[0]))(v_bar),
        batched=lambda _, x: sum_over(tuple([axis + 1 for axis in axes]))(x), parameters=str(axes),
    )  # fmt: skip


@one_each
def sum_of_all(rank: int) -> Structural:
    """The sum of all entries of an array with so many axes, a number."""
    axes = tuple(range(rank))
    return Structural(
        "sum", 1, lambda x: np.add.reduce(x, axis=axes), lambda k, v_bar, v, x: broadcast_to(shape_of(x[0]))(v_bar),
        batched=lambda _, x: reshape(shape_of(x)[:1])(sum_over(tuple(range(1, rank + 1)))(x)), parameters=str(axes),
    )  # fmt: skip


def unbroadcast(value: Any, shape: tuple[int, ...]) -> Any:
    """Add up what broadcasting copied, so that an adjoint has the shape of its operand again."""
    found = shape_of(value)
    if found == shape:
        return value
    axes = _copied(found, shape)
    total = sum_over(axes)(value) if axes else value
    return total if len(found) == len(shape) else reshape(shape)(total)


@lru_cache(maxsize=1024)
def _copied(found: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axes along which broadcasting made copies."""
    lead = len(found) - len(shape)
    return (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 and found[lead + i] != 1))


@lru_cache(maxsize=1024)
def cast(dtype: Any) -> Structural:
    """The same numbers in another type; of complex numbers cast to a real type, the real part.

    A type without fractions has no derivative but 0.
    """
    smooth = np.dtype(dtype).kind in "fc"

    def function(x: Any) -> Any:
        x = np.asarray(x)
        return (x.real if x.dtype.kind == "c" and np.dtype(dtype).kind != "c" else x).astype(dtype)[()]

    return Structural(
        "cast", 1, function, lambda k, v_bar, v, x: cast(dtype_of(x[0]))(v_bar) if smooth else None,
        lambda k, x_dot, v, x: cast(dtype)(x_dot) if smooth else None, batched=lambda _, x: cast(dtype)(x),
        parameters=np.dtype(dtype).name,
    )  # fmt: skip
