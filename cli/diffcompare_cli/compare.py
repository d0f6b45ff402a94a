"""diffcompare compare: all engines at one point."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import at_option, engine_option, format_option, function_argument, function_at
from diffcompare_cli.layout import Block, Cell, Table, heading, number, partial_derivative, presented, seconds, written

if TYPE_CHECKING:
    from diffcompare.expression.function import Function
    from diffcompare.studies.agreement import Comparison

MOST = 8  # variables with a line each; of more, only the one with the largest error is shown


@study_command("compare")
@function_argument()
@at_option
@engine_option("six of them")
@format_option
def command(source: str, at: tuple[str, ...], engines: tuple[str, ...], layout: str) -> str:
    """The reference is computed in ball arithmetic, so its digits are proven; errors are against it.

    \b
    Example:
    diffcompare compare "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5
    """
    from diffcompare.studies.agreement import compare

    function, point = function_at(source, at)
    study = compare(function, point, engines) if engines else compare(function, point)
    return presented(study.to_dict(), blocks(function, study), layout)


def blocks(function: Function, study: Comparison) -> Iterator[Block]:
    """The reference, a line for each engine and variable, the costs, the notes and the verdict."""
    point = ", ".join(f"{name} = {written(value)}" for name, value in study.point.items())
    yield [heading(function, study.point), f"f = {number(study.value)}" + (f" at {point}" if point else "")]
    yield reference(study)
    yield errors(study)
    costs = [
        [row.engine, number(row.evaluations), number(row.operations), seconds(row.seconds)]
        for row in study.engines
        if row.available
    ]
    yield Table(("engine", "evaluations", "operations", "time"), costs, frozenset({1, 2, 3}))
    yield Table(("engine", "note"), [[row.engine, row.note] for row in study.engines if row.note], wrapped=1)
    yield study.verdict[1]


def reference(study: Comparison) -> Table:
    """The proven derivatives, and the condition number of each derivative's program."""
    from diffcompare.measure import Ball

    rows: list[list[Cell]] = []
    gradient = study.reference.gradient
    proven = [name for name, value in gradient.items() if isinstance(value, Ball)]
    for name in list(gradient if len(gradient) <= MOST or not proven else proven)[:MOST]:
        value = gradient[name]
        derivative = value.decimal(study.reference.digits) if isinstance(value, Ball) else value.kind
        rows.append([partial_derivative("f", name), derivative, number(study.condition[name], 3)])
    left_out = len(gradient) - len(rows)
    if left_out:
        rows.append([f"and {left_out} more", "", ""])
    return Table(("reference", f"{study.reference.digits} proven digits", "condition"), rows, frozenset({2}))


def errors(study: Comparison) -> Table:
    """Derivatives with their errors, a line for each engine and variable."""
    rows: list[list[Cell]] = []
    for row in study.engines:
        names = list(row.gradient)
        if len(names) > MOST:
            judged = [name for name in names if not math.isnan(row.measured[name].digits)]
            names = [min(judged or names, key=lambda name: row.measured[name].digits)]
        for k, name in enumerate(names):
            found = row.measured[name]
            measures = [number(found.error, 3), number(found.ulps, 3), f"{found.digits:.1f}"]
            rows.append(["" if k else row.engine, name, number(row.gradient[name]), *measures])
        if not row.available:
            rows.append([row.engine, "", "not available", "", "", ""])
    headings = ("engine", "by", "derivative", "error", "ulps", "digits")
    return Table(headings, rows, frozenset({2, 3, 4, 5}))
