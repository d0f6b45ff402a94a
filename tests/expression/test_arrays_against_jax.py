"""The functions of the table that JAX has too: tangents and adjoints agree with JAX's in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.expression.containers import leaves
from tests.expression import cases_of_arrays, cases_of_entries, cases_of_matrices  # noqa: F401  they register
from tests.expression.array_cases import cases, flat, offered

jax = pytest.importorskip("jax", reason="JAX is not installed; pip install 'diffcompare[peers]' brings it")
jnp: Any = pytest.importorskip("jax.numpy")

# Not as NumPy has them: arrays made with like=, shapes that depend on values, and gradient's edge_order.
ABSENT = {
    "array", "asarray", "arange", "empty", "eye", "full", "identity", "ones", "tri", "zeros", "nonzero", "flatnonzero",
    "argwhere", "compress", "extract", "gradient",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted({*offered(np)}.intersection(offered(jnp)) - ABSENT))
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_derivatives_agree_with_jax(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    xs = tuple(map(np.asarray, case.arguments))
    argnums = tuple(range(len(xs)))

    def f(*xs: Any) -> Any:
        return flat(np, case.function(np, *xs))

    def by_jax(*xs: Any) -> Any:
        return flat(jnp, case.function(jnp, *xs))

    @jax.jit
    def both(xs: Any, x_dot: Any, y_bar: Any) -> Any:
        return jax.jvp(by_jax, xs, x_dot)[1], jax.vjp(by_jax, *xs)[1](y_bar)

    x_dot = tuple(random.uniform(-1, 1, x.shape) for x in xs)
    y_bar = random.uniform(-1, 1, np.shape(f(*xs)))
    with jax.enable_x64(True):
        tangents, adjoints = both(xs, x_dot, y_bar)
    near([dc.jvp(f, argnums=argnums)(*xs)(x_dot)], [tangents])
    near(dc.vjp(f, argnums=argnums)(*xs)(y_bar), adjoints)


def near(ours: Any, theirs: Any) -> None:
    for left, right in zip(leaves(ours), leaves(theirs), strict=True):
        size = max(1.0, float(np.max(np.abs(right), initial=0.0)))
        assert np.shape(left) == np.shape(right)
        assert np.max(np.abs(left - np.asarray(right)), initial=0.0) <= 1e-11 * size


EMPTY = [np.zeros(0), np.zeros((0, 2)), np.zeros((2, 0))]


@pytest.mark.parametrize("x", EMPTY, ids=lambda x: str(x.shape))
def test_derivatives_by_and_of_nothing_have_jax_s_shapes(x: Any) -> None:
    def wanted(operator: Any, f: Any) -> Any:
        return jax.tree.map(np.shape, operator(f)(x, np.ones(2)))

    for engine in ("reverse", "forward"):
        for f in (lambda x, y: x * 2, lambda x, y: x.sum(0), lambda x, y: {"a": y[:0], "b": (x, y)}):
            for n in (0, 1):
                found = dc.jacobian(f, n, engine)(x, np.ones(2))
                assert jax.tree.map(np.shape, found) == wanted(lambda f, n=n: jax.jacrev(f, n), f)
    assert dc.hessian(lambda x, y: (x**2).sum())(x, np.ones(2)).shape == wanted(jax.hessian, lambda x, y: (x**2).sum())
    assert dc.grad(lambda x, y: (x * y[0]).sum())(x, np.ones(2)).shape == x.shape
