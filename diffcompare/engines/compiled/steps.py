"""The steps of a plan: each a function that is given the list of values, and writes to a place in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from diffcompare.engines.compiled.blocks import Values
from diffcompare.engines.compiled.cores import on_cores
from diffcompare.engines.compiled.nan_check import norm

Step = Callable[[Values], None]
BY_NAME = (np.maximum, np.minimum)  # NumPy wants to be told by name where these write
PIECE = 3 * 10**6  # multiplications of a stack of matrices that a thread takes at a time


def call_step(call: Any, operands: Sequence[int], result: int, buffer: int | None) -> Step:
    """A function of NumPy's, which is told the buffer to write to where there is one."""
    places = (*operands, *(() if buffer is None else (buffer,)))
    taken = itemgetter(*places)  # of one place the value itself

    def on_one(values: Values) -> None:
        values[result] = call(taken(values))

    def step(values: Values) -> None:
        values[result] = call(*taken(values))

    def extremum(values: Values) -> None:
        x, y, out = taken(values)
        values[result] = call(x, y, out=out)

    if call in BY_NAME and len(places) == 3:
        return extremum
    return on_one if len(places) == 1 else step


def stack_step(operands: Sequence[int], result: int, buffer: int | None, like: Any, inner: int) -> Step:
    """Products of stacks of matrices, of which the cores take some each; `inner` is the length of what is summed."""
    first, second = operands
    size = max(1, PIECE * len(like) // (like.size * inner))

    def step(values: Values) -> None:
        x, y = values[first], values[second]
        product = np.empty_like(like) if buffer is None else values[buffer]
        on_cores(lambda i, j: np.matmul(x[i:j], y[i:j], out=product[i:j]), len(product), size)
        values[result] = product

    return step


def norm_step(matrix: int, result: int) -> Step:
    """The norm of a matrix."""

    def step(values: Values) -> None:
        values[result] = norm(values[matrix])

    return step


def scatter_step(adding: Any, operand: int, result: int, buffer: int | None, like: Any) -> Step:
    """Zeros with the operand added to a part of them."""

    def step(values: Values) -> None:
        array = np.zeros_like(like) if buffer is None else values[buffer]
        if buffer is not None:
            array.fill(0)
        adding(array, values[operand])
        values[result] = array

    return step


def sum_step(adding: Any, operands: Sequence[int], result: int) -> Step:
    """An array with a part added to it in place."""
    array, part = operands

    def step(values: Values) -> None:
        values[result] = values[array]
        adding(values[array], values[part])

    return step


def blocks_step(made: Sequence[tuple[int, int | None, Any]], run: Step) -> Step:
    """A run of operations in blocks, with the arrays that it makes."""

    def step(values: Values) -> None:
        for result, buffer, like in made:
            values[result] = np.empty_like(like) if buffer is None else values[buffer]
        run(values)

    return step
