"""Digits, evaluations and honesty of the adaptive derivative beside numdifftools and scipy.differentiate.

    python tests/benchmarks/finite_yardstick.py CORPUS_DIR

CORPUS_DIR holds NAME.csv (id, formula, ...) and NAME_reference.json (id -> points with gradients).
"""

from __future__ import annotations

import csv
import json
import math
import sys
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import diffcompare as dc
from diffcompare.engines.adaptive import adaptive


class Case(NamedTuple):
    f: Callable[[float], float]
    x: float
    truth: Fraction


class Answer(NamedTuple):
    value: float
    error: float


class Counted:
    """f on a number or an array of numbers, counting points."""

    def __init__(self, f: Callable[[float], float]) -> None:
        self.f = f
        self.points = 0

    def __call__(self, x: Any) -> Any:
        self.points += np.size(x)
        return self.f(float(x)) if np.ndim(x) == 0 else np.vectorize(self.f, otypes=[float])(x)


def ours(f: Counted, x: float) -> Answer:
    found = adaptive(f, x)
    return Answer(found.value, found.error)


def numdifftools(f: Counted, x: float) -> Answer:
    import numdifftools as nd

    found = nd.Derivative(f, full_output=True)(x)
    return Answer(float(found.estimate), float(found.error_estimate))


def scipy_differentiate(f: Counted, x: float) -> Answer:
    from scipy.differentiate import derivative

    found = derivative(f, x)
    return Answer(float(found.df) if found.success else math.nan, float(found.error))


METHODS = {"adaptive": ours, "numdifftools": numdifftools, "scipy.differentiate": scipy_differentiate}


def cases(corpus: Path) -> Iterator[Case]:
    """Every formula along every variable at every reference point."""
    for table in sorted(corpus.glob("*.csv")):
        reference = json.loads((corpus / f"{table.stem}_reference.json").read_text())
        for row in csv.DictReader(table.open()):
            function = dc.function(row["formula"])
            for entry in reference[row["id"]]:
                point = {name: float(value) for name, value in entry["point"].items()}
                for name, truth in entry["gradient"].items():

                    def along(
                        t: float, name: str = name, point: dict[str, float] = point, function: Any = function
                    ) -> float:
                        return float(function.evaluate({**point, name: t})[0])

                    yield Case(along, point[name], Fraction(truth))


def digits(value: float, truth: Fraction) -> float:
    miss = abs(Fraction(value) - truth)
    if not miss:
        return 16.0
    return min(16.0, max(0.0, -math.log10(miss / abs(truth) if truth else miss)))


def line(name: str, method: Callable[[Counted, float], Answer], bank: list[Case]) -> str:
    found, covered, points = [], 0, 0
    for case in bank:
        box = Counted(case.f)
        answer = method(box, case.x)
        points += box.points
        if math.isfinite(answer.value):
            found.append(digits(answer.value, case.truth))
            covered += answer.error == math.inf or abs(Fraction(answer.value) - case.truth) <= answer.error
    worst, low, median = np.percentile(found, [0, 5, 50])
    return (
        f"{name:<20} {median:7.2f} {low:7.2f} {worst:7.2f} {points / len(bank):12.1f}"
        f" {100 * covered / len(found):9.2f}% {len(bank) - len(found):11d}"
    )


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(str(__doc__))
    warnings.simplefilter("ignore")
    bank = list(cases(Path(sys.argv[1])))
    write = sys.stdout.write
    write(f"{len(bank)} partial derivatives; digits: median, exceeded by 95 %, least\n")
    write(f"{'':<20} {'median':>7} {'95 %':>7} {'least':>7} {'evaluations':>12} {'covered':>10} {'unanswered':>11}\n")
    for name, method in METHODS.items():
        with np.errstate(all="ignore"):
            write(line(name, method, bank) + "\n")


if __name__ == "__main__":
    main()
