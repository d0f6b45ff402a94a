"""Costs measured alternately: the ways take turns, so that a busy machine slows them all; ratios are of turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

LEAST = 2e-2  # seconds that a single measurement lasts, by repeating a shorter run: warm caches, less noise
FEWEST = 3  # rounds, whatever they take
SETTLE = 5e-3  # seconds of rest before a measurement, for the threads of the way before to stop spinning


class Ratio(NamedTuple):
    """The median over the rounds, and between which quartiles the middle half of the rounds lies."""

    median: float
    low: float
    high: float


def seconds_of(run: Callable[[], Any]) -> float:
    """The time of one run, as the mean of as many as it takes to measure it."""
    count, spent = 1, 0.0
    while True:
        time.sleep(SETTLE)
        start = time.perf_counter()
        for _ in repeat(None, count):
            run()
        spent = time.perf_counter() - start
        if spent >= LEAST:
            return spent / count
        count = max(2 * count, int(1.2 * count * LEAST / max(spent, 1e-9)))


def alternately(
    runs: Mapping[str, Callable[[], Any]], measure: Callable[[Callable[[], Any]], float], budget: float, rounds: int
) -> dict[str, list[float]]:
    """The cost of each run in each round; every other round goes through them backwards.

    Rounds are added until they have taken `budget` seconds together, at least three unless `rounds` are fewer.

    >>> costs = alternately({"one": lambda: 1, "two": lambda: 2}, lambda run: float(run()), budget=1.0, rounds=4)
    >>> costs["two"]
    [2.0, 2.0, 2.0, 2.0]
    """
    costs: dict[str, list[float]] = {name: [] for name in runs}
    start = time.perf_counter()
    for turn in range(rounds):
        if turn >= FEWEST and time.perf_counter() - start > budget:
            break
        for name in [*runs][:: -1 if turn % 2 else 1]:
            costs[name].append(measure(runs[name]))
    return costs


def ratio(subject: list[float], against: list[float]) -> Ratio:
    """How many times the cost of the other way the subject costs, round by round.

    >>> ratio([2.0, 4.0, 9.0], [1.0, 2.0, 3.0])
    Ratio(median=2.0, low=2.0, high=2.5)
    """
    low, median, high = np.percentile(np.array(subject) / np.array(against), [25, 50, 75]).tolist()
    return Ratio(median, low, high)
