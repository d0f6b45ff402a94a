"""diffcompare modes: default, no-grad and inference mode side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import format_option, output_option
from diffcompare_cli.layout import Block, Cell, Table, byte_count, number, presented, seconds

if TYPE_CHECKING:
    from diffcompare.studies.grad_modes import GradModes


@study_command("modes")
@click.option(
    "--size", type=click.Choice(("small", "lecture")), default="small", show_default=True,
    help="A network of a few milliseconds, or the lecture's own (0.8 GB).",
)  # fmt: skip
@format_option
@output_option("a figure, as .png, .pdf or .svg,")
def command(size: str, layout: str, output: Path | None) -> str:
    """One forward pass of the lecture's Net3 in each grad mode of diffcompare.autograd, timed in turns, its peak memory
    measured; and the differences of the modes, each found by trying it.

    \b
    Example:
    diffcompare modes --size lecture --output modes.png
    """
    from diffcompare.studies.grad_modes import modes

    study = modes(size)
    if output:
        from diffcompare_reports.grad_modes_figure import draw_grad_modes
        from diffcompare_reports.style import save

        save(draw_grad_modes(study), output)
    return presented(study.to_dict(), blocks(study), layout)


def blocks(study: GradModes) -> Iterator[Block]:
    """The modes by what they cost and leave, and by what each does."""
    net = study.dimensions
    yield (
        f"Net3, {net.inputs}-{net.hidden}-{net.hidden}-{net.hidden}-1 with ReLU between, batch {net.batch}, float32: "
        f"one forward pass, the median of {study.turns} turns"
    )
    rows: list[list[Cell]] = [
        [
            row.mode,
            seconds(row.seconds),
            f"{number(row.ratio_to_default, 3)} x",
            byte_count(row.peak_bytes),
            f"{row.operations} operations" if row.recorded else "nothing",
            _answer(row.usable_later),
        ]
        for row in study.rows
    ]
    yield Table(("mode", "time", "of default", "peak memory", "recorded", "usable later"), rows, frozenset({1, 2, 3}))
    names = [row.mode for row in study.rows]
    yield Table(
        ("each tried", *names),
        [[one.what, *(_answer(name in one.modes) for name in names)] for one in study.differences],
    )
    yield f"Tried on the double of a parameter: {'; '.join(one.tried for one in study.differences)}."
    yield from (f"{row.mode}: {row.reason}" for row in study.rows if row.reason)


def _answer(holds: bool) -> str:
    return "yes" if holds else "no"
