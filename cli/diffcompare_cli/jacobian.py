"""diffcompare jacobian: one pass at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import at_option, format_option, function_argument, function_at
from diffcompare_cli.layout import Block, Table, heading, number, presented

if TYPE_CHECKING:
    from diffcompare.expression.function import Function
    from diffcompare.studies.jacobian import JacobianPasses


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
    return presented(study.to_dict(), blocks(function, study), layout)


def blocks(function: Function, study: JacobianPasses) -> Iterator[Block]:
    """The passes with their seeds, then the matrix."""
    forward = study.mode == "forward"
    part, seeded = ("column", "tangents") if forward else ("row", "adjoints")
    passes = [
        [
            str(k),
            ", ".join(name for name, seed in one.seed.items() if seed),
            f"{part} {k}",
            ", ".join(number(entry, 6) for entry in one.entries),
        ]
        for k, one in enumerate(study.passes, 1)
    ]
    shape = f"{len(study.jacobian)} x {len(study.variables)}"
    yield [heading(function), f"{shape} Jacobian by {study.mode} mode in {len(passes)} passes"]
    yield Table(("pass", f"{seeded} seeded with 1", "gives", "entries"), passes, frozenset({0}))
    rows = [[f"y{i}", *map(number, row)] for i, row in enumerate(study.jacobian, 1)]
    yield Table(("Jacobian", *study.variables), rows, frozenset(range(1, len(study.variables) + 1)))
