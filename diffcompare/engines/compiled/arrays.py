"""A program of arrays made ready for a plan: fewer passes over its arrays, the same roundings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from diffcompare.engines.compiled.simplify import simplified
from diffcompare.expression.graph import Graph, Node
from diffcompare.expression.primitives import PRIMITIVES, Primitive
from diffcompare.expression.primitives.structural import Structural, dtype_of, shape_of

ADD = PRIMITIVES["add"]


def prepared(graph: Graph) -> Graph:
    """The same function, with operands as small as they are, and what goes to the same place added up first.

    >>> from diffcompare.expression.variable import Trace
    >>> x = (trace := Trace(entrywise=False)).input("x", np.array([1.0, 2.0, 3.0]))
    >>> graph = trace.graph([np.exp(x[1:]) * np.full(2, 3.0)])
    >>> [node.constant for node in prepared(graph).nodes if node.constant is not None]
    [3.0]
    """
    return simplified(_gathered(simplified(_as_small(graph))))


def _as_small(graph: Graph) -> Graph:
    """Operands entry by entry as small as they are: before they were copied along an axis, or as the one number.

    Another operand must give the result its shape, and for a number its type.
    """
    nodes: list[Node] = []
    place: list[int] = []
    for node in graph.nodes:
        operands = [place[j] for j in node.operands]
        for k, j in enumerate(operands if isinstance(node.primitive, Primitive) else ()):
            others = [nodes[other].value for other in operands[:k] + operands[k + 1 :]]
            copied = nodes[j].primitive
            if copied is not None and copied.name == "broadcast_to":
                source = nodes[nodes[j].operands[0]]
                fits = np.broadcast_shapes(source.shape, *map(shape_of, others)) == node.shape
                if fits and (source.shape or dtype_of(source.value) == dtype_of(node.value)):
                    operands[k] = nodes[j].operands[0]
                continue
            number, kind = _number_of(nodes[j]), dtype_of(nodes[j].value)
            if number is not None and any(shape_of(x) == node.shape and dtype_of(x) == kind for x in others):
                operands[k] = len(nodes)
                nodes.append(Node(None, (), number, number))
        place.append(len(nodes))
        nodes.append(Node(node.primitive, tuple(operands), node.value, node.constant))
    return Graph(graph.names, nodes, tuple(place[i] for i in graph.outputs), graph.guards)


def _number_of(node: Node) -> float | None:
    """The number that every entry of a constant array is; not 0, which has two signs."""
    array = node.constant
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f" or not array.size:
        return None
    first = float(array.flat[0])
    return first if first != 0 and bool((array == first).all()) else None


def _gathered(graph: Graph) -> Graph:
    """Arrays that are scattered to the same place and added, added before they are scattered."""
    nodes: list[Node] = []
    place: list[int] = []
    for node in graph.nodes:
        operands = tuple(place[j] for j in node.operands)
        if node.primitive is ADD and _same_place([nodes[j] for j in operands]):
            scattered = nodes[operands[0]]
            parts = tuple(nodes[j].operands[0] for j in operands)
            values = [nodes[j].value for j in parts]
            operands = (len(nodes),)
            nodes.append(Node(ADD, parts, ADD(*values)))
            node = Node(scattered.primitive, operands, node.value)
        place.append(len(nodes))
        nodes.append(Node(node.primitive, operands, node.value, node.constant))
    return Graph(graph.names, nodes, tuple(place[i] for i in graph.outputs), graph.guards)


def _same_place(parts: Sequence[Node]) -> bool:
    """Whether two arrays are scattered to one place, by slices and whole numbers."""
    one, two = (part.primitive for part in parts)
    return (
        isinstance(one, Structural) and isinstance(two, Structural) and one.name == two.name == "scatter"
        and one.parameters == two.parameters and "array" not in one.parameters
        and parts[0].shape == parts[1].shape
    )  # fmt: skip
