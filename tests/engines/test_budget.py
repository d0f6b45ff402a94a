"""Work made of many parts stops as soon as it is plain that it does not fit; the clock is the test's own."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines import budget, derivatives
from diffcompare.engines.budget import budgeted, within
from diffcompare.errors import BudgetError


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that a test moves: clock[0] seconds."""
    now = [0.0]
    monkeypatch.setattr(budget, "monotonic", lambda: now[0])
    return now


def taken(clock: list[float], parts: int, seconds: float, given: float) -> int:
    """How many parts of so many seconds are done before the work stops."""
    done = 0
    with within(given):
        for _ in budgeted(range(parts), parts, "parts"):
            clock[0] += seconds
            done += 1
    return done


def test_work_that_fits_is_done(clock: list[float]) -> None:
    assert taken(clock, 100, 0.01, 2.0) == 100


def test_work_that_does_not_fit_stops_early_and_says_how_long_it_would_take(clock: list[float]) -> None:
    with pytest.raises(BudgetError, match="over budget: 1000 parts would take about 200 s, 2 s are given"):
        taken(clock, 1000, 0.2, 2.0)
    assert clock[0] == pytest.approx(0.6)  # after three parts it is plain


def test_one_slow_part_is_let_through(clock: list[float]) -> None:
    assert taken(clock, 1, 60.0, 2.0) == 1


def test_without_a_caller_s_budget_there_is_no_limit(clock: list[float]) -> None:
    for _ in budgeted(range(50), 50, "parts"):
        clock[0] += 1000.0


@pytest.mark.parametrize("engine", ["forward", "finite-central", "finite-adaptive", "complex-step"])
def test_engines_with_a_pass_an_input_have_a_budget(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    f = dc.function(lambda x: np.sum(np.sin(x)))
    at = {"x": np.ones(40)}

    ticks = count()
    monkeypatch.setattr(budget, "monotonic", lambda: float(next(ticks)))  # a second a look
    with within(10.0), pytest.raises(BudgetError, match=r"over budget: 40 [\w ]+ would take about 80 s, 10 s"):
        derivatives(f, at, engine)
    assert derivatives(f, at, engine).jacobian[0] == pytest.approx(np.cos(np.ones(40)), rel=1e-6)
