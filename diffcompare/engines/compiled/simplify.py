"""A graph made smaller without changing a rounding: constants folded, ones and zeros removed, repetitions shared.

Every rule replaces an operation by one whose correctly rounded result is the same double, signs of zeros included;
only the sign and payload of a nan may differ.  So x + 0 is x only where x cannot be -0.0, as -0.0 + 0.0 is 0.0, and
x - 0 always is; a negation moves out of products and quotients, which round alike on both sides of 0, but not out of
x - y, whose zeros have signs.  Squares are products already where the table computes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompare.expression.graph import Graph, Node
from diffcompare.expression.primitives import PRIMITIVES, Operation, Primitive
from diffcompare.expression.primitives.structural import dtype_of, shape_of

ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATIVE = (
    PRIMITIVES[name] for name in ("add", "subtract", "multiply", "divide", "negative")
)
# (primitive, which operand is constant, its value): then the result is the other operand.
IDENTITIES = {
    ("multiply", 0, 1.0), ("multiply", 1, 1.0), ("divide", 1, 1.0), ("power", 1, 1.0),
}  # fmt: skip
NEVER_NEGATIVE_ZERO = frozenset({"exp", "cosh", "abs", "sigmoid", "hypot", "softplus"})


def simplified(graph: Graph) -> Graph:
    """The same function with fewer operations; the guards stay as they are.

    >>> import diffcompare as dc
    >>> graph = dc.function("1*x^2 + 2*3*x^2 + 0").trace({"x": 2})
    >>> graph.operations(), simplified(graph).operations()
    (7, 3)
    """
    smaller = _Smaller(graph)
    outputs = tuple(smaller.place[i] for i in graph.outputs)
    return Graph(graph.names, smaller.nodes, outputs, graph.guards).select(outputs)


class _Smaller:
    """The nodes that are left, and where in them the value of each node of the graph is."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: list[Node] = []
        self.place: list[int] = []
        self.first: dict[Any, int] = {}
        self.unsigned: list[bool] = []  # one flag a node: never -0.0
        uses = [0] * len(graph.nodes)
        for node in graph.nodes:
            for j in node.operands:
                uses[j] += 1
        self.once = set()  # places of values that one operation uses
        for i, node in enumerate(graph.nodes):
            if node.primitive is None:
                self.place.append(self.leaf(node, i))
            else:
                operands = tuple(self.place[j] for j in node.operands)
                self.place.append(self.applied(node.primitive, operands, node.value))
            if uses[i] == 1:
                self.once.add(self.place[i])

    def leaf(self, node: Node, i: int) -> int:
        """An input, or a constant; the same number twice is one constant."""
        if node.constant is None:
            return self._kept(("input", i), node)
        array = isinstance(node.constant, np.ndarray)
        return self._kept(id(node.constant) if array else (type(node.value), repr(node.value)), node)

    def applied(self, primitive: Operation, operands: tuple[int, ...], value: Any = None) -> int:
        """The place of the result of an operation."""
        if value is None:
            with np.errstate(all="ignore"):
                value = primitive(*(self.nodes[j].value for j in operands))
        if isinstance(primitive, Primitive):
            if all(self.nodes[j].constant is not None for j in operands) and not isinstance(value, bool):
                return self.leaf(Node(None, (), value, value), -1)
            found = self._same(primitive, operands, value)
            if found is None:
                found = self._turned(primitive, operands, value)
            if found is not None:
                return found
        # Sums and products have the same rounding in either order.
        key = tuple(sorted(operands)) if primitive in (ADD, MULTIPLY) else operands
        return self._kept((primitive, key), Node(primitive, operands, value))

    def _same(self, primitive: Primitive, operands: tuple[int, ...], value: Any) -> int | None:
        """An operand that is the result already."""
        for k, j in enumerate(operands):
            constant = self._number(j)
            if constant is None or len(operands) != 2:
                continue
            other = operands[1 - k]
            like = self.nodes[other].value
            if shape_of(like) != shape_of(value) or dtype_of(like) != dtype_of(value):
                continue  # the identity would make a truth value a number, or an array larger
            if (primitive.name, k, constant) in IDENTITIES:
                return other
            if constant == 0 and (primitive is ADD or (primitive is SUBTRACT and k == 1)):
                adds = math.copysign(1.0, constant) * (1 if primitive is ADD else -1)
                if adds < 0 or self.unsigned[other]:
                    return other
        return None

    def _turned(self, primitive: Primitive, operands: tuple[int, ...], value: Any) -> int | None:
        """The result by another operation that rounds to the same."""
        if primitive is NEGATIVE:
            return self._negated(operands[0])
        if len(operands) != 2:
            return None
        a, b = operands
        inner_a, inner_b = self._negated(a), self._negated(b)
        if primitive is ADD and inner_b is not None:
            return self.applied(SUBTRACT, (a, inner_b), value)
        if primitive is ADD and inner_a is not None:
            return self.applied(SUBTRACT, (b, inner_a), value)
        if primitive is SUBTRACT and inner_b is not None:
            return self.applied(ADD, (a, inner_b), value)
        if primitive is MULTIPLY or primitive is DIVIDE:
            if inner_a is not None and inner_b is not None:
                return self.applied(primitive, (inner_a, inner_b), value)
            for k, inner in enumerate((inner_a, inner_b)):
                if inner is not None and operands[k] in self.once:
                    rest = (inner, b) if k == 0 else (a, inner)
                    return self.applied(NEGATIVE, (self.applied(primitive, rest),), value)
                if self._number(operands[k]) == -1 and (primitive is MULTIPLY or k == 1):
                    return self.applied(NEGATIVE, (operands[1 - k],), value)
        exponent = self._number(b)
        if primitive.name == "power" and exponent == 2:
            return self.applied(MULTIPLY, (a, a), value)
        if primitive is DIVIDE and exponent is not None and _has_inverse(exponent):
            return self.applied(MULTIPLY, (a, self.leaf(Node(None, (), 1 / exponent, 1 / exponent), -1)), value)
        return None

    def _negated(self, i: int) -> int | None:
        """The operand of a negation; None where the node is something else."""
        node = self.nodes[i]
        return node.operands[0] if node.primitive is NEGATIVE else None

    def _number(self, i: int) -> float | None:
        """The value of a constant that is a number."""
        node = self.nodes[i]
        return float(node.value) if node.constant is not None and type(node.value) in (int, float) else None

    def _kept(self, key: Any, node: Node) -> int:
        if key not in self.first:
            self.first[key] = len(self.nodes)
            self.unsigned.append(self._never_negative_zero(node))
            self.nodes.append(node)
        return self.first[key]

    def _never_negative_zero(self, node: Node) -> bool:
        if node.primitive is None:
            value = node.value
            return type(node.constant) in (int, float) and (value != 0 or math.copysign(1.0, value) > 0)
        name, operands = node.primitive.name, node.operands
        flags: Sequence[bool] = [self.unsigned[j] for j in operands]
        return (
            name in NEVER_NEGATIVE_ZERO
            or (name == "add" and any(flags))
            or (name == "subtract" and flags[0])
            or (name == "where" and all(flags[1:]))
            or (name == "multiply" and operands[0] == operands[1])
        )


def _has_inverse(number: float) -> bool:
    """Whether 1/number is a double exactly, so that a division by it is a product with the other."""
    return number != 0 and abs(math.frexp(number)[0]) == 0.5 and 2.0**-1000 < abs(number) < 2.0**1000
