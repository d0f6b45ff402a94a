"""Graph: the trace v_{1-n} .. v_l of a function at a point, replayable in any number domain.

A graph is a flat list in topological order: inputs, constants and applications of primitives.  Everything that walks
it is a loop over that list, so a chain of a million operations neither recurses nor crashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression.primitives import Operation, Primitive

if TYPE_CHECKING:
    from diffcompare.expression.numbers import NumberDomain


class Node:
    """One line of a trace: an input, a constant, or a primitive applied to earlier lines."""

    __slots__ = ("constant", "operands", "primitive", "value")

    def __init__(
        self, primitive: Operation | None, operands: tuple[int, ...], value: Any, constant: Any = None
    ) -> None:
        self.primitive = primitive  # None for inputs and constants
        self.operands = operands  # positions of earlier nodes
        self.value = value  # at the traced point
        self.constant = constant  # the number as written (an exact int or a double); None for inputs and operations

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value; () for a scalar."""
        shape: tuple[int, ...] = getattr(self.value, "shape", ())
        return shape

    @property
    def row(self) -> Primitive | None:
        """The row of the table that was applied; None for inputs and constants.

        Raises `TracingError` for an operation on whole arrays, which has none.
        """
        if self.primitive is None or isinstance(self.primitive, Primitive):
            return self.primitive
        raise TracingError(f"{self.primitive.name} works on whole arrays; trace the function entry by entry")


class Guards(NamedTuple):
    """The comparisons that decided a branch while tracing, with what they decided."""

    graph: Graph
    decisions: tuple[bool | tuple[Any, ...], ...]  # of an array of conditions, its entries as nested tuples


@dataclass(frozen=True, slots=True)
class Graph:
    """The reachable trace of a function in topological order.

    >>> import diffcompare as dc
    >>> graph = dc.function("ln(x1) + x1*x2 - sin(x2)").trace({"x1": 2, "x2": 5})
    >>> graph.names, len(graph.nodes), graph.operations()
    (('x1', 'x2'), 7, 5)
    """

    names: tuple[str, ...]  # one per scalar input: "x", or "x[0]", "x[1]" for a vector variable
    nodes: list[Node]
    outputs: tuple[int, ...]
    guards: Guards | None = field(default=None)

    @property
    def values(self) -> list[Any]:
        """The outputs at the traced point."""
        return [self.nodes[i].value for i in self.outputs]

    def operand_values(self, node: Node) -> tuple[Any, ...]:
        """The values of a node's operands at the traced point."""
        return tuple([self.nodes[j].value for j in node.operands])

    def replay(self, domain: NumberDomain, inputs: Sequence[Any]) -> list[Any]:
        """Interpret the graph in another number domain; one value per node, in order."""
        values: list[Any] = []
        feed = iter(inputs)
        for node in self.nodes:
            if node.primitive is not None:
                values.append(domain.apply(node.primitive, [values[i] for i in node.operands]))
            elif node.constant is not None:
                values.append(domain.constant(node.constant))
            else:
                values.append(next(feed))
        return values

    def holds(self, domain: NumberDomain, inputs: Sequence[Any]) -> bool:
        """Whether every recorded branch would be taken again at these inputs."""
        if self.guards is None:
            return True
        values = self.guards.graph.replay(domain, inputs)
        conditions = (values[i] for i in self.guards.graph.outputs)
        return all(np.array_equal(c, d) for c, d in zip(conditions, self.guards.decisions, strict=True))

    def varied(self) -> bytearray:
        """One flag per node: 1 where the value depends on an input."""
        flags = bytearray(len(self.nodes))
        for i, node in enumerate(self.nodes):
            for j in node.operands:
                if flags[j]:
                    flags[i] = 1
                    break
            else:
                flags[i] = node.primitive is None and node.constant is None
        return flags

    def live(self) -> bytearray:
        """One flag per node: 1 where the outputs depend on it at the traced point.

        The branch that a `where` does not take is not live: nothing that happens in it reaches the result.
        """
        flags = bytearray(len(self.nodes))
        for i in self.outputs:
            flags[i] = 1
        for i in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[i]
            if not flags[i] or node.primitive is None:
                continue
            operands = node.operands
            if node.primitive.name == "where":
                condition = self.nodes[operands[0]].value
                if not getattr(condition, "ndim", 0):
                    operands = (operands[0], operands[1] if condition else operands[2])
            for j in operands:
                flags[j] = 1
        return flags

    def operations(self) -> int:
        """Applications of a primitive in the shared graph; variables and constants count nothing."""
        return sum(node.primitive is not None and node.primitive.arity > 0 for node in self.nodes)

    def tree_operations(self) -> list[int]:
        """Applications of a primitive in the expression tree of each node written out: exact integers, tree unbuilt."""
        counts: list[int] = []
        for node in self.nodes:
            applied = node.primitive is not None and node.primitive.arity > 0
            counts.append(int(applied) + sum(counts[i] for i in node.operands))
        return counts

    def select(self, outputs: Sequence[int]) -> Graph:
        """The part of the graph that these nodes need, all inputs kept.

        >>> import diffcompare as dc
        >>> graph = dc.function("[sin(x), exp(x) + 1]").trace({"x": 0})
        >>> graph.select(graph.outputs[:1]).operations()
        1
        """
        return select(self.names, self.nodes, outputs, self.guards)

    def merged(self) -> Graph:
        """The same function with subexpressions that were written twice shared.

        >>> import diffcompare as dc
        >>> graph = dc.function("sin(x)*sin(x)").trace({"x": 1})
        >>> graph.operations(), graph.merged().operations()
        (3, 2)
        """
        first: dict[Any, int] = {}
        place: list[int] = []
        nodes: list[Node] = []
        for i, node in enumerate(self.nodes):
            operands = tuple(place[j] for j in node.operands)
            if node.primitive is not None:
                key: Any = (node.primitive, operands)
            elif node.constant is not None:
                array = isinstance(node.constant, np.ndarray)
                key = id(node.constant) if array else (type(node.constant), repr(node.constant))
            else:
                key = ("input", i)
            if key not in first:
                first[key] = len(nodes)
                nodes.append(Node(node.primitive, operands, node.value, node.constant))
            place.append(first[key])
        return Graph(self.names, nodes, tuple(place[i] for i in self.outputs), self.guards)


def select(names: tuple[str, ...], nodes: list[Node], outputs: Sequence[int], guards: Guards | None) -> Graph:
    """A graph of the nodes that `outputs` need, renumbered; inputs stay, in order, even where nothing uses them."""
    needed = bytearray(len(nodes))
    for i in outputs:
        needed[i] = 1
    i = len(nodes)
    for node in reversed(nodes):
        i -= 1
        if needed[i]:
            for j in node.operands:
                needed[j] = 1
        elif node.primitive is None and node.constant is None:
            needed[i] = 1
    if all(needed):
        return Graph(names, nodes, tuple(outputs), guards)
    place: list[int] = []
    kept: list[Node] = []
    for i, node in enumerate(nodes):
        place.append(len(kept))
        if needed[i]:
            kept.append(Node(node.primitive, tuple(place[j] for j in node.operands), node.value, node.constant))
    return Graph(names, kept, tuple(place[i] for i in outputs), guards)
