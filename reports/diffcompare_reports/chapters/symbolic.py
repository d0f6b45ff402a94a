"""Symbolic differentiation: the derivative rule by rule, and expression swell.

Holds two chapters, `derivation(subject)` and `swell(subject)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompare_reports.chapters.subject import Subject, shortened
from diffcompare_reports.typst_numbers import duration, integer

if TYPE_CHECKING:
    from diffcompare.studies.derivation.lines import Line

LONGEST_DERIVATION = 30  # lines
LONGEST_FORMULA = 200  # characters; a longer one is cut, and not set as mathematics
ITERATES = 4  # of the logistic map, written out as in the lecture


def derivation(subject: Subject) -> dict[str, Any]:
    """The derivative by the first variable, rule by rule; of a long derivation the beginning, and what it ends in."""
    from diffcompare.studies.derivation import steps

    study = steps(subject.first_output, at=subject.at)
    lines = study.lines()
    shown = lines if len(lines) <= LONGEST_DERIVATION else lines[:LONGEST_DERIVATION]
    return {
        "lines": [_line(line) for line in shown],
        "left": len(lines) - len(shown),
        "last": {"formula": lines[-1].formula.typst, "text": shortened(lines[-1].formula.text)},
        "notes": list(study.notes),
    }


def _line(line: Line) -> dict[str, Any]:
    text = line.formula.text
    formula = line.formula.typst if len(text) <= LONGEST_FORMULA else ""
    return {"depth": line.depth, "formula": formula, "text": shortened(text, LONGEST_FORMULA), "rule": line.rule}


def swell(subject: Subject) -> dict[str, Any]:
    """The logistic map's iterates and their derivatives: in writing, in numbers, and how the numbers grow."""
    from diffcompare.studies.swell import swell as study_swell
    from diffcompare_reports.swell_figure import draw_swell

    study = study_swell("logistic")
    subject.figures["swell"] = draw_swell(study)
    last = study.rows[-1]
    timed = [row for row in study.rows if row.symbolic and row.symbolic.evaluation_seconds][-1]
    return {
        "texts": [
            {"n": str(row.n), **{name: _terms(formula.typst) for name, formula in row.texts._asdict().items()}}
            for row in study.rows[:ITERATES]
            if row.texts
        ],
        "growth": {name: law.name if law else "unknown" for name, law in study.laws.items()},
        "last": {
            "n": str(last.n),
            "graph": integer(last.counts.derivative_graph),
            "tree": integer(last.counts.derivative_tree),
        },
        "timed": {
            "n": str(timed.n),
            "tree": duration(timed.symbolic and timed.symbolic.evaluation_seconds),
            "graph": duration(timed.automatic.evaluation_seconds),
        },
        "over_budget": study.over_budget,
    }  # fmt: skip


def _terms(typst: str) -> list[str]:
    """The terms of a sum, each with its sign: a line may end between them, and not inside their brackets.

    >>> _terms("4 thin (1 - x) - 4 thin x")
    ['4 thin (1 - x)', '- med 4 thin x']
    """
    terms, depth, start = [], 0, 0
    for place, character in enumerate(typst):
        depth += (character == "(") - (character == ")")
        if depth == 0 and typst[place : place + 3] in (" + ", " - "):
            terms.append(typst[start:place])
            start = place + 1
    terms.append(typst[start:])
    return [terms[0], *(f"{term[0]} med {term[2:]}" for term in terms[1:])]
