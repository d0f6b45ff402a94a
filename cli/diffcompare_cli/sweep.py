"""diffcompare sweep: the error of finite differences against the step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import (
    Steps,
    at_option,
    engine_option,
    format_option,
    function_argument,
    function_at,
    output_option,
    wrt_option,
)
from diffcompare_cli.layout import Block, Table, heading, number, partial_derivative, presented, written

if TYPE_CHECKING:
    from diffcompare.engines.step import Step
    from diffcompare.expression.function import Function
    from diffcompare.studies.step_size import Sweep


@study_command("sweep")
@function_argument()
@at_option
@wrt_option
@click.option(
    "--scheme",
    "schemes",
    metavar="NAME",
    multiple=True,
    help="forward, backward, central, central4, central6, central8 or complex-step; may be given again. "
    "[default: forward, central, central4, complex-step]",
)
@click.option(
    "--steps",
    type=Steps(),
    metavar="LOW:HIGH:COUNT",
    help="Steps h, evenly spaced on a log axis. [default: 1000 from the unit roundoff to 0.1, on the scale of x]",
)
@click.option(
    "--dtype",
    metavar="TYPE",
    default="float64",
    show_default=True,
    help="float64, float32, float16 or longdouble: what every operation is rounded to.",
)
@engine_option("forward, reverse, symbolic")
@format_option
@output_option("a figure, as .png, .pdf or .svg,")
def command(
    source: str,
    at: tuple[str, ...],
    wrt: str | None,
    schemes: tuple[str, ...],
    steps: tuple[float, float, int] | None,
    dtype: str,
    engines: tuple[str, ...],
    layout: str,
    output: Path | None,
) -> str:
    """The error is split exactly: truncation is that of the difference in exact arithmetic at the same h, rounding is
    what floating-point arithmetic adds.  The best step is where the typical error is least; the predicted one follows
    from f and its derivatives at the point; the textbook's is eps^(1/(p + 1)) on the scale of x for a difference of
    order p, and 1e-100 for the complex step.

    \b
    Example:
    diffcompare sweep logistic --scheme forward --scheme central --output sweep.png
    """
    from diffcompare.studies.step_size import sweep
    from diffcompare.studies.step_size.flat_line import LINES

    function, point = function_at(source, at)
    study = sweep(function, point, wrt, schemes or None, steps, dtype, engines or LINES)
    if output:
        from diffcompare_reports.step_size_figure import draw_sweep
        from diffcompare_reports.style import save

        save(draw_sweep(study), output)
    return presented(study.to_dict(), blocks(function, study), layout)


def blocks(function: Function, study: Sweep) -> Iterator[Block]:
    """The derivative, the steps and errors of each scheme, the slopes, and the engines that have no step."""
    point = ", ".join(f"{name} = {written(value)}" for name, value in study.point.items())
    derivative = partial_derivative("f", study.variable)
    yield [heading(function), f"at {point}, in {study.dtype}"]
    yield Table(("derivative", "proven digits"), [[derivative, study.to_dict()["derivative"]]])
    rows = [
        [row.scheme, *(cell for step in (row.best, row.predicted, row.default) for cell in cells(step))]
        for row in study.schemes
    ]
    headings = ("scheme", "best h", "error", "predicted h", "error", "textbook h", "error")
    yield Table(headings, rows, frozenset(range(1, 7)))
    rows = [
        [row.scheme, str(row.order), *(number(row.slopes[part], 4) for part in ("truncation", "rounding"))]
        for row in study.schemes
    ]
    yield Table(("scheme", "order", "truncation like h^", "rounding like h^"), rows, frozenset({1, 2, 3}))
    yield Table(
        ("engine without h", "error"), [[line.engine, number(line.error, 3)] for line in study.lines], frozenset({1})
    )
    notes = [(row.scheme, row.note) for row in study.schemes] + [(line.engine, line.note) for line in study.lines]
    yield Table(("", "note"), [(name, note) for name, note in notes if note], wrapped=1)
    yield study.note


def cells(step: Step | None) -> tuple[str, str]:
    """A step and its error to two digits; nothing where there is none."""
    return ("", "") if step is None else (number(step.h, 2), number(step.error, 2))
