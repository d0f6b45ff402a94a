"""Runs of operations entry by entry on long arrays, in blocks that fit the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcompare.expression.graph import Node
from diffcompare.expression.primitives.structural import shape_of

Values = list[Any]  # the values of a program and its buffers, by place
Line = tuple[Callable[..., Any], tuple[int, ...], int]  # what to call, on the values at which places, written to which
BLOCK = 2**17  # bytes of one array in a block
LONG = 2**19  # bytes of an array that is worth cutting


def grouped(nodes: Sequence[Node], operands: Sequence[Sequence[int]], joins: Sequence[bool]) -> list[list[int]]:
    """The operations in an order in which those that join, on arrays of one shape, stand together.

    An operation that needs nothing of the run that is being gathered goes in front of it.
    """
    order: list[list[int]] = []
    run: list[int] = []
    for i, node in enumerate(nodes):
        if node.primitive is None:
            continue
        if run and (nodes[run[0]].shape != node.shape if joins[i] else any(j in run for j in operands[i])):
            order.append(run)
            run = []
        if joins[i]:
            run.append(i)
        else:
            order.append([i])
    return [*order, run] if run else order


def is_cut(value: Any, shape: tuple[int, ...]) -> bool:
    """Whether a block takes the rows of an operand that belong to it, and not the whole of it."""
    return len(shape_of(value)) == len(shape) and shape_of(value)[0] == shape[0]


def in_blocks(
    lines: Sequence[Line], whole: Sequence[int], cut: Sequence[int], spare: Sequence[int], length: int, rows: int
) -> Callable[[Values], None]:
    """Run lines block by block; they number the places `whole`, `cut` (arrays of `length` rows) and `spare` through."""

    def step(values: Values) -> None:
        known = [values[j] for j in whole]
        arrays = [values[j] for j in cut]
        buffers = [values[j] for j in spare]
        for start in range(0, length, rows):
            if start + rows > length:
                buffers = [buffer[: length - start] for buffer in buffers]
            local = [*known, *[array[start : start + rows] for array in arrays], *buffers]
            for call, operands, result in lines:
                call(*[local[j] for j in operands], out=local[result])

    return step
