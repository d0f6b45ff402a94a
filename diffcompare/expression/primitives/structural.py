"""Operations on whole arrays: what a structural primitive is, and those that move, copy and add entries.

A structural primitive is linear in each of its operands unless it declares a pushforward of its own: its tangent is
itself applied to the operand's tangent, its adjoint is its declared transpose.  Parameters (axes, shapes, keys) are
part of the primitive, which a function of them makes; rules are written with primitives, so they can be traced again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
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


def index(key: Any, distinct: bool = False) -> Structural:
    """x[key] by integers, slices, ellipsis, new axes, masks and integer arrays; repeated indices add up.

    Where nothing can repeat (`distinct`), the adjoint needs no slow accumulation.
    """
    parts = key if isinstance(key, tuple) else (key,)
    if all(map(_is_basic, parts)):
        return _basic_index(tuple([(p.start, p.stop, p.step) if type(p) is slice else p for p in parts]))
    return _index(key, distinct or all(map(_cannot_repeat, parts)))


@one_each
def _basic_index(parts: tuple[Any, ...]) -> Structural:
    """Indexing by whole numbers, slices (as triples, which have a hash), ellipsis and new axes."""
    return _index(tuple([slice(*part) if isinstance(part, tuple) else part for part in parts]), True)


def _index(key: Any, distinct: bool) -> Structural:
    return Structural(
        "index", 1, lambda x: np.asarray(x)[key], lambda k, v_bar, v, x: scatter(shape_of(x[0]), key, distinct)(v_bar),
        accumulate=_adding(key, distinct), batched=_behind_axis(key, lambda longer, _: index(longer, distinct)),
        parameters=_written(key),
    )  # fmt: skip


def scatter(shape: tuple[int, ...], key: Any, distinct: bool = False) -> Structural:
    """Zeros of that shape with the operand added at key: the transpose of indexing."""
    add = _adding(key, distinct)

    def function(x: Any) -> Any:
        result = np.zeros(shape, dtype=dtype_of(x))
        add(result, x)
        return result

    return Structural(
        "scatter", 1, function, lambda k, v_bar, v, x: index(key, distinct)(v_bar), adding=add,
        batched=_behind_axis(key, lambda longer, n: scatter((n, *shape), longer, distinct)), parameters=_written(key),
    )  # fmt: skip


def _behind_axis(key: Any, primitive: Callable[[Any, int], Structural]) -> Callable[..., Any] | None:
    """The primitive with a key that takes the whole of an axis in front; None where NumPy would move that axis."""
    parts = key if isinstance(key, tuple) else (key,)
    if sum(isinstance(part, np.ndarray) for part in parts) > 1 or not all(
        _is_basic(part) or isinstance(part, np.ndarray) for part in parts
    ):
        return None
    return lambda _, x: primitive((slice(None), *parts), shape_of(x)[0])(x)


def _adding(key: Any, distinct: bool) -> Callable[[Any, Any], None]:
    def add_in_place(buffer: Any, x: Any) -> None:
        if distinct:
            buffer[key] += x
        else:
            np.add.at(buffer, key, x)

    return add_in_place


def _is_basic(part: Any) -> bool:
    """Whether a part of a key is a whole number, a slice between whole numbers, an ellipsis or a new axis."""
    if type(part) is slice:
        return all(type(end) in (int, type(None)) for end in (part.start, part.stop, part.step))
    return type(part) is int or part is None or part is Ellipsis


def _cannot_repeat(part: Any) -> bool:
    """Whether a part of a key takes each entry at most once, whatever stands beside it."""
    if isinstance(part, np.ndarray):
        return bool(part.dtype.kind == "b")
    return part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice))


def _written(key: Any) -> str:
    """A key as it stands in brackets; of an array its shape alone."""
    return ", ".join(map(_part_written, key if isinstance(key, tuple) else (key,)))


def _part_written(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop, part.step)]
        return ":".join(ends if ends[2] else ends[:2])
    return "..." if part is Ellipsis else f"array{part.shape}" if isinstance(part, np.ndarray) else str(part)


@one_each
def concatenation(sizes: tuple[int, ...], axis: int) -> Structural:
    """The operands, which have these lengths along an axis, one after the other along it."""
    starts = list(accumulate(sizes, initial=0))

    def place(k: int) -> tuple[slice, ...]:
        return (slice(None),) * axis + (slice(starts[k], starts[k + 1]),)

    def batched(which: Sequence[bool], *x: Any) -> Any:
        n = next(shape_of(part)[0] for part, own in zip(x, which, strict=True) if own)
        parts = [part if own else broadcast_to((n, *shape_of(part)))(part) for part, own in zip(x, which, strict=True)]
        return concatenation(sizes, axis + 1)(*parts)

    return Structural(
        "concatenate", len(sizes), lambda *x: np.concatenate(x, axis=axis),
        lambda k, v_bar, v, x: index(place(k))(v_bar),
        lambda k, x_dot, v, x: scatter(shape_of(v), place(k), True)(x_dot), batched=batched, parameters=str(axis),
    )  # fmt: skip


def concatenate(parts: Sequence[Any], axis: int) -> Any:
    """Arrays one after the other along an axis."""
    return concatenation(tuple(shape_of(part)[axis] for part in parts), axis)(*parts)


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
