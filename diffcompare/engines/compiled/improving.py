"""How a program of arrays runs: by NumPy's plan, by kernels, or by kernels once they are worth compiling."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from diffcompare.engines.compiled.arrays import prepared
from diffcompare.engines.compiled.fused_plan import FusedPlan
from diffcompare.engines.compiled.loading import INSTALL, installed, too_long
from diffcompare.engines.compiled.plan import planned, running
from diffcompare.errors import DiffCompareError
from diffcompare.expression.graph import Graph

Run = Callable[[Sequence[Any]], list[Any]]
# Seconds of calls after which kernels are made: about what Numba takes to compile them, at all and for an operation.
BEGINNING, OPERATION = 0.5, 0.02
TRIALS = 5  # runs of which the fastest counts


def fused(graph: Graph, fma: bool = False) -> Run:
    """A graph of arrays as a function of its inputs, by kernels wherever they can be.

    Raises `DiffCompareError` where Numba is not installed, or would compile for long.
    """
    reason = obstacle(graph)
    if reason:
        raise DiffCompareError(reason)
    return running(FusedPlan(prepared(graph), fma))


def obstacle(graph: Graph) -> str:
    """Why there are no kernels for a program; empty where there may be."""
    return INSTALL if not installed() else too_long(graph.operations())


class Improving:
    """A plan that kernels take over once it has run for about as long as they take to compile, if they are faster.

    Both give the same bits, so no result depends on when that is.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph, self.plan = graph, planned(graph)
        self.left = BEGINNING + OPERATION * graph.operations()  # seconds
        reason = obstacle(graph)
        self.chosen = self.plan if reason else None
        self.way = f"numpy ({reason})" if reason else "numpy, and numba once that is worth compiling"

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        if self.chosen is not None:
            return self.chosen(inputs)
        start = time.perf_counter()
        results = self.plan(inputs)
        self.left -= time.perf_counter() - start
        if self.left < 0:
            self._choose(inputs)
        return results

    def _choose(self, inputs: Sequence[Any]) -> None:
        self.chosen = self.plan  # for the calls that come in meanwhile
        kernels = fused(self.graph)
        faster = seconds(lambda: kernels(inputs)) < seconds(lambda: self.plan(inputs))
        self.chosen, self.way = (kernels, "numba") if faster else (self.plan, "numpy, faster than numba")


def seconds(run: Callable[[], Any]) -> float:
    """The least time of a few runs."""
    times = []
    for _ in range(TRIALS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)
