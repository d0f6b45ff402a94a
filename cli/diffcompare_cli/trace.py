"""diffcompare trace: the lecture's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

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

    from diffcompare.expression.function import Function
    from diffcompare.expression.point import Point
    from diffcompare.studies.trace_table import TraceTable

DIGITS = 5  # significant: the lecture's trace then fits 80 columns


@study_command("trace")
@function_argument()
@at_option
@click.option("--mode", type=click.Choice(("forward", "reverse")), default="reverse", show_default=True)
@wrt_option
@click.option("--arrays", is_flag=True, help="Show whole arrays and their shapes, not entries; no derivatives.")
@format_option
@output_option("the computational graph, as .png, .pdf or .svg, or as .dot text for Graphviz,", ".dot")
@click.pass_context
def command(
    context: click.Context, source: str, at: tuple[str, ...], mode: str, wrt: str | None, arrays: bool, layout: str,
    output: Path | None,
) -> str:  # fmt: skip
    """Every intermediate variable v_i with its value; in forward mode beside its tangent, the derivative of v_i by one
    variable (--wrt), in reverse mode followed by the adjoints, the derivatives of the result by v_i, in the order in
    which they are updated.

    \b
    Example:
    diffcompare trace "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5 --mode forward
    """
    from diffcompare.studies.trace_table import trace

    function, point = function_at(source, at)
    if arrays:
        for option in ("mode", "wrt"):
            if context.get_parameter_source(option) is not click.core.ParameterSource.DEFAULT:
                raise click.UsageError(f"--arrays shows no derivatives; leave out --{option} or --arrays", context)
        return by_arrays(function, point, layout, output)
    table = trace(function, point, mode, wrt)
    if output:
        from diffcompare_reports.trace_drawing import dot, draw_trace

        write_graph(table, output, draw_trace, dot)
    return presented(table.to_dict(), [heading(function, point), *blocks(table)], layout)


def by_arrays(function: Function, point: Point, layout: str, output: Path | None) -> str:
    """The operations on whole arrays with their shapes, and the drawing of their graph."""
    from diffcompare.studies.graphs.array_graph import array_graph

    graph = array_graph(function, point)
    if output:
        from diffcompare_reports.diagram_drawing import dot, draw_diagram

        write_graph(graph, output, draw_diagram, dot)
    rows: list[list[Cell]] = [
        [Formula(box.title, box.latex), " x ".join(map(str, box.shape)) or "a number"] for box in graph.boxes
    ]
    table = Table(("Trace of whole arrays", "shape"), shortened(rows, lambda left: [f"... {left} more", ""]))
    return presented(graph.to_dict(), [heading(function, point), table], layout)


def write_graph(graph: Any, path: Path, draw: Callable[[Any], Any], dot: Callable[[Any], str]) -> None:
    """Draw the computational graph, or write it as text."""
    from diffcompare_reports.files import write_whole
    from diffcompare_reports.style import save

    if path.suffix.lower() == ".dot":
        write_whole(path, dot(graph).encode())
    else:
        save(draw(graph), path)


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
