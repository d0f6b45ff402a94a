"""diffcompare cost: a gradient against the number of inputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import Sizes, engine_option, format_option, output_option
from diffcompare_cli.layout import Block, Table, number, presented, seconds

if TYPE_CHECKING:
    from diffcompare.studies.cost import Cost


@study_command("cost")
@click.argument("source", metavar="[FUNCTION]", default="rosenbrock")
@click.option("--sizes", type=Sizes(), metavar="N,N,...", default="1,10,100", show_default=True)
@engine_option("reverse, forward, finite-forward, finite-central")
@format_option
@output_option("a figure, as .png, .pdf or .svg,")
def command(source: str, sizes: list[int], engines: tuple[str, ...], layout: str, output: Path | None) -> str:
    """FUNCTION takes a vector of any length: a name of the catalogue (rosenbrock, speelpenning, helmholtz) or a Python
    function as path/to/file.py:name.  Evaluations are runs of the function, or passes over its graph.

    \b
    Example:
    diffcompare cost helmholtz --sizes 1,10,100
    """
    from diffcompare.studies.cost import cost

    study = cost(source, sizes, engines) if engines else cost(source, sizes)
    if output:
        from diffcompare_reports.cost_figure import draw_cost
        from diffcompare_reports.style import save

        save(draw_cost(study), output)
    return presented(study.to_dict(), blocks(study), layout)


def blocks(study: Cost) -> Iterator[Block]:
    """A line for each engine and size."""
    headings = ("n", "engine", "evaluations", "operations", "of function", "time")
    rows = [
        [
            str(row.n),
            row.engine,
            str(row.evaluations),
            number(row.operations),
            ratio(row.ratio_to_function),
            seconds(row.seconds),
        ]
        for row in study.rows
    ]
    yield f"The gradient of {study.function}"
    yield Table(headings, rows, frozenset({0, 2, 3, 4, 5}))
    if study.left_out:
        yield [f"left out: {what}" for what in study.left_out]


def ratio(value: float | None) -> str:
    """How many times the function's own operations, to three digits or to the last whole one; empty if not counted.

    >>> ratio(2.2449), ratio(3100.0), ratio(None)
    ('2.24 x', '3100 x', '')
    """
    if value is None:
        return ""
    return f"{value:.0f} x" if value >= 1000 else f"{number(value, 3)} x"
