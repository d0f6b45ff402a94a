"""diffcompare cost: a gradient against the number of inputs, and how engines scale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import Sizes, engine_option, format_option, output_option
from diffcompare_cli.layout import Block, Table, number, presented, seconds
from diffcompare_cli.report import progress

AXES = {"n": "n inputs", "m": "m outputs", "l": "l operations"}

if TYPE_CHECKING:
    from diffcompare.studies.cost import Cost
    from diffcompare.studies.scaling import Growth, Scaling


@study_command("cost")
@click.argument("source", metavar="[FUNCTION]", default="rosenbrock")
@click.option("--sizes", type=Sizes(), metavar="N,N,...", help="[default: 1,10,100; with --scaling 10 to 1000000]")
@click.option("--scaling", is_flag=True, help="How time and memory grow with inputs, outputs and operations.")
@engine_option("reverse, forward, finite-forward, finite-central")
@format_option
@output_option("a figure, as .png, .pdf or .svg,")
def command(
    source: str, sizes: list[int] | None, scaling: bool, engines: tuple[str, ...], layout: str, output: Path | None
) -> str:
    """FUNCTION takes a vector of any length: a name of the catalogue (rosenbrock, speelpenning, helmholtz) or a Python
    function as path/to/file.py:name.  Evaluations are runs of the function, or passes over its graph.  With --scaling,
    each engine is measured until it takes seconds, some minutes in all, and powers are fitted to its largest sizes.

    \b
    Examples:
    diffcompare cost helmholtz --sizes 1,10,100
    diffcompare cost --scaling --output scaling.pdf
    """
    from diffcompare.studies.cost import cost

    given = {"sizes": sizes, "engines": engines}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value}
    if scaling:
        return scaled(source, chosen, layout, output)
    study = cost(source, **chosen)
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


def scaled(source: str, chosen: dict[str, Any], layout: str, output: Path | None) -> str:
    """The other study: how the engines scale."""
    from diffcompare.studies.scaling import scaling

    with progress() as tell:
        study = scaling(source, progress=tell, **chosen)
    if output:
        from diffcompare_reports.scaling_figure import draw_scaling
        from diffcompare_reports.style import save

        save(draw_scaling(study), output)
    return presented(study.to_dict(), growth_blocks(study), layout)


def growth_blocks(study: Scaling) -> Iterator[Block]:
    """A table for each axis: the fitted powers, with their standard errors, beside the lecture's."""
    from diffcompare.studies.scaling import FEWEST, claimed

    for axis, words in AXES.items():
        grown = {(growth.engine, growth.quantity): growth for growth in study.growths if growth.axis == axis}
        rows = []
        for engine in dict.fromkeys(row.engine for row in study.rows if row.axis == axis):
            powers = [power(grown.get((engine, name))) for name in ("evaluations", "runs", "peak_bytes")]
            largest = max(row.size for row in study.rows if (row.axis, row.engine) == (axis, engine))
            rows.append([engine, str(largest), number(claimed(engine, axis)), *powers])
        yield f"A function of {words}: {study.functions[axis]}"
        headings = ("engine", f"to {axis} =", "lecture", "evaluations", "time / f", "memory")
        yield Table(headings, rows, frozenset(range(1, 6)))
    yield (
        "Numbers are powers p of growth like n^p, m^p or l^p, fitted to the largest decade and a half, with their "
        "standard errors; time is in runs of the function, whose number the lecture gives."
    )
    measured = {(row.axis, row.engine) for row in study.rows}
    if measured - {(growth.axis, growth.engine) for growth in study.growths}:
        yield (
            f"A power is fitted through {FEWEST} sizes or more of the largest decade and a half; where there is none, "
            "fewer were measured. Give --sizes that lie closer together."
        )
    if study.left_out:
        yield [f"left out: {what}" for what in study.left_out]


def power(growth: Growth | None) -> str:
    """A fitted power with its standard error."""
    if growth is None:
        return ""
    return f"{growth.power.exponent:.2f} ± {growth.power.error:.2f}".replace("-0.00", "0.00")
