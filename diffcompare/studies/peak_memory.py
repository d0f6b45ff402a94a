"""Memory as it is measured: what Python's allocator traced, the buffers of NumPy's arrays included."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def with_peak(work: Callable[[], Result]) -> tuple[Result, int]:
    """What some work returns, and the most memory in bytes that it held at once, beyond what there was before.

    Do the work once before, where it imports or caches something at its first call.

    >>> found, peak = with_peak(lambda: len(bytes(10**6)))
    >>> found == 10**6 <= peak < 1.1 * 10**6
    True
    """
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = work()
        return result, tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
