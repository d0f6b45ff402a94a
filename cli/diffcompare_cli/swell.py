"""diffcompare swell: expression swell on a recurrence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import format_option, output_option
from diffcompare_cli.layout import COLUMNS, Block, Cell, Formula, Table, equation, presented, seconds
from diffcompare_cli.line_breaks import broken

if TYPE_CHECKING:
    from diffcompare.studies.swell import Row, Swell

WRITTEN = 4  # iterates shown as formulas, as in the lecture
LINES = 15  # of a table; of more iterates the first ones and some of the others are shown


@study_command("swell")
@click.argument("source", metavar="[NAME or RECURRENCE]", default="logistic")
@click.option("--iterations", metavar="N", type=int, default=12, show_default=True, help="The largest n.")
@format_option
@output_option("a figure, as .png, .pdf or .svg,")
def command(source: str, iterations: int, layout: str, output: Path | None) -> str:
    """RECURRENCE is a formula for the next l in l, the value before, and x, as in "sin(x + l)"; l starts at x, and
    other letters are parameters.  NAME is logistic (4*l*(1 - l)), sine, heron or horner.  Operations are counted
    exactly at every n, in the tree written out and in the shared graph; what SymPy has to build ends at a budget.

    \b
    Example:
    diffcompare swell "a*l*(1 - l)" --iterations 1000 --output swell.png
    """
    from diffcompare.studies.swell import swell

    study = swell(source, iterations)
    if output:
        from diffcompare_reports.style import save
        from diffcompare_reports.swell_figure import draw_swell

        save(draw_swell(study), output)
    return presented(study.to_dict(), blocks(study, layout), layout)


def blocks(study: Swell, layout: str) -> Iterator[Block]:
    """The recurrence, the first iterates in writing, operations, times, growth laws and what they teach."""
    yield [equation(Formula("l(n+1)", "l_{n+1}"), study.recurrence), Formula("l1 = x", "l_{1} = x")]
    yield list(broken_iterates(study.rows[:WRITTEN])) if layout == "table" else iterates(study.rows[:WRITTEN])
    rows = thinned(study.rows)
    yield operations(rows)
    yield times(rows)
    if any(study.laws.values()):
        yield laws(study)
    if study.over_budget:
        yield f"{study.over_budget}; the exact counts go on."
    yield study.lesson


def iterates(rows: Sequence[Row]) -> Table:
    """The lecture's table: l_n, its derivative, and that simplified."""
    headings = ("n", Formula("l", "l_{n}"), Formula("dl/dx", r"\frac{d l_{n}}{d x}"), "simplified")
    return Table(headings, [[str(row.n), *row.texts] for row in rows if row.texts is not None])


def broken_iterates(rows: Sequence[Row]) -> Iterator[str]:
    """The same for a terminal: a formula a line, long ones broken where few brackets are open."""
    for row in rows:
        for name, formula in zip((f"l{row.n}", f"dl{row.n}/dx", ""), row.texts or (), strict=False):
            margin = f"{name:>6} = "
            yield margin + f"\n{' ' * len(margin)}".join(broken(formula.text, COLUMNS - len(margin)))


def operations(rows: Sequence[Row]) -> Table:
    """What l_n and its derivative count; SymPy's tree is counted in nodes."""
    from diffcompare.studies.swell import approximately

    headings = ("n", "l: tree", "graph", "dl/dx: tree", "graph", "adjoint", "SymPy tree", "cse")
    lines = [
        [str(row.n), *map(approximately, row.counts)]
        + ([str(row.symbolic.tree_nodes), str(row.symbolic.cse_operations)] if row.symbolic else ["", ""])
        for row in rows
    ]
    return Table(headings, lines, frozenset(range(len(headings))))


def times(rows: Sequence[Row]) -> Table:
    """Seconds to differentiate and to evaluate once, by SymPy's tree and by the shared graph."""
    headings = ("n", "differentiate: SymPy", "graph", "evaluate: tree", "graph")
    lines = [
        [
            str(row.n),
            seconds(row.symbolic and row.symbolic.seconds),
            seconds(row.automatic.seconds),
            seconds(row.symbolic and row.symbolic.evaluation_seconds),
            seconds(row.automatic.evaluation_seconds),
        ]
        for row in rows
    ]
    return Table(headings, lines, frozenset(range(len(headings))))


def laws(study: Swell) -> Table:
    """How each representation of the derivative grows."""
    from diffcompare.studies.swell import REPRESENTATIONS

    lines: list[list[Cell]] = []
    for name, law in study.laws.items():
        words = REPRESENTATIONS[name][0]
        if law is None:
            lines.append([words, "too few to tell", "", ""])
        elif law.exact:
            lines.append([words, law.name, law.formula, str(law.start)])
        else:
            fit = Formula(f"about {law.formula.text}", rf"\approx {law.formula.latex}")
            lines.append([words, law.name, fit, str(law.start)])
    return Table(("derivative as", "growth", "operations", "from n"), lines, frozenset({3}))


def thinned(rows: Sequence[Row]) -> Sequence[Row]:
    """All rows, or of many the first ones, 10, 20, 50, 100, ... and the last."""
    if len(rows) <= LINES:
        return rows
    return [row for row in rows if row.n <= 9 or row.n == len(rows) or str(row.n).rstrip("0") in ("1", "2", "5")]
