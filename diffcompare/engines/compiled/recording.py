"""The wanted derivative recorded as one program of numbers or of arrays, the point and the direction its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompare.engines.automatic import adjoints, filled, tangents
from diffcompare.engines.call import as_result
from diffcompare.engines.compiled.request import Request
from diffcompare.engines.compiled.simplify import simplified
from diffcompare.engines.jacobian import jacobian_blocks, jacobian_columns, jacobian_rows
from diffcompare.errors import DiffCompareError
from diffcompare.expression.containers import leaves, rebuilt
from diffcompare.expression.function import at_the_point, bind, flat_outputs
from diffcompare.expression.graph import Graph, Node
from diffcompare.expression.primitives import Primitive
from diffcompare.expression.primitives.structural import dtype_of, shape_of, size_of
from diffcompare.expression.program import Program
from diffcompare.expression.variable import Trace


@dataclass(frozen=True, slots=True)
class Recording:
    """A program that holds while its guards do: inputs are the leaves of the arguments, or their entries."""

    primal: Graph  # the function alone
    graph: Graph  # simplified: what is wanted (a Jacobian row by row), then the conditions of the guards
    output: Any  # what the function returns: its containers, shapes and types; None for containers of entries
    checked: bool  # whether a nan has to be looked at again: in a derivative, where the tape leaves out 0 * inf

    def same_as(self, other: Recording) -> bool:
        """Whether the two are one program."""
        return (
            self.graph.outputs == other.graph.outputs
            and self.decisions == other.decisions
            and list(map(_key, self.graph.nodes)) == list(map(_key, other.graph.nodes))
        )

    @property
    def decisions(self) -> tuple[Any, ...]:
        """What the conditions must be for the program to hold."""
        return self.graph.guards.decisions if self.graph.guards else ()

    @property
    def results(self) -> int:
        """How many of the outputs are results; conditions follow."""
        return len(self.graph.outputs) - len(self.decisions)

    @property
    def of_numbers(self) -> bool:
        """Whether every value in the program is a double or a truth value, as programs of numbers compute with them."""
        return all(
            isinstance(node.value, (int, float, np.bool_))
            and (node.primitive is None or isinstance(node.primitive, Primitive))
            for node in self.graph.nodes
        )


def _key(node: Node) -> tuple[Any, ...]:
    return node.primitive, node.operands, None if node.constant is None else repr(node.constant)


def guarded(graph: Graph) -> Graph:
    """The graph with the conditions of its guards as outputs after its own, simplified."""
    if graph.guards is None:
        return simplified(graph)
    conditions = graph.guards.graph
    count = len(graph.names)
    offset = len(conditions.nodes) - count

    def moved(i: int) -> int:
        return i if i < count else i + offset

    nodes = list(conditions.nodes)
    for node in graph.nodes[count:]:
        nodes.append(Node(node.primitive, tuple(map(moved, node.operands)), node.value, node.constant))
    outputs = (*map(moved, graph.outputs), *conditions.outputs)
    return simplified(Graph(graph.names, nodes, outputs, graph.guards))


def recorded(request: Request, arguments: Mapping[str, Any], entrywise: bool) -> Recording:
    """The program at a point, where its branches are taken as they are there.

    Raises `DiffCompareError` for a gradient of several outputs, `TracingError` for code that cannot be traced.
    """
    outer = Trace(entrywise)
    if request.want == "value":
        primal, output = traced_at(request, outer, arguments)
        return Recording(primal, guarded(primal), output, checked=False)
    point = {name: _bound(outer, name, arguments[name]) for name in request.arguments}
    middle = outer
    if request.want == "hvp":
        direction = leaves(_bound(outer, request.direction, arguments[request.direction]))
        middle = Trace(entrywise)
        point = _within(middle, request, point)
    inner = Trace(entrywise)
    primal, output = _run(request, inner, _within(inner, request, point))
    columns = _columns(request, entrywise)
    if request.want.endswith("jacobian"):
        results = _jacobian(primal, columns, entrywise)
    else:
        results = _gradient(primal, columns, request)
    if request.want.startswith("value"):
        results = [*primal.values, *results]
    if request.want == "hvp":
        gradient = middle.graph(results)
        x_dot: list[Any] = [0.0] * len(gradient.names)
        for k, seed in zip(columns, _entries(direction), strict=True):
            x_dot[k] = seed
        v_dot = tangents(gradient, x_dot)
        results = [_known(v_dot[i], gradient.nodes[i].value) for i in gradient.outputs]
    return Recording(primal, guarded(outer.graph(results)), output, checked=True)


def _bound(trace: Trace, name: str, value: Any) -> Any:
    """An argument as variables of the trace: one an entry, or one an array."""
    parts = leaves(value)
    return rebuilt(value, [bind(trace, name, part) if trace.entrywise else trace.input(name, part) for part in parts])


def _within(trace: Trace, request: Request, point: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as variables of an inner trace; whole arrays only where derivatives are taken by them."""
    taken = {name: trace.entrywise or name in request.wanted for name in point}
    return {name: _bound(trace, name, value) if taken[name] else value for name, value in point.items()}


def _columns(request: Request, entrywise: bool) -> list[int]:
    """The inputs of the inner trace that derivatives are taken by, in the order in which they are wanted."""
    places: dict[str, range] = {}
    end = 0
    for name, value in request.arguments.items():
        if entrywise or name in request.wanted:
            start, end = end, end + sum(size_of(leaf) if entrywise else 1 for leaf in leaves(value))
            places[name] = range(start, end)
    return [k for name in request.wanted for k in places[name]]


def traced_at(request: Request, trace: Trace, arguments: Mapping[str, Any]) -> tuple[Graph, Any]:
    """The function's trace at a point, and what it returns: containers of zeros of its shapes and types."""
    return _run(request, trace, {name: _bound(trace, name, arguments[name]) for name in request.arguments})


def _run(request: Request, trace: Trace, arguments: Mapping[str, Any]) -> tuple[Graph, Any]:
    """The function's trace, and what it returns: containers of zeros of its shapes and types."""
    source = request.function
    with at_the_point(source.name):
        if isinstance(source.source, Program):
            outputs = source.outputs(arguments, trace)
            return trace.graph(outputs), np.zeros(len(outputs)) if source.source.listed else 0.0
        result = source(**arguments)
    if trace.entrywise:
        outputs = flat_outputs(result, source.name)
        nested = isinstance(result, (list, tuple))
        if nested and any(shape_of(part) or isinstance(part, (list, tuple)) for part in result):
            return trace.graph(outputs), None
        return trace.graph(outputs), np.zeros((len(result),) if nested else shape_of(result))[()]
    result = as_result(result, source.name)
    graph = trace.graph(leaves(result))
    return graph, rebuilt(result, [np.zeros(shape_of(value), dtype_of(value))[()] for value in graph.values])


def _gradient(primal: Graph, columns: Sequence[int], request: Request) -> list[Any]:
    count = sum(map(size_of, primal.values))
    if count != 1:
        raise DiffCompareError(f"a gradient needs one output, and {request.function.name} has {count}; want jacobian")
    (value,) = primal.values
    seed = np.ones(shape_of(value), dtype_of(value)) if shape_of(value) else 1.0
    v_bar = adjoints(primal, [seed])
    return [_known(v_bar[k], primal.nodes[k].value) for k in columns]


def _jacobian(primal: Graph, columns: Sequence[int], entrywise: bool) -> list[Any]:
    """Row by row, or block by block where arrays are whole, from as many passes as the shorter side has entries."""
    if not entrywise:
        inputs, outputs = (
            sum(map(size_of, side)) for side in ([primal.nodes[k].value for k in columns], primal.values)
        )
        blocks = jacobian_blocks(primal, "forward" if inputs < outputs else "reverse")
        return [row[k] for row in blocks for k in columns]
    entries = len(primal.outputs)
    if entries <= len(columns):
        return [row[k] for row in jacobian_rows(primal) for k in columns]
    found = jacobian_columns(primal)
    return [found[k][i] for i in range(entries) for k in columns]


def _known(derivative: Any, value: Any) -> Any:
    """The derivative, or zeros of the shape of the value."""
    return 0.0 if derivative is None and not shape_of(value) else filled(derivative, value)


def _entries(parts: Sequence[Any]) -> list[Any]:
    """The variables in these parts, of which some may be arrays of traced entries."""
    return [entry for part in parts for entry in (part.ravel().tolist() if isinstance(part, np.ndarray) else [part])]
