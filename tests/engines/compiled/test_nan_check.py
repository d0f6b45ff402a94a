"""A product of matrices has a nan where its entries have one, however few numbers are asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines.compiled.arrays import prepared
from diffcompare.engines.compiled.plan import Plan, planned
from diffcompare.expression.graph import Graph
from diffcompare.expression.variable import Trace

N, INNER = 40, 3
SPECIAL = (1.0, np.nan, np.inf, -np.inf, 1e200, 1e308, 0.0, 1e-308)


def products(x: Any, y: Any) -> Graph:
    trace = Trace(entrywise=False)
    a, b = trace.input("x", x), trace.input("y", y)
    return trace.graph([(a + 0.5) @ (2 * b), ((a + 0.5) @ b).T])


@pytest.mark.parametrize("first", SPECIAL)
@pytest.mark.parametrize("second", SPECIAL)
def test_a_run_with_a_nan_gives_none(first: float, second: float) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(N, INNER)), rng.normal(size=(INNER, N))
    run, plain = planned(products(x, y), checked=2), planned(products(x, y))
    x[3, 1], y[1, 4], y[2, 4] = first, second, -second
    expected = plain([x, y])
    found = run([x, y])
    assert expected is not None
    if any(np.isnan(result).any() for result in expected):
        assert found is None
    else:
        assert found is not None
        assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_factors_are_asked_where_they_are_the_fewer_numbers() -> None:
    x, y = np.ones((N, INNER)), np.ones((INNER, N))
    assert len(Plan(prepared(products(x, y)), checked=2).norm_of) == 3  # a + 0.5, 2 b and b
    assert len(Plan(prepared(products(x, y)), checked=0).norm_of) == 0
    assert len(Plan(prepared(products(y, x)), checked=2).norm_of) == 0


def test_a_derivative_that_is_nan_in_the_program_is_the_tape_s() -> None:
    w, x = np.ones((INNER, N)), np.ones((N, INNER))

    def f(w: Any) -> Any:
        return np.sum(np.sqrt(np.abs(x @ w)) * 0.5)

    gradient = dc.compile(f, at={"w": w}, want="gradient")
    zero = np.zeros_like(w)
    assert np.array_equal(gradient(zero), dc.grad(f)(zero), equal_nan=True)
    assert np.allclose(gradient(2 * w), dc.grad(f)(2 * w), rtol=1e-15)
