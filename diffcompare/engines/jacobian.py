"""Jacobians by automatic differentiation: a sweep for each seed, or for all seeds of an array together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.automatic import derivative_graph, filled, input_adjoints, tangents
from diffcompare.engines.budget import budgeted
from diffcompare.expression.batch import Batch
from diffcompare.expression.function import Function
from diffcompare.expression.graph import Graph
from diffcompare.expression.point import Point
from diffcompare.expression.primitives.indexing import concatenate
from diffcompare.expression.primitives.structural import all_axes, dtype_of, reshape, shape_of, size_of, transpose

MOST_ENTRIES = 2**22  # of the longest value in a batch


def jacobian_columns(graph: Graph) -> list[list[Any]]:
    """Forward mode over all inputs of a graph of numbers: n passes; a column has one derivative an output."""
    seeds = budgeted(range(len(graph.names)), len(graph.names), "forward passes")
    columns = [tangents(graph, [float(k == j) for k in range(len(graph.names))]) for j in seeds]
    return [[filled(v_dot[i], graph.nodes[i].value) for i in graph.outputs] for v_dot in columns]


def jacobian_rows(graph: Graph) -> list[list[Any]]:
    """Reverse mode over all outputs of a graph of numbers: m passes; a row has one derivative an input."""
    count = len(graph.outputs)
    seeds = budgeted(range(count), count, "reverse passes")
    rows = [input_adjoints(graph, [float(k == i) for k in range(count)]) for i in seeds]
    return [[filled(bar, node.value) for bar, node in zip(row, graph.nodes, strict=False)] for row in rows]


def jacobian_blocks(graph: Graph, mode: str) -> list[list[Any]]:
    """For each output its derivatives by the inputs, of the output's shape followed by the input's.

    All seeds of an array go through the graph together, as a batch.

    >>> from diffcompare.expression.variable import Trace
    >>> x = (trace := Trace(entrywise=False)).input("x", np.array([3.0, 4.0]))
    >>> jacobian_blocks(trace.graph([x * x]), "reverse")
    [[array([[6., 0.],
           [0., 8.]])]]
    """
    inputs = [node.value for node in graph.nodes[: len(graph.names)]]
    if mode == "reverse":
        swept = _seeded(graph, graph.values, lambda seeds: input_adjoints(graph, seeds), inputs, "reverse passes")
        return [
            [reshape((*shape_of(y), *shape_of(x)))(block) for block, x in zip(blocks, inputs, strict=True)]
            for blocks, y in zip(swept, graph.values, strict=True)
        ]
    outputs = graph.outputs
    swept = _seeded(
        graph, inputs, lambda seeds: [v_dot[i] for v_dot in [tangents(graph, seeds)] for i in outputs], graph.values,
        "forward passes",
    )  # fmt: skip
    return [
        [_last_first(blocks[k], (*shape_of(y), *shape_of(x))) for blocks, x in zip(swept, inputs, strict=True)]
        for k, y in enumerate(graph.values)
    ]


def _seeded(
    graph: Graph, seeded: Sequence[Any], swept: Callable[[list[Any]], list[Any]], like: Sequence[Any], passes: str
) -> list[list[Any]]:
    """For each value that is seeded the derivatives at the other end, stacked: one for each of its entries."""
    longest = max(1, MOST_ENTRIES // max([1, *(size_of(node.value) for node in graph.nodes)]))
    parts = [(k, part) for k, value in enumerate(seeded) for part in _batches(value, longest)]
    found: list[list[list[Any]]] = [[[] for _ in like] for _ in seeded]
    for k, part in budgeted(parts, len(parts), passes):
        derivatives = swept([part if other == k else 0.0 for other in range(len(seeded))])
        count = shape_of(part.value)[0] if isinstance(part, Batch) else 1
        for stack, derivative, value in zip(found[k], derivatives, like, strict=True):
            stack.append(_stacked(derivative, count, value))
    return [
        [stack[0] if len(stack) == 1 else concatenate(stack, 0) if stack else _stacked(None, 0, value)
         for stack, value in zip(stacks, like, strict=True)]
        for stacks in found
    ]  # fmt: skip


def _batches(value: Any, longest: int) -> Iterator[Any]:
    """Unit seeds: 1 for a number; for an array batches of arrays, 1 at one entry and 0 elsewhere."""
    shape, size = shape_of(value), size_of(value)
    if not shape:
        yield 1.0
        return
    for start in range(0, size, longest):
        rows = np.eye(min(longest, size - start), size, start, dtype=dtype_of(value))
        yield Batch(rows.reshape(-1, *shape))


def _stacked(derivative: Any, count: int, value: Any) -> Any:
    """The derivatives of a batch as one array; adding 0 makes a -0.0 that comes of a seed 0 a 0."""
    if isinstance(derivative, Batch):
        return derivative.value + 0.0
    if derivative is None:
        return np.zeros((count, *shape_of(value)), dtype=dtype_of(value))
    return reshape((1, *shape_of(value)))(derivative)


def _last_first(block: Any, shape: tuple[int, ...]) -> Any:
    """A stack of tangents with the axis of the stack last."""
    axes = all_axes(block)
    return reshape(shape)(transpose((*axes[1:], 0))(block))


def forward(function: Function, point: Point) -> Derivatives:
    """Forward mode: n passes, one column of the Jacobian each."""
    graph = function.trace(point)
    columns = np.array(jacobian_columns(graph), dtype=float).reshape(len(graph.names), len(graph.outputs))

    def count() -> int:
        names = budgeted(graph.names, len(graph.names), "forward passes")
        return sum(derivative_graph(function, point, "forward", name, with_value=True).operations() for name in names)

    return Derivatives(list(map(float, graph.values)), columns.T, len(graph.names), count)


def reverse(function: Function, point: Point) -> Derivatives:
    """Reverse mode: m passes, one row of the Jacobian each; one pass for a whole gradient."""
    graph = function.trace(point)
    rows = np.array(jacobian_rows(graph), dtype=float).reshape(len(graph.outputs), len(graph.names))
    return Derivatives(
        list(map(float, graph.values)), rows, len(graph.outputs),
        lambda: derivative_graph(function, point, with_value=True).operations(),
    )  # fmt: skip
