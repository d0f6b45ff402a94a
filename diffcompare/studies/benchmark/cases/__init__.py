"""The table of benchmarks: what is computed, by whom, and the ratios to reach."""

from __future__ import annotations

from diffcompare.studies.benchmark.case import Case
from diffcompare.studies.benchmark.cases import (
    arrays,
    jacobians,
    mixture,
    network,
    points,
    start,
    studies,
    tape,
)

CASES: dict[str, Case] = {
    **points.CASES, **arrays.CASES, **network.CASES, **tape.CASES, **jacobians.CASES, **mixture.CASES,
    **studies.CASES, **start.CASES,
}  # fmt: skip
