"""The lecture's tables: the primal trace beside its tangents (forward mode) or its adjoints (reverse mode)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from diffcompare.engines.automatic import sweep, tangents
from diffcompare.errors import BudgetError, DiffCompareError, PointError
from diffcompare.expression.function import function
from diffcompare.expression.graph import Graph
from diffcompare.studies.lecture_notation import Formula, Writer, by_levels, joined, letter
from diffcompare.studies.study import Study

LARGEST = 10**4  # operations that are written out line by line


@dataclass(frozen=True, slots=True)
class Row:
    """One line: v_i, how it is computed, and its tangent or adjoint."""

    name: str
    index: int
    operation: str  # name of the primitive; "input" for a variable
    operands: tuple[str, ...]
    formula: Formula
    numbers: str  # the formula with the operands' values put in
    value: float
    derivative_formula: Formula
    derivative: float


class Update(NamedTuple):
    """One step of the reverse sweep: an adjoint receives a contribution."""

    name: str
    source: str
    formula: Formula
    contribution: float
    adjoint: float


@dataclass(frozen=True, slots=True)
class TraceTable(Study):
    """A trace with its derivatives, in the lecture's names and order."""

    function: str
    mode: str
    wrt: str | None
    rows: tuple[Row, ...]
    output: str  # the name of the row that is y
    value: float
    derivative: dict[str, float]
    sweep: tuple[Update, ...]
    graph: Graph

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        kind = "tangent" if self.mode == "forward" else "adjoint"
        rows = [
            {
                "name": row.name,
                "operation": row.operation,
                "operands": list(row.operands),
                "formula": row.formula.text,
                "value": row.value,
                f"{kind}_formula": row.derivative_formula.text,
                kind: row.derivative,
            }
            for row in self.rows
        ]
        sweep = [
            {
                "name": update.name,
                "from": update.source,
                "formula": update.formula.text,
                "contribution": update.contribution,
                "adjoint": update.adjoint,
            }
            for update in self.sweep
        ]
        return {"mode": self.mode, "rows": rows, "derivative": self.derivative, "sweep": sweep}


def trace(f: Any, at: Mapping[str, Any], mode: str = "reverse", wrt: str | None = None) -> TraceTable:
    """The trace of a function at a point with tangents by `wrt` (forward mode) or all adjoints (reverse mode).

    Raises `DiffCompareError` for several outputs or an unknown mode, `PointError` for an unknown `wrt`.
    Source: Baydin, Pearlmutter, Radul, Siskind, JMLR 18(153), 2018, Tables 2 and 3.

    >>> import diffcompare as dc
    >>> table = dc.trace("ln(x1) + x1*x2 - sin(x2)", at={"x1": 2, "x2": 5}, mode="forward")
    >>> [row.name for row in table.rows], table.derivative
    (['v-1', 'v0', 'v1', 'v2', 'v3', 'v4', 'v5'], {'x1': 5.5})
    """
    if mode not in ("forward", "reverse"):
        raise DiffCompareError(f"there is no mode {mode}; the modes are forward and reverse")
    source = function(f)
    graph = by_levels(source.trace(at))
    if len(graph.outputs) != 1:
        raise DiffCompareError(
            f"a trace table needs one output, and the function has {len(graph.outputs)}; trace one of them, "
            "or see all derivatives with jacobian"
        )
    if graph.operations() > LARGEST:
        raise BudgetError(
            f"over budget: a trace of {graph.operations()} operations, and a table takes {LARGEST}; "
            "give the function smaller arrays"
        )
    if mode == "forward" and not graph.names:
        raise PointError("the function has no variables, so there is no tangent to follow")
    if wrt is not None and wrt not in graph.names:
        raise PointError(f"there is no variable {wrt}; the variables are {', '.join(graph.names)}")
    return _forward(graph, source.name, wrt or graph.names[0]) if mode == "forward" else _reverse(graph, source.name)


def _forward(graph: Graph, name: str, wrt: str) -> TraceTable:
    writer = Writer(graph)
    varied = graph.varied()
    column = graph.names.index(wrt)
    v_dot = tangents(graph, [float(j == column) for j in range(len(graph.names))])
    formulas = {}
    for i, node in enumerate(graph.nodes):
        if node.primitive is None:
            formulas[i] = joined([]) if i != column else Formula("1", "1", "1")
        else:
            formulas[i] = joined([writer.term(i, k, "dot") for k, j in enumerate(node.operands) if varied[j]])
    rows = _rows(writer, v_dot, formulas)
    return TraceTable(
        name, "forward", wrt, rows, writer.name(graph.outputs[0]), float(graph.values[0]),
        {wrt: _number(v_dot[graph.outputs[0]])}, (), graph,
    )  # fmt: skip


def _reverse(graph: Graph, name: str) -> TraceTable:
    writer = Writer(graph)
    output = graph.outputs[0]
    v_bar: list[Any] = [None] * len(graph.nodes)
    seed = Formula("ȳ1", r"\bar{y}_{1}", "macron(y)_(1)")
    terms: dict[int, list[tuple[Formula, bool]]] = {output: [(seed, False)]}
    updates = [Update(writer.name(output), "y1", seed, 1.0, 1.0)]

    def note(j: int, i: int, k: int, contribution: Any) -> None:
        if contribution is None:
            return
        term = writer.term(i, k, "bar")
        earlier = terms.setdefault(j, [])
        number = writer.numbers[j]
        assert number is not None
        formula = joined([(letter(number, "bar"), False), term]) if earlier else term[0]
        earlier.append(term)
        updates.append(Update(writer.name(j), writer.name(i), formula, float(contribution), float(v_bar[j])))

    sweep(graph, [1.0], v_bar, note)
    rows = _rows(writer, v_bar, {i: joined(terms.get(i, [])) for i in range(len(graph.nodes))})
    derivative = {variable: _number(v_bar[j]) for j, variable in enumerate(graph.names)}
    return TraceTable(
        name,
        "reverse",
        None,
        rows,
        writer.name(output),
        float(graph.values[0]),
        derivative,
        tuple(updates),
        graph,
    )


def _rows(writer: Writer, derivatives: list[Any], formulas: dict[int, Formula]) -> tuple[Row, ...]:
    rows = []
    for i, node in enumerate(writer.graph.nodes):
        index = writer.numbers[i]
        if index is not None:
            operands = tuple(writer.name(j) for j in node.operands)
            operation = node.primitive.name if node.primitive else "input"
            rows.append(
                Row(writer.name(i), index, operation, operands, writer.primal(i), writer.numeric(i),
                    float(node.value), formulas[i], _number(derivatives[i]))
            )  # fmt: skip
    return tuple(rows)


def _number(derivative: Any) -> float:
    return 0.0 if derivative is None else float(derivative)
