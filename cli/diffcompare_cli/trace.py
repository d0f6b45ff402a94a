"""diffcompare trace: the lecture's tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import at_option, format_option, function_argument, function_at, output_option, wrt_option
from diffcompare_cli.layout import (
    Block,
    Cell,
    Formula,
    Table,
    equation,
    heading,
    number,
    partial_derivative,
    presented,
    shortened,
)

if TYPE_CHECKING:
    from pathlib import Path

    from diffcompare.studies.trace_table import TraceTable

DIGITS = 5  # significant: the lecture's trace then fits 80 columns


@study_command("trace")
@function_argument()
@at_option
@click.option("--mode", type=click.Choice(("forward", "reverse")), default="reverse", show_default=True)
@wrt_option
@format_option
@output_option("the computational graph, as .png, .pdf or .svg, or as .dot text for Graphviz,", ".dot")
def command(source: str, at: tuple[str, ...], mode: str, wrt: str | None, layout: str, output: Path | None) -> str:
    """Every intermediate variable v_i with its value; in forward mode beside its tangent, the derivative of v_i by one
    variable (--wrt), in reverse mode followed by the adjoints, the derivatives of the result by v_i, in the order in
    which they are updated.

    \b
    Example:
    diffcompare trace "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5 --mode forward
    """
    from diffcompare.studies.trace_table import trace

    function, point = function_at(source, at)
    table = trace(function, point, mode, wrt)
    if output:
        write_graph(table, output)
    return presented(table.to_dict(), [heading(function, point), *blocks(table)], layout)


def write_graph(table: TraceTable, path: Path) -> None:
    """Draw the computational graph, or write it as text."""
    from diffcompare_reports.files import write_whole
    from diffcompare_reports.graph_drawing import dot, draw_trace
    from diffcompare_reports.style import save

    if path.suffix.lower() == ".dot":
        write_whole(path, dot(table).encode())
    else:
        save(draw_trace(table), path)


def blocks(table: TraceTable) -> Iterator[Block]:
    """The trace in the lecture's notation."""
    from diffcompare.studies.lecture_notation import letter

    forward = table.mode == "forward"
    headings = ["Primal trace", "", "value"]
    if forward:
        headings += [f"Tangent trace, by {table.wrt}", "tangent"]
    lines: list[list[Cell]] = []
    for row in table.rows:
        numbers = f"= {row.numbers}" if row.numbers else ""
        cells: list[Cell] = [equation(letter(row.index), row.formula), numbers, number(row.value, DIGITS)]
        if forward:
            tangent = equation(letter(row.index, "dot"), row.derivative_formula)
            cells += [tangent, number(row.derivative, DIGITS)]
        lines.append(cells)
    inputs = sum(row.operation == "input" for row in table.rows)
    rows = [*_shortened(lines[:inputs], "inputs"), *_shortened(lines[inputs:], "operations")]
    yield Table(headings, rows, frozenset({2, 4} if forward else {2}))
    if not forward:
        yield adjoint_trace(table)
    result = equation(Formula("y1", "y_{1}"), _letter_of(table, table.output, ""), number(table.value))
    derivatives: list[Cell] = [
        equation(partial_derivative("y1", name), number(value)) for name, value in table.derivative.items()
    ]
    yield [result, *shortened(derivatives, lambda left_out: f"... {left_out} more")]


def adjoint_trace(table: TraceTable) -> Table:
    """The updates of the adjoints in the order in which they happen."""
    rows: list[list[Cell]] = [
        [
            equation(_letter_of(table, update.name, "bar"), update.formula),
            f"from {update.source}",
            number(update.contribution, DIGITS),
            number(update.adjoint, DIGITS),
        ]
        for update in table.sweep
    ]
    headings = ("Adjoint trace, in order", "", "contribution", "adjoint")
    return Table(headings, _shortened(rows, "updates"), frozenset({2, 3}))


def _shortened(rows: list[list[Cell]], what: str) -> list[list[Cell]]:
    return shortened(rows, lambda left_out: [f"... {left_out} more {what}", *[""] * (len(rows[0]) - 1)])


def _letter_of(table: TraceTable, name: str, mark: str) -> Formula:
    from diffcompare.studies.lecture_notation import letter

    if not name.startswith("v"):  # the output is an input or a constant
        return Formula(name, name)
    written = letter(int(name[1:]), mark)
    return Formula(written.text, written.latex)
