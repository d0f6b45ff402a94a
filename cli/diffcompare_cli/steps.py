"""diffcompare steps: symbolic differentiation rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from diffcompare_cli.commands import study_command
from diffcompare_cli.inputs import at_option, format_option, function_argument, wrt_option
from diffcompare_cli.layout import COLUMNS, Block, page, presented
from diffcompare_cli.line_breaks import HANGING, broken

if TYPE_CHECKING:
    from diffcompare.studies.derivation import Derivation
    from diffcompare.studies.derivation.lines import Line

NARROWEST = 30  # columns left for a formula, however deep its step is


@study_command("steps")
@function_argument()
@wrt_option
@at_option
@format_option
def command(source: str, wrt: str | None, at: tuple[str, ...], layout: str) -> str:
    """Every rule, what it is applied to and what it gives; the steps inside a rule are indented under it.  A point is
    only needed for Python code whose formula depends on it: code that branches, or that takes a vector.

    \b
    Example:
    diffcompare steps "x^2*sin(x)"
    """
    from diffcompare.expression.catalog import CATALOG
    from diffcompare.expression.point import parse_point
    from diffcompare.expression.sources import load
    from diffcompare.studies.derivation import steps

    entry = CATALOG.get(source.strip())
    named = None if entry is None else entry.at
    study = steps(load(source), wrt, parse_point(at) if at else named)
    return latex(study) if layout == "latex" else presented(study.to_dict(), blocks(study, layout), layout)


def blocks(study: Derivation, layout: str) -> Iterator[Block]:
    """The derivation, then where its rules are conventions."""
    write = bulleted if layout == "markdown" else indented
    yield [text for line in study.lines() for text in write(line)]
    yield from study.notes


def indented(line: Line) -> Iterator[str]:
    """A line of the derivation in 80 columns, its rule at the right."""
    rule = f"  [{line.rule}]" if line.rule else ""
    margin = "  " * line.depth
    first, *others = broken(line.formula.text, max(NARROWEST, COLUMNS - len(margin) - len(rule)))
    yield f"{margin}{first}{rule.rjust(COLUMNS - len(margin) - len(first)) if rule else ''}"
    for text in others:
        yield f"{margin}{' ' * HANGING}{text}"


def bulleted(line: Line) -> Iterator[str]:
    """A line of the derivation as an entry of a nested list."""
    yield f"{'  ' * line.depth}- `{line.formula.text}`" + (f" ({line.rule})" if line.rule else "")


def latex(study: Derivation) -> str:
    """The derivation as an `align*` environment of amsmath."""
    rows = f"\\begin{{align*}}\n{study.latex()}\n\\end{{align*}}"
    return "\n\n".join([rows, page(study.notes, "latex")]).rstrip()
