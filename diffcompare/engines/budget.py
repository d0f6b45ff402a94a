"""Time that a caller gives: work made of many equal parts stops as soon as it is plain that it will not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import TypeVar

from diffcompare.errors import BudgetError

Part = TypeVar("Part")
LEAST = 0.5  # seconds before anything is estimated
_given: ContextVar[float | None] = ContextVar("seconds given", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give each piece of `budgeted` work so many seconds; without this there is no limit."""
    before = _given.set(seconds)
    try:
        yield
    finally:
        _given.reset(before)


def budgeted(parts: Iterable[Part], total: int, what: str) -> Iterator[Part]:
    """The parts, one after the other.

    Raises `BudgetError` once those done so far show that all of them would take longer than the caller gave.

    >>> list(budgeted("ab", 2, "letters"))
    ['a', 'b']
    """
    given = _given.get()
    start = monotonic()
    for done, part in enumerate(parts):
        elapsed = monotonic() - start
        if given is not None and done and elapsed > LEAST and elapsed * total > given * done:
            raise BudgetError(
                f"over budget: {total} {what} would take about {elapsed * total / done:.0f} s, {given:g} s are given"
            )
        yield part
