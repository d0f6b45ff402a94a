"""A derivation as it is written on paper: line under line, the steps inside a rule indented."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from diffcompare.studies.derivation.tidy import NOTATIONS
from diffcompare.studies.lecture_notation import Formula

if TYPE_CHECKING:
    from diffcompare.studies.derivation import Step

EQUALS, COMMA = Formula(" = ", " = ", " = "), Formula(", ", r", \quad ", ", quad ")
ROW = 170  # characters of LaTeX that fit on a line, or nearly


class Line(NamedTuple):
    """One line of the derivation on paper: a left-hand side, a right-hand side, or both."""

    depth: int
    formula: Formula
    rule: str  # in words; empty where the rule was named above


def lines_of(step: Step, depth: int) -> Iterator[Line]:
    """The lines of a step at an indentation, those of the steps inside it one deeper."""
    left = _joined(step.operator, _grouped(step.formula))
    rule = f"{step.rule}, as above" if step.above else step.rule
    if step.standing is None:
        yield Line(depth, _joined(left, EQUALS, step.derivative), rule)
        return
    yield Line(depth, left, rule)
    where = [_joined(COMMA, Formula(*(n.variable(letter) for n in NOTATIONS)), EQUALS, u) for letter, u in step.inner]
    yield Line(depth, _joined(EQUALS, step.standing, *where), "")
    for one in step.steps:
        yield from lines_of(one, depth + 1)
    yield Line(depth, _joined(EQUALS, step.derivative), "")


def aligned(lines: Iterable[Line]) -> str:
    """The rows of an `align*` or `aligned` environment of amsmath; long sums take several rows."""
    rows = []
    for line in lines:
        first, *others = _rows(line.formula.latex)
        margin = "& " + r"\quad " * line.depth
        rows.append(margin + first + (rf" && \text{{{line.rule}}}" if line.rule else ""))
        rows += [rf"{margin}\qquad {{}}{text}" for text in others]
    return " \\\\\n".join(rows)


def _rows(latex: str) -> Iterator[str]:
    """A formula broken where it is too long, before a + or - that is inside nothing."""
    start = cut = depth = 0
    for match in re.finditer(r"\\left|\\right|[{}]| (?=[-+] )|$", latex):
        sign = match[0]
        depth += (sign in (r"\left", "{")) - (sign in (r"\right", "}"))
        if sign in (" ", "") and depth == 0:
            if match.start() - start > ROW and cut > start:
                yield latex[start:cut]
                start = cut + 1
            cut = match.start()
    yield latex[start:]


def _joined(*parts: Formula) -> Formula:
    return Formula(*("".join(texts).lstrip() for texts in zip(*parts, strict=True)))


def _grouped(formula: Formula) -> Formula:
    return Formula(*(n.group(text) for n, text in zip(NOTATIONS, formula, strict=True)))
