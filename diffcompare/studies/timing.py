"""How long a piece of work takes, measured the same way by every study."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import TypeVar

RUNS, SECONDS = 6, 0.1  # work is timed again while both last
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
