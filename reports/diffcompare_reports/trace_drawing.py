"""The computational graph of a trace, with values and tangents or adjoints on its nodes; drawn, or as DOT text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diffcompare.errors import BudgetError
from diffcompare.studies.trace_table import Row, TraceTable, Update
from diffcompare_reports.graph_drawing import (
    FORWARD_TINT,
    INPUT_TINT,
    REVERSE_TINT,
    SIZE,
    SMALL,
    Arrow,
    Card,
    Line,
    card,
    dot_text,
    draw_graph,
    extent,
)
from diffcompare_reports.style import BLUE, DOTTED, INK, SOLID, VERMILLION, darker, drawn, mathematics, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 400  # rows; a larger drawing cannot be read
GAP = 0.38  # inches
NUMBERED = 24  # updates; beyond it the order of the sweep is left to the table


@drawn
def draw_trace(table: TraceTable) -> Figure:
    """The graph of a trace, with values and tangents (forward mode) or adjoints (reverse mode) on its nodes.

    Raises `BudgetError` for more than 400 rows.
    """
    if len(table.rows) > LARGEST:
        raise BudgetError(
            f"a drawing of {len(table.rows)} operations cannot be read; print the trace, draw a part of the "
            "function, or draw whole arrays with --arrays or dc.array_graph"
        )
    colour = darker(BLUE if table.mode == "forward" else VERMILLION)
    cards = {row.name: _card(row, table, colour) for row in table.rows}
    return draw_graph(cards, _arrows(table), _key(table), GAP, colour)


def dot(table: TraceTable) -> str:
    """The graph in Graphviz's DOT language, for other programs to draw.

    >>> import diffcompare as dc
    >>> print(dot(dc.trace("sin(x)", at={"x": 0})))
    digraph trace {
      rankdir=LR; node [shape=box];
      "v0" [label="v0 = x\\n0\\nadjoint 1"];
      "v1" [label="v1 = sin(v0)\\n0\\nadjoint 1", peripheries=2];
      "v0" -> "v1";
    }
    """
    kind = "tangent" if table.mode == "forward" else "adjoint"
    labels = {
        row.name: (f"{row.name} = {row.formula.text}", f"{row.value:.6g}", f"{kind} {row.derivative:.6g}")
        for row in table.rows
    }
    return dot_text("trace", labels, {table.output}, _arrows(table))


def _card(row: Row, table: TraceTable, colour: str) -> Card:
    """Formula, value, and in a strip the tangent or adjoint."""
    mark = r"\dot{v}" if table.mode == "forward" else r"\bar{v}"
    formula = mathematics(f"v_{{{row.index}}} = {row.formula.latex}", f"{row.name} = {row.formula.text}")
    lines = (
        Line(formula, INK, max(13.0, extent(formula, SIZE)[1] + 5)),
        Line(f"${number(row.value)}$", INK, 13.0),
        Line(f"${mark}_{{{row.index}}} = {number(row.derivative)}$", colour, 16.0),
    )
    return card(
        lines, fill=INPUT_TINT if row.operation == "input" else "white", heavy=row.name == table.output,
        strip=FORWARD_TINT if table.mode == "forward" else REVERSE_TINT,
    )  # fmt: skip


def _arrows(table: TraceTable) -> list[Arrow]:
    """One arrow an operand; in reverse mode labelled with what it carries back, and when."""
    rows = {row.name for row in table.rows}
    carried: dict[tuple[str, str], list[tuple[int, Update]]] = {}
    for step, update in enumerate(table.sweep):
        carried.setdefault((update.name, update.source), []).append((step, update))
    arrows = []
    for row in table.rows:
        for operand in row.operands:
            if operand in rows:
                waiting = carried.get((operand, row.name))
                label = _contribution(*waiting.pop(0), len(table.sweep)) if waiting else ""
                style = SOLID if label or not table.sweep else DOTTED
                arrows.append(Arrow(operand, row.name, label, extent(label, SMALL)[0] if label else 0.0, style))
    return arrows


def _contribution(step: int, update: Update, steps: int) -> str:
    value = number(update.contribution, 4)
    signed = f"{{-}}{value[1:]}" if value.startswith("-") else f"{{+}}{value}"
    return rf"$\mathbf{{{step}}}\!:\;{signed}$" if steps <= NUMBERED else f"${signed}$"


def _key(table: TraceTable) -> str:
    if table.mode == "forward":
        seed = next(row.index for row in table.rows if row.derivative_formula.text == "1" and row.operation == "input")
        seeded = rf"$\dot{{v}}_{{{seed}}} = 1$"
        return f"In each box: formula, value, tangent.  Seed {seeded}; values and tangents flow along the arrows."
    order = "order of the update and " if len(table.sweep) <= NUMBERED else ""
    return f"In each box: formula, value, adjoint.  On each arrow: {order}contribution carried back against it."
