"""Work that the cores share, piece by piece."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np


def on_cores(work: Callable[[int, int], None], length: int, size: int) -> None:
    """Call `work(start, end)` for pieces of so many of `length` things, in threads; NumPy's warnings are off in them.

    The thread that calls does most of it where the others are kept waiting.

    >>> done = []
    >>> on_cores(lambda start, end: done.append((start, end)), length=5, size=2)
    >>> sorted(done)
    [(0, 2), (2, 4), (4, 5)]
    """
    starts = iter(range(0, length, size))

    def take() -> None:
        with np.errstate(all="ignore"):
            for start in starts:
                work(start, min(start + size, length))

    others = [_threads().submit(take) for _ in range(min(_cores(), -(-length // size)) - 1)]
    take()
    for other in others:
        if not other.cancel():  # it has begun
            other.result()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(_cores() - 1, 1), "diffcompare")


@cache
def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
