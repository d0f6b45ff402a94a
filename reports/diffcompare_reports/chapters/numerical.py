"""Numerical differentiation: the error against the step, the best step and the predicted one."""

from __future__ import annotations

from typing import Any

from diffcompare.errors import DiffCompareError
from diffcompare.expression.catalog import CATALOG
from diffcompare.expression.notation import TYPST
from diffcompare.expression.point import point_inputs
from diffcompare.measure import Ball
from diffcompare_reports.chapters.subject import Subject, sentence, shortened
from diffcompare_reports.style import ENGINES
from diffcompare_reports.typst_numbers import mathematics

LESSONS = ("forward", "central")  # schemes whose best step the text names


def numerical(subject: Subject) -> dict[str, Any]:
    """The error of every scheme against its step: the classic picture, or the function's by its first variable.

    Raises `DiffCompareError` where no derivative is certified that errors could be measured against.
    """
    from diffcompare.studies.step_size import sweep
    from diffcompare_reports.step_size_figure import draw_sweep

    entry = CATALOG["logistic"]
    source, at = (entry.function(), entry.at) if subject.classic else (subject.first_output, subject.at)
    study = sweep(source, at)
    if not isinstance(study.derivative, Ball):
        raise DiffCompareError(f"no derivative is certified that errors could be measured against; {study.note}")
    subject.figures["step_size"] = draw_sweep(study)
    data = study.to_dict()
    rows = {scheme["scheme"]: _scheme(scheme) for scheme in data["schemes"]}
    variable = TYPST.variable(study.variable)
    notes = [f"{ENGINES[_engine(scheme['scheme'])]}: {scheme['note']}" for scheme in data["schemes"] if scheme["note"]]
    return {
        "classic": subject.classic, "typst": source.typst(), "text": shortened(source.text()),
        "variable": variable, "point": f"{variable} = {mathematics(point_inputs(at)[0])}",
        "derivative": mathematics(study.derivative, 8), "schemes": list(rows.values()),
        "lessons": [rows[name] for name in LESSONS if name in rows and rows[name]["found"]],
        "flat": bool(data["lines"]), "notes": [sentence(note) for note in (study.note, *notes) if note],
    }  # fmt: skip


def _engine(scheme: str) -> str:
    return scheme if scheme in ENGINES and scheme != "forward" else f"finite-{scheme}"


def _scheme(scheme: dict[str, Any]) -> dict[str, Any]:
    steps = [scheme[kind] or {"h": None, "error": None} for kind in ("best", "predicted", "default")]
    best = steps[0]
    return {
        "title": ENGINES[_engine(scheme["scheme"])], "found": best["h"] is not None,
        "best_h": _size(best["h"]), "best_error": _size(best["error"]),
        "slopes": [f"{slope:.2f}" for slope in scheme["slopes"].values() if slope is not None],
        "steps": [_size(step[part]) for step in steps for part in ("h", "error")],
    }  # fmt: skip


def _size(value: Any) -> str:
    return mathematics(None if value is None else abs(float(value)), 2)
