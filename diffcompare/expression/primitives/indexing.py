"""Parts of arrays: taken by an index, put into zeros, and joined along an axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from diffcompare.expression.primitives.structural import Structural, broadcast_to, dtype_of, one_each, shape_of


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
