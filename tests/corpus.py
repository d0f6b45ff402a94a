"""Formulas with certified references, kept beside the repository; tests that need them are skipped where it is not."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
FOLDER, LECTURE = SHARED / "corpus", SHARED / "lecture.txt"

needs_lecture = pytest.mark.skipif(not LECTURE.is_file(), reason="the lecture's text is not beside the repository")
needs_corpus = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the formulas with certified references are not beside the repository"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """One formula at one point: value and gradient to 30 digits, and what straightforward doubles lose there."""

    id: str
    formula: str
    point: dict[str, float]
    value: str
    gradient: dict[str, str]
    lost_in_doubles: float

    @property
    def tolerance(self) -> float:
        """The relative error that a gradient may have: 1e-12, or for formulas that cancel on purpose what they lose."""
        return 1e-12 if not self.id.startswith("fpbench") else max(1e-14, 10 * self.lost_in_doubles)


def references() -> list[Reference]:
    """Every reference point of both collections; empty where they are absent."""
    return [reference for name in ("feynman", "fpbench") for reference in _collection(name)] if FOLDER.is_dir() else []


def _collection(name: str) -> list[Reference]:
    points = json.loads((FOLDER / f"{name}_reference.json").read_text())
    with (FOLDER / f"{name}.csv").open(newline="") as file:
        formulas = {row["id"]: row["formula"] for row in csv.DictReader(file)}
    return [
        Reference(
            f"{name}/{identifier}",
            formulas[identifier],
            {variable: float(value) for variable, value in entry["point"].items()},
            entry["value"],
            entry["gradient"],
            entry["f64_relerr"]["gradient"],
        )
        for identifier, entries in points.items()
        for entry in entries
    ]
