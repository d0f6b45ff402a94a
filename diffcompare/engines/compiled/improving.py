"""NumPy's way until kernels are worth compiling: for programs of arrays, and for programs of numbers at many points."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from diffcompare.errors import DiffCompareError

Run = Callable[..., Any]
# Seconds of calls after which kernels are made, at all and for an operation.  Of seven programs of 10 to 700 operations
# Numba compiled one in 2.4 times that, the others in 1.2 times to a fifteenth of it.
BEGINNING, OPERATION = 0.5, 0.02
TRIALS = 5  # runs of which the fastest counts


class Improving:
    """A way that kernels take over once it has run for as long as compiling them may take, if they are faster.

    Both give the same bits, so no result depends on when that is.  Without kernels, for a reason, it stays as it is.
    Source: the rule of the ski rental; where the estimate is right, it costs at most twice what knowing the number of
    calls would.

    >>> run = Improving(lambda x: x + 1, lambda: lambda x: 1 + x, operations=1, reason="numba is not installed")
    >>> run(2), run.way
    (3, 'numpy (numba is not installed)')
    """

    def __init__(
        self, run: Callable[..., Any], kernels: Callable[[], Callable[..., Any]], operations: int, reason: str
    ):
        self.run, self.kernels = run, kernels
        self.left = BEGINNING + OPERATION * operations  # seconds
        self.chosen = run if reason else None
        self.way = told(reason)

    def __call__(self, *arguments: Any) -> Any:
        if self.chosen is not None:
            return self.chosen(*arguments)
        start = time.perf_counter()
        results = self.run(*arguments)
        self.left -= time.perf_counter() - start
        if self.left < 0:
            self._choose(arguments)
        return results

    def _choose(self, arguments: tuple[Any, ...]) -> None:
        self.chosen = self.run  # for the calls that come in meanwhile
        try:
            kernels = self.kernels()
        except DiffCompareError as error:
            self.way = told(str(error))
            return
        faster = seconds(lambda: kernels(*arguments)) < seconds(lambda: self.run(*arguments))
        self.chosen, self.way = (kernels, "numba") if faster else (self.run, "numpy, faster than numba")


def told(reason: str) -> str:
    """The way in words, where there is a reason against kernels, or none."""
    return f"numpy ({reason})" if reason else "numpy, and numba once that is worth compiling"


def seconds(run: Run) -> float:
    """The least time of a few runs."""
    times = []
    for _ in range(TRIALS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)
