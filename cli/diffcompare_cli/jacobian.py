"""diffcompare jacobian: one pass at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import at_option, format_option, function_argument, function_at
from diffcompare_cli.layout import Block, Table, heading, number, presented, shortened

if TYPE_CHECKING:
    from diffcompare.expression.function import Function
    from diffcompare.expression.point import Point
    from diffcompare.studies.jacobian import JacobianPasses

EXACT = 3  # columns of numbers with all their digits: more do not fit a terminal
COLUMNS, ENDS = 6, 3  # columns that are printed, columns at each end where there are more
LINES = 40  # rows that are printed


@study_command("jacobian")
@function_argument()
@at_option
@click.option("--mode", type=click.Choice(("forward", "reverse")), help="[default: the mode that needs fewer passes]")
@format_option
def command(source: str, at: tuple[str, ...], mode: str | None, layout: str) -> str:
    """Forward mode gives a column a pass, reverse mode a row a pass.

    \b
    Example:
    diffcompare jacobian "[r*cos(t), r*sin(t)]" --at r=2,t=0.5
    """
    from diffcompare.studies.jacobian import jacobian_passes

    function, point = function_at(source, at)
    study = jacobian_passes(function, point, mode)
    return presented(study.to_dict(), blocks(function, point, study), layout)


def blocks(function: Function, point: Point, study: JacobianPasses) -> Iterator[Block]:
    """The passes with their seeds, then the matrix."""
    forward = study.mode == "forward"
    part, seeded = ("column", "tangents") if forward else ("row", "adjoints")
    passes = [
        [
            str(k),
            ", ".join(name for name, seed in one.seed.items() if seed),
            f"{part} {k}",
            ", ".join(shortened([number(entry, 6) for entry in one.entries], _dots, EXACT, 1)),
        ]
        for k, one in enumerate(study.passes, 1)
    ]
    shape = f"{len(study.jacobian)} x {len(study.variables)}"
    yield [heading(function, point), f"{shape} Jacobian by {study.mode} mode in {len(passes)} passes"]
    yield Table(("pass", f"{seeded} seeded with 1", "gives", "entries"), _rows(passes, "passes"), frozenset({0}))
    digits = 17 if len(study.variables) <= EXACT else 4
    rows = [
        [f"y{i}", *shortened([number(entry, digits) for entry in row], _dots, COLUMNS, ENDS)]
        for i, row in enumerate(study.jacobian, 1)
    ]
    headings = ("Jacobian", *shortened(study.variables, _dots, COLUMNS, ENDS))
    yield Table(headings, _rows(rows, "rows"), frozenset(range(1, len(headings))))


def _dots(left_out: int) -> str:
    return "..."


def _rows(rows: list[list[str]], what: str) -> list[list[str]]:
    return shortened(rows, lambda left_out: [f"{left_out} {what} more", *[""] * (len(rows[0]) - 1)], LINES)
