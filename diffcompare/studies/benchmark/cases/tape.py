"""A tape of a million scalar operations, recorded and reversed once: the time, and the memory an operation takes."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import diffcompare as dc
from diffcompare.studies.benchmark.case import Case, Claim, Run, Way

OPERATIONS = 10**6
EACH = 4  # operations of one turn of the loop
X, Y = 0.5, 0.25


def chain(x: Any, y: Any, sin: Callable[[Any], Any]) -> Any:
    """The sum of sin(x + k y) y for k = 1, 2, ..: OPERATIONS operations."""
    total = x
    for _ in range(OPERATIONS // EACH):
        x = x + y
        total = total + sin(x) * y
    return total


def by_hand() -> tuple[float, tuple[float, float]]:
    """The value and both derivatives, without a tape."""
    x = total = X
    dx, dy = 1.0, 0.0
    for k in range(1, OPERATIONS // EACH + 1):
        x += Y
        total += math.sin(x) * Y
        dx += math.cos(x) * Y
        dy += math.sin(x) + k * Y * math.cos(x)
    return total, (dx, dy)


def ours() -> tuple[Any, Any]:
    """One shot: nothing is compiled."""
    answer: tuple[Any, Any] = dc.value_and_grad(lambda x, y: chain(x, y, np.sin), argnums=(0, 1))(X, Y)
    return answer


def tape() -> Mapping[str, Way]:
    """Value and gradient of the chain, its trace thrown away."""

    def torch() -> Run:
        import torch

        def both() -> tuple[Any, tuple[Any, ...]]:
            x, y = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (X, Y))
            value = chain(x, y, torch.sin)
            return value, torch.autograd.grad(value, (x, y))

        return both

    ways = {"Python by hand": lambda: by_hand, "one shot": lambda: ours, "PyTorch, eager": torch}
    return {name: Way(prepare, ("value", "gradient")) for name, prepare in ways.items()}


def memory() -> Mapping[str, Way]:
    """The same, for its memory."""
    return {"one shot": Way(lambda: ours, ("value", "gradient"))}


def bytes_an_operation(run: Run) -> float:
    """The most memory that Python and NumPy hold at any time during a run, by operation of the function."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1] / OPERATIONS
    finally:
        tracemalloc.stop()


CASES = {
    "tape": Case(
        "a tape of 10^6 scalar operations, recorded and reversed once",
        tape,
        (Claim("one shot", "PyTorch, eager", 1 / 5),),
        rounds=1,
    ),
    "tape-memory": Case(
        "bytes that the tape takes for an operation",
        memory,
        (Claim("one shot", "1 byte an operation", 200.0),),
        bytes_an_operation,
        "1 byte an operation",
        rounds=1,
    ),
}
