"""The lecture's notation: names v_{1-n} .. v_l level by level, tangents with a dot, adjoints with a bar.

A local rule is not typed in here: the table's partial is recorded on symbols and written out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from diffcompare.expression.graph import Graph, Node
from diffcompare.expression.notation import (
    ATOM,
    LATEX,
    POWER,
    PRODUCT,
    SIGN,
    TEXT,
    TYPST,
    Notation,
    Rule,
    Written,
)
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.variable import Trace

MULTIPLY, DIVIDE = PRIMITIVES["multiply"], PRIMITIVES["divide"]

LECTURE = replace(
    TEXT,
    rules=TEXT.rules | {
        "multiply": Rule(PRODUCT, "{0} × {1}", (PRODUCT, POWER)),
        "divide": Rule(PRODUCT, "{0} / {1}", (PRODUCT, POWER)),
    },
)  # fmt: skip
NOTATIONS: tuple[Notation, ...] = (
    LECTURE,
    replace(LATEX, rules=LATEX.rules | {"multiply": Rule(PRODUCT, r"{0} \times {1}", (PRODUCT, POWER))}),
    replace(TYPST, rules=TYPST.rules | {"multiply": Rule(PRODUCT, "{0} times {1}", (PRODUCT, POWER))}),
)


class Formula(NamedTuple):
    """One formula in three notations."""

    text: str
    latex: str
    typst: str


def level_order(graph: Graph) -> list[int]:
    """The nodes in the order in which the lecture numbers them: level by level, as they appear within a level."""
    level: list[int] = []
    for node in graph.nodes:
        depth = max((level[j] for j in node.operands), default=-1) + 1 if node.primitive and node.operands else 0
        level.append(depth)
    return sorted(range(len(graph.nodes)), key=lambda i: (level[i], graph.nodes[i].constant is not None, i))


def by_levels(graph: Graph) -> Graph:
    """The same graph in the lecture's order."""
    order = level_order(graph)
    place = {old: new for new, old in enumerate(order)}
    nodes = [
        Node(n.primitive, tuple(place[j] for j in n.operands), n.value, n.constant)
        for n in (graph.nodes[i] for i in order)
    ]
    return Graph(graph.names, nodes, tuple(place[i] for i in graph.outputs), graph.guards)


def numbering(graph: Graph) -> list[int | None]:
    """The lecture's index of every node: 1-n .. 0 for the inputs, 1 .. l for the operations, None for constants."""
    n, index = len(graph.names), 0
    numbers: list[int | None] = []
    for i, node in enumerate(graph.nodes):
        if node.primitive is None:
            numbers.append(i + 1 - n if node.constant is None else None)
        elif node.primitive.arity:
            index += 1
            numbers.append(index)
        else:
            numbers.append(None)
    return numbers


def letter(index: int, mark: str = "") -> Formula:
    """v_i, its tangent (mark "dot") or its adjoint (mark "bar")."""
    text = {"": "v", "dot": "v̇", "bar": "v̄"}[mark]
    latex = rf"\{mark}{{v}}" if mark else "v"
    typst = {"": "v", "dot": "dot(v)", "bar": "macron(v)"}[mark]
    return Formula(f"{text}{index}", f"{latex}_{{{index}}}", f"{typst}_({index})")


class Writer:
    """Writes the lines of one trace: primal operations and the terms of their tangents and adjoints."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.numbers = numbering(graph)

    def name(self, i: int) -> str:
        """The name of a node: "v-1", "v3", or the constant itself."""
        return self.operand(i, "")[0].text

    def operand(self, i: int, mark: str) -> list[Written]:
        """A node as an operand, one writing a notation."""
        number, node = self.numbers[i], self.graph.nodes[i]
        if number is not None:
            return [Written(text, ATOM) for text in letter(number, mark)]
        if node.row is not None:
            return [n.apply(node.row, []) for n in NOTATIONS]
        return [n.constant(node.constant) for n in NOTATIONS]

    def primal(self, i: int) -> Formula:
        """The right-hand side of a line of the primal trace: ln(v-1), v1 + v2; the variable for an input."""
        node = self.graph.nodes[i]
        if node.primitive is None:
            return Formula(*(n.variable(self.graph.names[i]) for n in NOTATIONS))
        operands = [self.operand(j, "") for j in node.operands]
        return self._apply(node, operands)

    def numeric(self, i: int) -> str:
        """The primal line with numbers put in: ln(2), 0.6931 + 10."""
        node = self.graph.nodes[i]
        if node.primitive is None:
            return ""
        operands = [[rounded(self.graph.nodes[j].value)] * 3 for j in node.operands]
        return self._apply(node, operands).text

    def term(self, i: int, k: int, mark: str) -> tuple[Formula, bool]:
        """One contribution through operand k of node i: seed × partial, and whether it is to be subtracted.

        Forward mode (mark "dot") seeds with the operand's tangent, reverse mode ("bar") with the node's adjoint.
        """
        node = self.graph.nodes[i]
        assert node.row is not None
        seed_place = node.operands[k] if mark == "dot" else i
        rule = node.row.partials[k]
        seed = self.operand(seed_place, mark)
        if not callable(rule):
            if mark == "dot":
                return Formula(*(w.text for w in seed)), rule < 0
            return self._product(seed, [n.constant(rule) for n in NOTATIONS]), False
        graph, inputs = self._recorded(node, rule)
        writings = [self.operand(i, ""), *(self.operand(j, "") for j in node.operands)]
        root = graph.nodes[graph.outputs[0]]
        negative = root.primitive is PRIMITIVES["negative"] and mark == "dot"
        top = root.operands[0] if negative else graph.outputs[0]
        results: list[str] = []
        for which, notation in enumerate(NOTATIONS):
            written = graph.replay(notation.domain, [writings[p][which] for p in inputs])
            over = graph.nodes[top]
            if over.primitive is DIVIDE and graph.nodes[over.operands[0]].constant == 1:
                results.append(notation.apply(DIVIDE, [seed[which], written[over.operands[1]]]).text)
            else:
                results.append(notation.apply(MULTIPLY, [seed[which], grouped(written[top], notation)]).text)
        return Formula(*results), negative

    def _recorded(self, node: Node, rule: Any) -> tuple[Graph, list[int]]:
        """The partial of a node recorded on its result and operands; constants stay numbers."""
        trace, inputs, arguments = Trace(), [], []
        values = [node.value, *(self.graph.nodes[j].value for j in node.operands)]
        constants = [None, *(self.graph.nodes[j].constant for j in node.operands)]
        for place, (value, constant) in enumerate(zip(values, constants, strict=True)):
            if constant is None:
                inputs.append(place)
                arguments.append(trace.input(f"v{place}", value))
            else:
                arguments.append(value)
        return trace.graph([rule(*arguments)]), inputs

    def _product(self, left: Sequence[Written], right: Sequence[Written]) -> Formula:
        pairs = zip(NOTATIONS, left, right, strict=True)
        return Formula(*(n.apply(MULTIPLY, [a, b]).text for n, a, b in pairs))

    def _apply(self, node: Node, operands: list[list[Written]]) -> Formula:
        assert node.row is not None
        return Formula(*(n.apply(node.row, [o[k] for o in operands]).text for k, n in enumerate(NOTATIONS)))


def grouped(written: Written, notation: Notation) -> Written:
    """A right-hand factor: a product there needs parentheses."""
    return written if written.precedence >= POWER else Written(notation.group(written.text), ATOM)


def joined(terms: Sequence[tuple[Formula, bool]]) -> Formula:
    """A sum of terms, some of them subtracted; 0 where there is none."""
    if not terms:
        return Formula("0", "0", "0")
    parts = []
    for which in range(3):
        text = ""
        for formula, subtracted in terms:
            sign = " - " if subtracted else " + "
            text += (sign if text else "-" if subtracted else "") + formula[which]
        parts.append(text)
    return Formula(*parts)


def rounded(value: Any) -> Written:
    """A number as the blackboard has it: four significant digits."""
    text = str(value) if isinstance(value, bool) else f"{value:.4g}"
    return Written(text, SIGN if text.startswith("-") else ATOM)
