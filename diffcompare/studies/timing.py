"""How long a piece of work takes, measured the same way by every study."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import TypeVar

RUNS, SECONDS = 6, 0.01  # work is timed again while both last; a longer run is less noisy
LONG = 5.0  # seconds of a first run after which there is no second

Result = TypeVar("Result")


def timed(run: Callable[[], Result]) -> tuple[Result, float]:
    """A result and the median of a few times, in seconds; a first run, which may import a library, is left out."""
    times: list[float] = []
    while len(times) < 2 or (len(times) < RUNS and sum(times[1:]) < SECONDS):
        start = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - start)
        if times[0] > LONG:
            return result, times[0]
    return result, median(times[1:])


def expected_seconds(known: Sequence[tuple[int, float]], n: int) -> float:
    """Seconds at size n by the growth between the last two sizes known, from linear to quadratic; quadratic by one.

    >>> expected_seconds([(10, 1.0), (100, 10.0)], 1000)
    100.0
    """
    if not known:
        return 0.0
    (last, seconds), power = known[-1], 2.0
    if len(known) > 1:
        power = math.log(seconds / known[-2][1]) / math.log(last / known[-2][0])
    return float(seconds * (n / last) ** min(max(power, 1.0), 2.0))
