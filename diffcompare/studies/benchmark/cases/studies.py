"""Our own studies: an error sweep beside the same in mpmath, and counts of trees beside SymPy, which builds them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

import diffcompare as dc
from diffcompare.engines.stencil import SCHEMES
from diffcompare.studies.benchmark.case import Case, Claim, Run, Way

X, STEPS = 0.2, (1e-16, 1e-1, 1000)
DIGITS = 60  # of mpmath
ITERATES, BUILT = 1000, 14


def logistic(x: Any) -> Any:
    """l_4 of the logistic map, as the lecture writes it."""
    return 64 * x * (1 - x) * (1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x**2) ** 2


def error_sweep() -> Mapping[str, Way]:
    """The error of six schemes at 1000 steps, split into truncation and rounding."""

    def ours() -> Any:
        study = dc.sweep(logistic, at={"x": X}, schemes=list(SCHEMES), steps=STEPS)
        return [scheme.parts.error for scheme in study.schemes]

    def theirs() -> Run:
        import mpmath

        return partial(by_mpmath, mpmath)

    return {"mpmath, 60 digits": Way(theirs, ("error",)), "the sweep": Way(lambda: ours, ("error",))}


def by_mpmath(mpmath: Any) -> list[list[float]]:
    """Error, truncation and rounding without proof; at small steps of high orders, truncation without digits."""
    h = np.geomspace(*STEPS)
    offsets = sorted({int(offset) for scheme in SCHEMES.values() for offset in scheme.offsets})
    values = {offset: logistic(X + offset * h) for offset in offsets}
    found = [scheme.estimate([values[int(o)] for o in scheme.offsets], h).tolist() for scheme in SCHEMES.values()]
    errors: list[list[float]] = [[] for _ in SCHEMES]
    with mpmath.workdps(DIGITS):
        weights = [[mpmath.mpf(w.numerator) / w.denominator for w in scheme.weights] for scheme in SCHEMES.values()]
        x = mpmath.mpf(X)
        slope = mpmath.diff(logistic, x)
        for i, step in enumerate(map(mpmath.mpf, h.tolist())):
            exactly = {offset: logistic(x + offset * step) for offset in offsets}
            for k, scheme in enumerate(SCHEMES.values()):
                exact = sum(w * exactly[int(o)] for w, o in zip(weights[k], scheme.offsets, strict=True)) / step
                estimate = mpmath.mpf(found[k][i])
                errors[k].append(float(estimate - slope))
                float(exact - slope), float(estimate - exact)
    return errors


def tree_counts() -> Mapping[str, Way]:
    """Operations of l_n' written out as a tree: exactly for every n to 1000, and by building one with SymPy."""
    from diffcompare.studies.swell.recurrence import counts, recurrence

    def ours() -> list[int]:
        step = recurrence("logistic")
        return [size.derivative_tree for size in islice(counts(step), ITERATES)]

    def sympy() -> Run:
        from sympy import Symbol, diff, preorder_traversal

        def nodes() -> int:
            x = Symbol("x")
            iterate: Any = x
            for _ in range(BUILT - 1):
                iterate = 4 * iterate * (1 - iterate)
            return sum(1 for _ in preorder_traversal(diff(iterate, x)))

        return nodes

    return {"to n = 1000": Way(lambda: ours, ("operations",)), "SymPy at n = 14": Way(sympy, ("nodes",))}


CASES = {
    "error-sweep": Case(
        "error sweep of 1000 steps by 6 schemes, split with proof",
        error_sweep,
        (Claim("the sweep", "1 s", 1.0), Claim("the sweep", "mpmath, 60 digits", 1 / 8)),
    ),
    "tree-counts": Case(
        "tree counts of the logistic map's l_n' to n = 1000",
        tree_counts,
        (Claim("to n = 1000", "1 s", 1.0), Claim("to n = 1000", "SymPy at n = 14", 1.0)),
        rounds=1,
    ),
}
