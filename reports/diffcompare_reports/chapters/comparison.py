"""Every engine measured against the certified reference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from diffcompare.expression.notation import TYPST
from diffcompare.measure import Ball
from diffcompare_reports.chapters.subject import SHOWN_VARIABLES, Subject, sentence
from diffcompare_reports.style import title_of
from diffcompare_reports.typst_numbers import duration, integer, mathematics, parted

if TYPE_CHECKING:
    from diffcompare.studies.agreement import Comparison, EngineRow

TABLES = 3  # variables with a table of their own


def comparison(subject: Subject) -> dict[str, Any]:
    """Every engine against the certified reference."""
    from diffcompare.studies.agreement import compare
    from diffcompare_reports.comparison_figure import draw_comparison

    study = compare(subject.first_output, subject.at, subject.engines)
    drawn = any(row.worst for row in study.engines)
    if drawn:
        subject.figures["comparison"] = draw_comparison(study)
    return {
        "reference_digits": study.reference.digits,
        "references": [{"label": _label(n), "value": _reference(study, n)} for n in subject.names[:SHOWN_VARIABLES]],
        "tables": [_table(study, name) for name in subject.names[:TABLES]],
        "more": max(len(subject.names) - TABLES, 0),
        "drawn": drawn,
        "verdict": sentence(study.verdict[1]),
        "engines": [_engine(row) for row in study.engines],
    }


def _engine(row: EngineRow) -> dict[str, str]:
    return {
        "title": title_of(row.engine),
        "worst": f"{row.worst.digits:.1f}" if row.worst else "\N{EM DASH}",
        "evaluations": "" if row.evaluations is None else integer(row.evaluations),
        "operations": "" if row.operations is None else integer(row.operations),
        "time": duration(row.seconds),
        "note": row.note,
    }


def _table(study: Comparison, name: str) -> dict[str, Any]:
    """One partial derivative by every engine, its wrong digits parted from the right ones."""
    certified, condition = isinstance(study.reference.gradient[name], Ball), study.condition[name]
    rows = []
    for row in study.engines:
        digits = row.measured[name].digits if row.available else math.nan
        rows.append({
            "title": title_of(row.engine),
            "value": parted(row.gradient.get(name), digits),
            "digits": "" if math.isnan(digits) else f"{digits:.1f}",
        })  # fmt: skip
    return {
        "label": _label(name),
        "rows": rows,
        "reference": _reference(study, name),
        "certified": certified,
        "condition": mathematics(condition, 3) if certified and condition is not None else "",
    }


def _label(name: str) -> str:
    return f"partial f \\/ partial {TYPST.variable(name)}"


def _reference(study: Comparison, name: str) -> str:
    truth = study.reference.gradient[name]
    return truth.decimal(study.reference.digits) if isinstance(truth, Ball) else f"none: {truth.kind}"
