"""Arrays that enter a trace as constants count as they were then, whatever the user's code writes into them later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.expression.variable import Trace

X = np.array([1.0, 2.0, 3.0])


def buffer(x: Any) -> Any:
    b, total = np.zeros(3), 0.0
    for i in range(3):
        b[:] = 0
        b[i] = i + 1.0
        total += np.sum(x**2 * b)
    return total


def transposed(x: Any) -> Any:
    b = np.ones((3, 2))
    y = x @ b + b.T[1] @ x + np.sum(np.broadcast_to(b[:, 0], (2, 3)) * x * x)
    b[:] = 7
    return np.sum(y * y)


def signed_zero(x: Any) -> Any:
    b = np.zeros(3)
    y = np.arctan2(b, -x)
    b[:] = -0.0
    return np.sum(y * x) - np.sum(np.arctan2(b, -x) * x)


def places(x: Any) -> Any:
    where, mask, rows = np.array([0, 1]), np.array([True, False, True]), np.array([[0, 1]])
    parts = [x[where], x[mask], np.where(mask, x, 0), np.take(x, where), np.compress(mask, x), np.repeat(x, where[1])]
    parts.append(np.take_along_axis(x.reshape(1, 3), rows, 1)[0])
    where[:], mask[:], rows[:] = 2, False, 2
    return sum(np.sum(part * part) for part in parts)


def operands(x: Any) -> Any:
    w = np.array([0.5, 2.5, 4.0])
    parts = [np.average(x, weights=w), np.trapezoid(x, w), np.gradient(x, w), np.clip(x, 0, w), np.polyval(w, x),
             np.convolve(x, w), np.einsum("i,i", x, w), np.linalg.solve(np.diag(w) + 1, x)]  # fmt: skip
    w[:] = 9
    return sum(np.sum(part * part) for part in parts)


@pytest.mark.parametrize("engine", ["reverse", "forward"])
@pytest.mark.parametrize("f", [buffer, transposed, signed_zero, places, operands])
def test_gradients_are_those_of_the_values_that_were_used(f: Callable[[Any], Any], engine: str) -> None:
    differences = dc.grad(f, engine="finite-adaptive")(X)
    assert dc.grad(f, engine=engine)(X) == pytest.approx(differences, rel=1e-9)
    along = dc.jvp(dc.grad(f, engine="finite-adaptive"), engine="finite-central")(X)(X)
    assert dc.hvp(f)(X)(X) == pytest.approx(along, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("f", [buffer, places])
def test_compiled_programs_keep_them_too(f: Callable[[Any], Any]) -> None:
    assert dc.compile(f, at={"x": X}, want="gradient")(X + 1).tolist() == dc.grad(f)(X + 1).tolist()


def test_a_pullback_is_that_of_the_point_where_it_was_made() -> None:
    x = X.copy()
    pullback, pushforward = dc.vjp(lambda x: x * x)(x), dc.jvp(lambda x: x * x)(x)
    x[:] = 0
    assert pullback(np.ones(3)).tolist() == pushforward(np.ones(3)).tolist() == [2.0, 4.0, 6.0]


def test_an_array_used_many_times_is_kept_once() -> None:
    trace, w = Trace(entrywise=False), np.eye(3)
    x = trace.input("x", X)
    for _ in range(10):
        x = w @ x
    assert sum(node.constant is not None for node in trace.nodes) == 1
    w[0, 0] = 2
    assert (w @ x).value.tolist() == [2.0, 2.0, 3.0]
    assert sum(node.constant is not None for node in trace.nodes) == 2
