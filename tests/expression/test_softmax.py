"""Softmax, its logarithm and the weighted sum of entries on traced arrays: beside JAX's rules and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.expression.primitives.contraction import weighted_sum
from diffcompare.expression.primitives.softmax import log_softmax, softmax

X = np.random.default_rng(4).normal(size=(3, 4))
KEY = (np.array([0, 2, 1]), np.array([3, 0, 0]))
WEIGHTS = np.array([1.0, -2.0, 0.5])


PRIMITIVES: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any, Any], Any]]] = {  # ours, and JAX's
    "softmax": (softmax((1,)), lambda jax, jnp, x: jax.nn.softmax(x, 1)),
    "softmax of all": (softmax((0, 1)), lambda jax, jnp, x: jax.nn.softmax(x, (0, 1))),
    "log_softmax": (log_softmax((0,)), lambda jax, jnp, x: jax.nn.log_softmax(x, 0)),
    "weighted_sum": (weighted_sum(KEY, WEIGHTS, 4.0), lambda jax, jnp, x: (x[KEY] * WEIGHTS).sum() / 4.0),
}


@pytest.mark.parametrize("name", PRIMITIVES)
def test_derivatives_of_both_orders_are_those_of_jax(name: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed; pip install 'diffcompare[peers]' brings it")
    ours, theirs = PRIMITIVES[name]
    with jax.enable_x64(True):
        jnp = jax.numpy

        def by_jax(x: Any) -> Any:
            return theirs(jax, jnp, x)

        np.testing.assert_allclose(ours(X), by_jax(X), rtol=1e-14)
        for engine in ("reverse", "forward"):
            np.testing.assert_allclose(dc.jacobian(ours, engine=engine)(X), jax.jacobian(by_jax)(X), atol=1e-14)
        found = dc.hessian(lambda x: np.sum(ours(x * x) ** 2))(X)
        wanted = jax.hessian(lambda x: jnp.sum(by_jax(x * x) ** 2))(X)
        np.testing.assert_allclose(found, wanted, atol=1e-13)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_derivatives_are_the_differences_of_values(name: str) -> None:
    ours, _ = PRIMITIVES[name]

    def f(x: Any) -> Any:
        return np.sum(ours(x) ** 2)

    step = 1e-6
    for place in np.ndindex(*X.shape):
        e = np.zeros(X.shape)
        e[place] = step
        difference = (f(X + e) - f(X - e)) / (2 * step)
        assert dc.grad(f)(X)[place] == pytest.approx(difference, abs=1e-8)
        assert dc.jvp(f)(X)(e / step) == pytest.approx(difference, abs=1e-8)


def test_a_weighted_sum_of_nothing_over_nothing_is_not_a_number() -> None:
    nothing = np.zeros(0, dtype=int)
    mean = weighted_sum((nothing, nothing), np.zeros(0), 0.0)
    value, slope = dc.value_and_grad(mean)(X)
    assert np.isnan(value)
    assert not slope.any()
