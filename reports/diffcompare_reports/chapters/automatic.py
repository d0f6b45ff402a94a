"""Automatic differentiation: the lecture's traces in forward and reverse mode, and the Jacobian pass by pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from diffcompare.expression.catalog import CATALOG
from diffcompare.expression.function import Function
from diffcompare.expression.notation import TYPST
from diffcompare_reports.chapters.subject import Subject, ends, shortened
from diffcompare_reports.typst_numbers import mathematics

if TYPE_CHECKING:
    from diffcompare.studies.jacobian import JacobianPasses
    from diffcompare.studies.trace_table import TraceTable, Update

DRAWABLE = 34  # lines of a trace whose graph is still legible on a page
SMALL = 8  # lines of a trace whose graph stands in the text
LARGEST_MATRIX = 8
MINUS = "\N{MINUS SIGN}"


def forward(subject: Subject) -> dict[str, Any]:
    """The lecture's primal and tangent traces, and the graph with tangents."""
    from diffcompare.studies.trace_table import trace

    table = trace(subject.first_output, subject.at, "forward")
    rows, left = ends(table.rows)
    lines = [
        {
            "primal": f"v_({row.index}) = {row.formula.typst}",
            "numbers": f"= {row.numbers}".replace("-", MINUS) if row.numbers else "",
            "value": f"= {mathematics(row.value)}",
            "derivative": f"dot(v)_({row.index}) = {row.derivative_formula.typst}",
            "derivative_value": f"= {mathematics(row.derivative)}",
        }
        for row in rows
    ]
    ((wrt, derivative),) = table.derivative.items()
    return _drawing(subject, table) | {
        "rows": lines, "left": left, "inputs": len(subject.names),
        "wrt": TYPST.variable(wrt), "value": mathematics(table.value), "derivative": mathematics(derivative),
    }  # fmt: skip


def _drawing(subject: Subject, table: TraceTable) -> dict[str, Any]:
    """Draw the graph of a trace that is small enough, and say how large it is."""
    from diffcompare_reports.trace_drawing import draw_trace

    count = len(table.rows)
    if count <= DRAWABLE:
        subject.figures[f"{table.mode}_graph"] = draw_trace(table)
    return {"drawn": count <= DRAWABLE, "tall": count > SMALL, "count": count}


def reverse(subject: Subject) -> dict[str, Any]:
    """The adjoint trace in the order of its updates, and the graph with adjoints."""
    from diffcompare.studies.trace_table import trace

    table = trace(subject.first_output, subject.at, "reverse")
    index = {row.name: row.index for row in table.rows}
    lines: list[dict[str, str]] = []
    received: set[str] = set()
    for step, update in enumerate(table.sweep):
        adjoint = f"macron(v)_({index[update.name]})"
        earlier = f"{adjoint} + " if update.name in received else ""
        received.add(update.name)
        lines.append({
            "step": str(step) if step else "seed",
            "rule": f"{adjoint} = {earlier}{_chain(update, index)}",
            "update": f"= {update.formula.typst}" if step else "",
            "contribution": mathematics(update.contribution),
            "adjoint": mathematics(update.adjoint),
        })  # fmt: skip
    sweep, left = ends(lines)
    return _drawing(subject, table) | {"sweep": sweep, "left": left, "shared": _twice_used(table)}


def _chain(update: Update, index: Mapping[str, int]) -> str:
    """The chain rule of one update: the adjoint of the source times a partial derivative; the seed as it is."""
    if update.source not in index:
        return update.formula.typst
    source = index[update.source]
    return f"macron(v)_({source}) thin frac(partial v_({source}), partial v_({index[update.name]}))"


def _twice_used(table: TraceTable) -> list[dict[str, str]]:
    """The inputs whose adjoint is a sum of several contributions: its first value and its last."""
    received: dict[str, list[Update]] = {}
    for update in table.sweep:
        received.setdefault(update.name, []).append(update)
    found = []
    for row in table.rows:
        updates = received.get(row.name, [])
        if row.operation == "input" and len(updates) > 1:
            name, first, last = f"macron(v)_({row.index})", updates[0].adjoint, updates[-1].adjoint
            found.append({"name": name, "first": mathematics(first), "last": mathematics(last)})
    return found[:2]


def jacobians(subject: Subject) -> dict[str, Any]:
    """The Jacobian by columns and by rows; the lecture's function has one row, so a map of the plane goes beside it."""
    entry = CATALOG["polar"]
    studies = [(subject.function, subject.at)]
    if subject.classic:
        studies.append((entry.function(), entry.at))
    return {"studies": [_jacobian(source, at) for source, at in studies]}


def _jacobian(source: Function, at: Mapping[str, Any]) -> dict[str, Any]:
    from diffcompare.studies.jacobian import jacobian_passes

    by_columns, by_rows = (jacobian_passes(source, at, mode) for mode in ("forward", "reverse"))
    n, m = len(by_columns.variables), len(by_columns.jacobian)
    small = max(n, m) <= LARGEST_MATRIX
    return {
        "typst": source.typst(), "text": shortened(source.text()), "columns": n, "rows": m, "shortened": not small,
        "matrix": [[mathematics(entry) for entry in row] for row in by_rows.jacobian] if small else [],
        "passes": [*_passes(by_columns, "column", "dot(bold(x))"), *_passes(by_rows, "row", "macron(bold(y))")],
    }  # fmt: skip


def _passes(study: JacobianPasses, part: str, seeded: str) -> list[dict[str, Any]]:
    lines = []
    for k, one in enumerate(study.passes[:LARGEST_MATRIX], 1):
        by = study.variables[k - 1] if part == "column" else f"y{k}"
        lines.append({
            "mode": study.mode, "seed": f"{seeded} = bold(e)_({k})", "part": f"{part} {k}",
            "by": TYPST.variable(by), "shortened": len(one.entries) > LARGEST_MATRIX,
            "entries": [mathematics(entry) for entry in one.entries[:LARGEST_MATRIX]],
        })  # fmt: skip
    return lines
