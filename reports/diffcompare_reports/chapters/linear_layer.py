"""The linear layer of the lecture: its Jacobians that nobody builds, and its two gradients, derived and verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompare_reports.chapters.subject import Subject
from diffcompare_reports.typst_numbers import byte_count, integer, mathematics

if TYPE_CHECKING:
    from diffcompare.studies.linear_layer import LinearLayer

MATRICES = {  # how each is written
    "X": "X", "W": "W", "Y": "Y", "dX": r"partial L \/ partial X", "dW": r"partial L \/ partial W",
    "dY_dX": r"partial Y \/ partial X", "dY_dW": r"partial Y \/ partial W",
}  # fmt: skip


def linear_layer(subject: Subject) -> dict[str, Any]:
    """The middle layer of the lecture's network, whatever the book's function is."""
    from diffcompare.studies.linear_layer import linear

    study = linear()
    memory = study.memory
    return {
        "batch": str(study.shapes["X"][0]), "inputs": str(study.shapes["W"][0]), "outputs": str(study.shapes["W"][1]),
        "shapes": [_shape(study, name) for name in MATRICES],
        "derivation": [{"what": step.what, "formula": step.formula.typst} for step in study.derivation],
        "checks": [
            *({"way": one.way, "differences": _sizes(one.difference)} for one in study.verifications),
            {"way": "the two sums of absolute differences in the network 784-512-512-10",
             "differences": _sizes(study.difference)},
        ],
        "backward": byte_count(memory.backward), "gradients": byte_count(sum(study.gradient_bytes.values())),
        "jacobians": byte_count(sum(memory.jacobians.values())), "small": byte_count(memory.small),
        "built": byte_count(memory.built), "times": integer(round(sum(memory.jacobians.values()) / memory.backward)),
    }  # fmt: skip


def _shape(study: LinearLayer, name: str) -> dict[str, Any]:
    rows, columns = study.shapes[name]
    weights = study.gradient_bytes | study.memory.jacobians
    return {
        "name": MATRICES[name], "shape": f"{rows} times {columns}", "entries": integer(rows * columns),
        "weight": byte_count(weights[name]) if name in weights else "", "built": name not in study.memory.jacobians,
    }  # fmt: skip


def _sizes(difference: dict[str, float]) -> list[str]:
    return [mathematics(difference[name], 2) for name in ("dX", "dW")]
