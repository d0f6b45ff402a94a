"""Autograd: the DAG that running a network records, which tensors end up with a gradient, and what freezing does."""

from __future__ import annotations

from typing import Any

from diffcompare_reports.chapters.subject import Subject


def autograd(subject: Subject) -> dict[str, Any]:
    """A network of two layers like the lecture's, run forward and backward with its last layer learning and frozen."""
    from diffcompare.studies.kept_gradients import SIZES, kept_gradients
    from diffcompare_reports.diagram_drawing import draw_diagram

    study = kept_gradients()
    subject.figures["autograd_graph"] = draw_diagram(study.frozen.diagram)
    pairs = zip(study.learning.tensors, study.frozen.tensors, strict=True)
    learning, frozen = study.learning.diagram.boxes, study.frozen.diagram.boxes
    return {
        "sizes": "-".join(map(str, SIZES)), "again": f"{study.learning.again:g}",
        "nodes": sum(box.kind == "operation" for box in learning),
        "leaves": [box.title for box in learning if box.kind != "operation"],
        "greyed": [box.title for box in frozen if box.frozen],
        "rows": [
            {
                "name": one.name, "shape": " times ".join(map(str, one.shape)), "leaf": one.leaf,
                "grad_fn": one.grad_fn, "retained": one.retained, "grad": one.grad,
                "frozen_requires": other.requires_grad, "frozen_grad": other.grad,
            }
            for one, other in pairs
        ],
    }  # fmt: skip
