"""The array graph of a NumPy function: one box for each operation on whole arrays, written as NumPy calls it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from diffcompare.engines.call import Call
from diffcompare.errors import BudgetError
from diffcompare.expression.function import at_the_point, function
from diffcompare.expression.graph import Graph, Node
from diffcompare.expression.notation import ATOM, LATEX, POWER, PRODUCT, TEXT, Notation, Rule, Written
from diffcompare.expression.primitives import Operation
from diffcompare.studies.graphs.diagram import REDUCTIONS, Box, Diagram, drops_axes

LARGEST = 10**5  # operations
LONGEST = 40  # characters of a formula; where there are more, the arrows say what the operands are
RULES = {  # products of entries as in NumPy, so that those of matrices stand out; the others are written as calls
    "multiply": Rule(PRODUCT, "{0} * {1}", (PRODUCT, POWER)),
    "index": Rule(ATOM, "{0}[{1}]", (ATOM, ATOM)),
}
NOTATIONS: tuple[Notation, ...] = (
    replace(TEXT, rules=TEXT.rules | RULES | {"matmul": Rule(PRODUCT, "{0} @ {1}", (PRODUCT, POWER))}),
    replace(
        LATEX,
        rules={name: rule for name, rule in LATEX.rules.items() if name != "where"}
        | RULES | {"matmul": Rule(PRODUCT, r"{0} \, {1}", (PRODUCT, POWER))},
        call=lambda name, operands: LATEX.call(name.replace("_", r"\_"), operands),
    ),
)  # fmt: skip


def array_graph(f: Any, at: Mapping[str, Any]) -> Diagram:
    """The graph of a function at a point: each array with its shape, each operation on whole arrays as one box.

    Raises `PointError` for a point that does not fit, `TracingError` for code that cannot be traced, `SourceError` for
    code that fails at the point, and `BudgetError` for more than 10^5 operations.

    >>> import diffcompare as dc
    >>> graph = dc.array_graph(lambda X, W: (X @ W).sum(), at={"X": [[1.0, 2.0]], "W": [[3.0], [4.0]]})
    >>> [(box.title, box.shape) for box in graph.boxes]
    [('X', (1, 2)), ('W', (2, 1)), ('v1 = X @ W', (1, 1)), ('v2 = sum(v1, (0, 1))', ())]
    """
    source = function(f)
    point = source.at(at)
    names = tuple(point)
    with at_the_point(source.name):
        graph = Call(
            lambda *values: source(**dict(zip(names, values, strict=True))), tuple(point.values()), range(len(names)),
            "reverse",
        ).graph  # fmt: skip
    if graph.operations() > LARGEST:
        raise BudgetError(f"over budget: {graph.operations()} operations on arrays, and a graph takes {LARGEST}")
    return _diagram(_with_whole_calls(Graph(names, graph.nodes, graph.outputs)))


def _with_whole_calls(graph: Graph) -> Graph:
    """What is one call of NumPy's as one operation: a reduction that drops its axes, a product with a vector."""
    uses = Counter(j for node in graph.nodes for j in node.operands) + Counter(graph.outputs)
    nodes = list(graph.nodes)
    for i, node in enumerate(graph.nodes):
        if not node.operands or uses[node.operands[0]] != 1:
            continue
        inner = graph.nodes[node.operands[0]]
        if inner.primitive is None or not drops_axes(node.primitive, node.shape, inner.shape):
            continue
        if inner.primitive.name in REDUCTIONS:
            nodes[i] = Node(inner.primitive, inner.operands, node.value)
        elif inner.primitive.name == "matmul":
            operands = tuple(_vector(graph, j) if uses[j] == 1 else j for j in inner.operands)
            if operands != inner.operands:
                nodes[i] = Node(inner.primitive, operands, node.value)
    return Graph(graph.names, nodes, graph.outputs).select(graph.outputs)


def _vector(graph: Graph, j: int) -> int:
    """The vector that was written as a matrix for a product, or the operand itself."""
    node = graph.nodes[j]
    reshaped = node.primitive is not None and node.primitive.name == "reshape"
    return node.operands[0] if reshaped and len(graph.nodes[node.operands[0]].shape) == 1 else j


def _diagram(graph: Graph) -> Diagram:
    """The boxes and arrows of a graph; numbers stand where they are used, and have no box."""
    names = iter(graph.names)
    v, c = (_letter(letter, graph.names) for letter in "vc")
    boxes: dict[int, Box] = {}
    arrows: list[tuple[str, str]] = []
    written: list[list[Written]] = []  # each node as an operand, one writing a notation
    operations = constants = 0
    for i, node in enumerate(graph.nodes):
        if node.primitive is not None and node.operands:
            operations += 1
            name = f"{v}{operations}"
            kept = ", keepdims=True" if _keeps_axes(graph, node) else ""
            formulas = _formulas(node.primitive, [written[j] for j in node.operands], kept)
            text, latex = (f"{n.variable(name)} = {formula}" for n, formula in zip(NOTATIONS, formulas, strict=True))
            boxes[i] = Box(name, "operation", text, node.shape, node.primitive.name, latex)
            arrows += [(boxes[j].name, name) for j in node.operands if j in boxes]
        elif node.primitive is not None or (node.constant is not None and not node.shape):
            written.append(_number(node))
            continue
        else:
            constants += node.constant is not None
            name, kind = (next(names), "input") if node.constant is None else (f"{c}{constants}", "constant")
            boxes[i] = Box(name, kind, name, node.shape, latex=LATEX.variable(name))
        written.append([Written(n.variable(name), ATOM) for n in NOTATIONS])
    for i in graph.outputs:
        if i in boxes:
            boxes[i] = replace(boxes[i], root=True)
    return Diagram("array graph", tuple(boxes.values()), tuple(arrows))


def _number(node: Node) -> list[Written]:
    """A constant in every notation; pi and e by name."""
    if node.primitive is not None:
        return [n.apply(node.primitive, []) for n in NOTATIONS]
    return [n.constant(getattr(node.constant, "item", lambda: node.constant)()) for n in NOTATIONS]


def _letter(letter: str, names: Iterable[str]) -> str:
    """The letter, doubled until no variable is called by it and a number."""
    while any(re.fullmatch(rf"{letter}\d+", name) for name in names):
        letter += letter[0]
    return letter


def _keeps_axes(graph: Graph, node: Node) -> bool:
    reduces = node.primitive is not None and node.primitive.name in REDUCTIONS
    return reduces and len(node.shape) == len(graph.nodes[node.operands[0]].shape)


def _formulas(primitive: Operation, operands: list[list[Written]], kept: str) -> list[str]:
    """An operation in every notation, its parameters after its operands; its name alone where that is too long."""
    parameters = getattr(primitive, "parameters", "") + kept
    if parameters:
        upright = re.sub("[a-zA-Z]+", lambda word: rf"\mathrm{{{word[0]}}}", parameters)
        operands = [*operands, [Written(parameters, ATOM), Written(upright, ATOM)]]
    formulas = [n.apply(primitive, [o[k] for o in operands]).text for k, n in enumerate(NOTATIONS)]
    if len(formulas[0]) <= LONGEST:
        return formulas
    return [n.call(primitive.name, "...") for n in NOTATIONS]
