"""The tangent or adjoint program of a function as text: Python, NumPy, C or LaTeX, with the lecture's names.

Seeds are arguments of the program, so that it is a Jacobian times a vector (forward mode) or a vector times the
Jacobian (reverse mode); with their defaults it gives the derivative by the first variable, or the gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

from diffcompare.engines.automatic import plus, pulled, pushed
from diffcompare.engines.compiled.simplify import simplified
from diffcompare.errors import BudgetError, DiffCompareError, PointError, SourceError
from diffcompare.expression.function import Function, function
from diffcompare.expression.graph import Graph, Node
from diffcompare.expression.numbers import NumberDomain
from diffcompare.expression.operands import as_float
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.variable import Trace, Variable
from diffcompare.studies.lecture_notation import by_levels, level_order, numbering
from diffcompare.studies.program_layout import TARGETS, copy
from diffcompare.studies.program_names import Listing, Name
from diffcompare.studies.study import Study

LARGEST = 10**4  # operations that are written out line by line
MODES = {"forward": "dot", "reverse": "bar"}


@dataclass(frozen=True, slots=True)
class ProgramText(Study):
    """A program as text, and how many operations it applies."""

    function: str
    mode: str
    target: str
    source: str
    operations: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"source": self.source, "operations": self.operations}


def code(f: Any, at: Mapping[str, Any] | None = None, mode: str = "reverse", target: str = "python") -> ProgramText:
    """The adjoint program (reverse mode) or tangent program (forward mode) of a function as text.

    It applies the operations of the tape in their order.  Where one is undefined, Python raises; where a partial is
    infinite and the adjoint 0, the tape answers 0 and the text nan.  The point is needed where the function is Python
    code with branches, or takes arrays: it says which branch, and their shapes.  Variables keep their names; one that
    means something in the target gets an underscore, and in C Greek letters are spelled out.

    Raises `DiffCompareError` for an unknown mode or target, or an operation that the target does not have, `PointError`
    where the point is needed, `BudgetError` for a program of more than 10000 operations.
    Source: Griewank, Walther, Evaluating Derivatives, 2nd ed., SIAM 2008, Sections 3.1 and 3.2.

    >>> import diffcompare as dc
    >>> print(dc.code("x1*x2 + sin(x1)").source)
    import math
    <BLANKLINE>
    <BLANKLINE>
    def adjoint(x1, x2, y1_bar=1.0):
        v1 = x1 * x2
        v2 = math.sin(x1)
        v3 = v1 + v2
        v3_bar = y1_bar
        v2_bar = v3_bar
        v1_bar = v3_bar
        x2_bar = x1 * v1_bar
        x1_bar = math.cos(x1) * v2_bar + x2 * v1_bar
        return v3, (x1_bar, x2_bar)
    """
    for kind, value, known in (("mode", mode, MODES), ("target", target, TARGETS)):
        if value not in known:
            raise DiffCompareError(f"there is no {kind} {value}; there are {', '.join(known)}")
    source = function(f)
    primal = _formula(source) if at is None else source.trace(at)
    if primal.operations() > LARGEST:
        raise BudgetError(f"over budget: {primal.operations()} operations, and a listing takes {LARGEST}")
    listing = _listing(primal, mode)
    return ProgramText(
        source.name, mode, target, TARGETS[target](listing), len([n for n in listing.primitives if PRIMITIVES[n].arity])
    )


def _formula(source: Function) -> Graph:
    try:
        return source.formula()
    except SourceError as error:
        name = source.names[0] if source.names else "x"
        raise PointError(f"{error}; for a function of arrays, add --at {name}=[1,2,3]") from error


def _listing(primal: Graph, mode: str) -> Listing:
    """The program with the name of every intermediate variable.

    It is recorded with nan for every value, so that no rule takes the special case of a point: nan is not 0.
    """
    trace = Trace()
    inputs = [trace.input(name, nan) for name in primal.names]
    seeds = [trace.input("seed", nan) for _ in (primal.outputs if mode == "reverse" else inputs)]
    domain = NumberDomain(as_float, lambda primitive, operands: primitive(*operands))
    values = primal.replay(domain, inputs)
    nodes = [Node(n.primitive, n.operands, values[i], n.constant) for i, n in enumerate(primal.nodes)]
    graph = Graph(primal.names, nodes, primal.outputs)
    if mode == "reverse":
        derivatives = _adjoints(graph, seeds)
        found, start = derivatives[: len(inputs)], 0
    else:
        derivatives = _tangents(graph, seeds)
        found, start = [derivatives[i] for i in primal.outputs], len(inputs)
    # The lecture's numbers, but the tape's order of summation, so that nothing rounds differently.
    numbers = dict(zip(level_order(primal), numbering(by_levels(primal)), strict=True))
    primals = [(Name(numbers[i]), values[i]) for i in range(len(inputs), len(values))]
    marked = [(Name(numbers[i], MODES[mode]), derivatives[i]) for i in range(start, len(values))]
    # Each tangent stands after its primal, the adjoints after all of them, from the last to the first.
    forward = mode == "forward"
    named = _by_number(primals + marked) if forward else _by_number(primals) + _by_number(marked)[::-1]
    conditions: list[Any] = []
    if primal.guards is not None:
        checked = primal.guards.graph.replay(domain, inputs)
        conditions = [checked[i] for i in primal.guards.graph.outputs]
    results = [*(values[i] for i in primal.outputs), *(0.0 if value is None else value for value in found)]
    program = simplified(trace.graph([*results, *conditions, *(value for _, value in named)]))
    end = len(results) + len(conditions)
    places = list(zip((name for name, _ in named), program.outputs[end:], strict=True))
    return Listing(
        replace(program, outputs=program.outputs[:end]), mode, primal.names, len(primal.outputs), len(results), places,
        primal.guards.decisions if primal.guards else (),
    )  # fmt: skip


def _by_number(named: list[tuple[Name, Any]]) -> list[tuple[Name, Variable]]:
    """The intermediate variables among these in the order of their numbers."""
    kept = [(name, value) for name, value in named if name.number is not None and isinstance(value, Variable)]
    return sorted(kept, key=lambda entry: entry[0].number or 0)


def _adjoints(graph: Graph, seeds: Sequence[Any]) -> list[Any]:
    """The reverse sweep, with an operation for each adjoint that is complete, so that it has a line of its own."""
    v_bar: list[Any] = [None] * len(graph.nodes)
    varied = graph.varied()
    for i, seed in zip(graph.outputs, seeds, strict=True):
        v_bar[i] = plus(v_bar[i], seed)
    for i in range(len(graph.nodes) - 1, -1, -1):
        if v_bar[i] is None:
            continue
        v_bar[i] = copy(v_bar[i])
        node = graph.nodes[i]
        for k, j in enumerate(node.operands):
            if varied[j] and node.primitive is not None:
                received = pulled(node.primitive, k, v_bar[i], node.value, graph.operand_values(node))
                v_bar[j] = plus(v_bar[j], received)
    return v_bar


def _tangents(graph: Graph, seeds: Sequence[Any]) -> list[Any]:
    """The forward sweep, likewise."""
    v_dot: list[Any] = [*seeds, *[None] * (len(graph.nodes) - len(seeds))]
    for i, node in enumerate(graph.nodes):
        for k, j in enumerate(node.operands):
            if v_dot[j] is not None and node.primitive is not None:
                caused = pushed(node.primitive, k, v_dot[j], node.value, graph.operand_values(node))
                v_dot[i] = plus(v_dot[i], caused)
        if node.operands and v_dot[i] is not None:
            v_dot[i] = copy(v_dot[i])
    return v_dot
