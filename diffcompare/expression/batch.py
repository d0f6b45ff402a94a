"""Batch: many values of one shape, taken through the primitives together along an axis in front.

A derivative rule that is handed a batch of seeds in place of one computes a derivative for each: the rules are
written with primitives, and do not see the axis.
"""

from __future__ import annotations

from typing import Any

from diffcompare.expression.primitives import PRIMITIVES, Operation, Primitive, Traced
from diffcompare.expression.primitives.indexing import concatenate, index
from diffcompare.expression.primitives.structural import reshape, shape_of


class Batch(Traced):
    """Values of shape `shape`, in one array (or traced array) of shape (n, *shape).

    >>> import numpy as np
    >>> seeds = Batch(np.eye(2))
    >>> seeds.shape, (np.array([3.0, 4.0]) * seeds).value
    ((2,), array([[3., 0.],
           [0., 4.]]))
    """

    __slots__ = ("value",)
    __array_ufunc__ = None  # an array leaves the operation to the batch

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def shape(self) -> tuple[int, ...]:
        """Of each value."""
        return shape_of(self.value)[1:]

    @property
    def ndim(self) -> int:
        """The number of axes of each value."""
        return len(shape_of(self.value)) - 1

    def record(self, primitive: Operation, arguments: tuple[Any, ...]) -> Batch:
        """The results for each value of the batches among the arguments, and the same other arguments."""
        batched = tuple([isinstance(argument, Batch) for argument in arguments])
        if isinstance(primitive, Primitive):
            rank = max(len(shape_of(argument)) for argument in arguments)
            return Batch(primitive(*[_aligned(argument, rank) for argument in arguments]))
        values = [argument.value if isinstance(argument, Batch) else argument for argument in arguments]
        if primitive.batched is not None:
            return Batch(primitive.batched(batched, *values))
        rows = []
        for i in range(shape_of(self.value)[0]):
            row = primitive(*[index(i)(x) if own else x for x, own in zip(values, batched, strict=True)])
            rows.append(reshape((1, *shape_of(row)))(row))
        return Batch(concatenate(rows, 0))

    def __mul__(self, other: Any) -> Any:
        return PRIMITIVES["multiply"](self, other)

    def __rmul__(self, other: Any) -> Any:
        return PRIMITIVES["multiply"](other, self)

    def __add__(self, other: Any) -> Any:
        return PRIMITIVES["add"](self, other)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return PRIMITIVES["negative"](self)


def _aligned(argument: Any, rank: int) -> Any:
    """The value of an argument; of a batch with its first axis before all axes of the others."""
    if not isinstance(argument, Batch):
        return argument
    n, *shape = shape_of(argument.value)
    return argument.value if len(shape) == rank else reshape((n, *(1,) * (rank - len(shape)), *shape))(argument.value)
