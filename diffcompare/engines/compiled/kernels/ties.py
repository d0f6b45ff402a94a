"""The shares of entries that tie for an extremum, written out as operations that kernels have."""

from __future__ import annotations

import numpy as np

from diffcompare.expression.graph import Graph, Node
from diffcompare.expression.primitives import PRIMITIVES, Operation
from diffcompare.expression.primitives.stepwise import winners
from diffcompare.expression.primitives.structural import cast, dtype_of, sum_over

EQUAL, DIVIDE, MULTIPLY = (PRIMITIVES[name] for name in ("equal", "divide", "multiply"))


def with_shares(graph: Graph) -> Graph:
    """The same function, shares as numbers where a number is multiplied by them: 1/count of the entries that tie.

    A quotient of float32 numbers is the same as one of doubles that is rounded once more.
    """
    nodes: list[Node] = []
    place: list[int] = []
    multiplied = _multiplied(graph)

    def applied(primitive: Operation, *operands: int) -> int:
        values = [nodes[j].value for j in operands]
        nodes.append(Node(primitive, operands, primitive(*values)))
        return len(nodes) - 1

    with np.errstate(all="ignore"):
        for i, node in enumerate(graph.nodes):
            operands = tuple(place[j] for j in node.operands)
            if node.primitive is not winners or i not in multiplied:
                place.append(len(nodes))
                nodes.append(Node(node.primitive, operands, node.value, node.constant))
                continue
            x, extremum = (nodes[j] for j in operands)
            wins = applied(cast(dtype_of(x.value)), applied(EQUAL, *operands))
            axes = tuple(k for k, n in enumerate(x.shape) if extremum.shape[k] == 1 != n)
            place.append(applied(DIVIDE, wins, applied(sum_over(axes), wins)))
    return Graph(graph.names, nodes, tuple(place[i] for i in graph.outputs), graph.guards)


def _multiplied(graph: Graph) -> set[int]:
    """The shares that nothing but products takes, with numbers of their type."""
    found = {i for i, node in enumerate(graph.nodes) if node.primitive is winners} - set(graph.outputs)
    for node in graph.nodes:
        for i in found.intersection(node.operands):
            kind = dtype_of(graph.nodes[graph.nodes[i].operands[0]].value)
            others = [dtype_of(graph.nodes[j].value) for j in node.operands if j != i]
            if node.primitive is not MULTIPLY or kind.kind != "f" or others != [kind]:
                found.discard(i)
    return found
