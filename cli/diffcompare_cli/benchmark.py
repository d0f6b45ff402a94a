"""diffcompare benchmark: our speed beside hand-written code and other libraries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from diffcompare_cli.commands import Unfinished, study_command
from diffcompare_cli.inputs import format_option, output_option
from diffcompare_cli.layout import Block, Table, number, presented
from diffcompare_cli.report import progress

if TYPE_CHECKING:
    from diffcompare.studies.benchmark import Benchmark, BenchmarkRow


class CaseName(click.ParamType[str]):
    """The name of a case."""

    name = "case"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from diffcompare.studies.benchmark import case_named

        case_named(value)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from diffcompare.studies.benchmark.cases import CASES

        return [CompletionItem(name, help=case.title) for name, case in CASES.items() if name.startswith(incomplete)]


@study_command("benchmark")
@click.argument("cases", metavar="[CASE]...", nargs=-1, type=CaseName())
@format_option
@output_option("a figure, as .png, .pdf or .svg,")
def command(cases: tuple[str, ...], layout: str, output: Path | None) -> str:
    """A ratio is the time of ours in units of the other's: below 1, ours is faster.  The two take turns in one run; the
    ratio is the median of the turns, and half of them lie between the quartiles beside it.  Before that they have to
    agree on the numbers.  All cases take some minutes; Ctrl-C ends with those that are done.

    \b
    Example:
    diffcompare benchmark lecture rosenbrock
    """
    from diffcompare.studies.benchmark import benchmark

    with progress() as tell:
        study = benchmark(cases, progress=tell)
    if output:
        from diffcompare_reports.benchmark_figure import draw_benchmark
        from diffcompare_reports.style import save

        save(draw_benchmark(study), output)
    shown = presented(study.to_dict(), blocks(study), layout)
    return Unfinished(shown) if study.left_out else shown


def blocks(study: Benchmark) -> Iterator[Block]:
    """A table for each case, and the machine."""
    from diffcompare.studies.benchmark.cases import CASES

    for case in dict.fromkeys(row.case for row in study.rows):
        yield f"{case}: {CASES[case].title}"
        rows = [row for row in study.rows if row.case == case]
        headings = ("ours", "against", "ratio", "quartiles", "at most", "")
        yield Table(headings, [_cells(row) for row in rows], frozenset({2, 3, 4}))
        yield from dict.fromkeys(row.note for row in rows if row.note)
    if study.left_out:
        yield f"interrupted before the end of {', '.join(study.left_out)}"
    facts = study.machine
    libraries = ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    yield f"{facts['cpu']}, {facts['cores']} cores, {facts['system']}, Python {facts['python']}, {libraries}"


def _cells(row: BenchmarkRow) -> list[str]:
    target = number(row.target, 3)
    if row.ratio is None:
        return [row.subject, row.against, "", "", target, "not measured"]
    spread = f"{number(row.low, 3)} - {number(row.high, 3)}"
    return [row.subject, row.against, number(row.ratio, 3), spread, target, "met" if row.met else "missed"]
