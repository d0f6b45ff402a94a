"""The grad modes: what recording costs, and what each mode does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompare_reports.chapters.subject import Subject, sentence
from diffcompare_reports.typst_numbers import byte_count, duration

if TYPE_CHECKING:
    from diffcompare.studies.grad_modes import GradModes, ModeRow

USES = {  # what the mode is for
    "default": "training",
    "no-grad": "updates of parameters",
    "inference": "evaluation",
}


def grad_modes(subject: Subject) -> dict[str, Any]:
    """The modes on Net3 made small, whatever the book's function is: at the lecture's size it would fill 0.8 GB."""
    from diffcompare.studies.grad_modes import modes
    from diffcompare_reports.grad_modes_figure import draw_grad_modes

    study = modes("small")
    subject.figures["grad_modes"] = draw_grad_modes(study)
    net = study.dimensions
    return {
        "net": "-".join(map(str, (net.inputs, *(net.hidden,) * 3, 1))), "batch": str(net.batch),
        "turns": str(study.turns), "layer": byte_count(study.layer_bytes),
        "rows": [_row(study, row) for row in study.rows],
        "properties": [one.what for one in study.differences],
        "tried": [one.tried for one in study.differences],
        "does": [
            {"mode": row.mode, "answers": [row.mode in one.modes for one in study.differences], "use": USES[row.mode]}
            for row in study.rows
        ],
        "reasons": [{"mode": row.mode, "why": sentence(row.reason)} for row in study.rows if row.reason],
    }  # fmt: skip


def _row(study: GradModes, row: ModeRow) -> dict[str, Any]:
    return {
        "mode": row.mode, "time": duration(row.seconds), "ratio": f"{row.ratio_to_default:.3g}",
        "peak": byte_count(row.peak_bytes), "layers": f"{row.peak_bytes / study.layer_bytes:.1f}",
        "operations": row.operations, "usable": row.usable_later,
    }  # fmt: skip
