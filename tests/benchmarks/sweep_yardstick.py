"""The sweep of six schemes over 1000 steps, with its certified split, beside the same in mpmath at 60 digits.

    python tests/benchmarks/sweep_yardstick.py

mpmath gives the error of every estimate, its truncation and its rounding, without proof and, at the smallest steps of
the high orders, without digits.  The split alone does the same with proof; the sweep adds the best and the predicted
steps and the flat lines of the other engines, SymPy's among them.  Timed alternately in one run; medians.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

import mpmath
import numpy as np

import diffcompare as dc
from diffcompare.engines.exact_difference import split
from diffcompare.engines.line import Line
from diffcompare.engines.stencil import SCHEMES

RUNS = 15
X, STEPS = 0.2, (1e-16, 1e-1, 1000)
DIGITS = 60
OFFSETS = sorted({int(offset) for scheme in SCHEMES.values() for offset in scheme.offsets})


def f(x: Any) -> Any:
    return 64 * x * (1 - x) * (1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x**2) ** 2


def estimates(values: dict[int, Any], h: Any) -> list[Any]:
    return [scheme.estimate([values[int(o)] for o in scheme.offsets], h) for scheme in SCHEMES.values()]


def the_sweep() -> None:
    dc.sweep(f, at={"x": X}, schemes=list(SCHEMES), steps=STEPS)


def the_split_alone() -> None:
    h = np.geomspace(*STEPS)
    line = Line(dc.function(f), {"x": X}, 0)
    values = {offset: line.floats(X + offset * h) for offset in OFFSETS}
    split(line, list(SCHEMES.values()), h.tolist(), estimates(values, h))


def by_mpmath() -> None:
    h = np.geomspace(*STEPS)
    found = estimates({offset: f(X + offset * h) for offset in OFFSETS}, h)
    with mpmath.workdps(DIGITS):
        weights = [[mpmath.mpf(w.numerator) / w.denominator for w in scheme.weights] for scheme in SCHEMES.values()]
        x = mpmath.mpf(X)
        slope = mpmath.diff(f, x)
        for i, step in enumerate(map(mpmath.mpf, h.tolist())):
            values = {offset: f(x + offset * step) for offset in OFFSETS}
            for k, scheme in enumerate(SCHEMES.values()):
                exact = sum(w * values[int(o)] for w, o in zip(weights[k], scheme.offsets, strict=True)) / step
                estimate = mpmath.mpf(float(found[k][i]))
                float(estimate - slope), float(exact - slope), float(estimate - exact)


ROWS = {"mpmath, 60 digits": by_mpmath, "the split alone": the_split_alone, "the sweep": the_sweep}


def main() -> None:
    seconds: dict[str, list[float]] = {name: [] for name in ROWS}
    for _ in range(RUNS + 1):  # the first run, with its imports, does not count
        for name, run in ROWS.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    theirs, *_ = (times[1:] for times in seconds.values())
    write = sys.stdout.write
    write(f"{'':<20} {'median':>8}   {'times faster: median, least, most':>8}\n")
    for name, times in seconds.items():
        ratios = sorted(a / b for a, b in zip(theirs, times[1:], strict=True))
        least, middle, most = ratios[0], statistics.median(ratios), ratios[-1]
        write(f"{name:<20} {statistics.median(times[1:]) * 1e3:5.0f} ms {middle:7.1f} {least:6.1f} {most:6.1f}\n")


if __name__ == "__main__":
    main()
