"""Derivatives that an engine differentiates again, entry by entry: the same numbers as by hand."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import diffcompare as dc

A, V = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([2.0, 3.0])
CASES: dict[str, tuple[Any, Any]] = {
    "second": (lambda e: dc.derivative(lambda x: x**3, order=2, engine=e)(2.0), 12.0),
    "third": (lambda e: dc.derivative(lambda x: x**5, order=3, engine=e)(2.0), 240.0),
    "of a formula": (lambda e: dc.derivative("x^2*y", order=2, engine=e)(2.0, 5.0), 10.0),
    "of several outputs": (
        lambda e: dc.derivative(lambda x: np.stack([x**3, x]), order=2, engine=e)(2.0), [12.0, 0.0]
    ),
    "of a list": (lambda e: dc.derivative(lambda x: [x**3, x, 2.0], order=2, engine=e)(2.0), [12.0, 0.0, 0.0]),
    "Hessian": (lambda e: dc.hessian(lambda x: x[0] ** 3 * x[1], engine=e)(V), [[36.0, 12.0], [12.0, 0.0]]),
    "of a sum": (lambda e: dc.hessian(lambda x: np.sum(x**2) ** 2, engine=e)(V), [[84.0, 48.0], [48.0, 124.0]]),
    "forward inside": (
        lambda e: dc.jacobian(dc.grad(lambda x: x[0] ** 3 * x[1], engine="forward"), engine=e)(V),
        [[36.0, 12.0], [12.0, 0.0]],
    ),
    "Jacobian of a Jacobian": (
        lambda e: dc.jacobian(dc.jacobian(lambda x: x**2 * x[1]), engine=e)(V),
        [[[6.0, 4.0], [4.0, 0.0]], [[0.0, 0.0], [0.0, 18.0]]],
    ),
    "columns of columns": (
        lambda e: dc.jacobian(dc.jacobian(lambda x: x**2 * x[1], engine="forward"), engine=e)(V),
        [[[6.0, 4.0], [4.0, 0.0]], [[0.0, 0.0], [0.0, 18.0]]],
    ),
    "pushforward": (  # of A y y0 along x, which is 2 A x x0
        lambda e: dc.jacobian(lambda x: dc.jvp(lambda y: A @ y * y[0])(x)(x), engine=e)(V),
        [[20.0, 8.0], [48.0, 16.0]],
    ),
    "pullback": (  # the gradient of the sum of A x x0
        lambda e: dc.jacobian(lambda x: dc.vjp(lambda y: A @ y * y[0])(x)(np.ones(2)), engine=e)(V),
        [[8.0, 6.0], [6.0, 0.0]],
    ),
    "several arguments": (
        lambda e: dc.grad(lambda x: sum(dc.grad(lambda y, z: y**2 * z**2, (0, 1))(x, x)), engine=e)(3.0), 108.0
    ),
}  # fmt: skip


@pytest.mark.parametrize("engine", ["forward", "reverse", "compiled", "symbolic", "complex-step", "jax", "casadi"])
@pytest.mark.parametrize("name", CASES)
def test_a_derivative_is_differentiated_by_any_engine(name: str, engine: str) -> None:
    context: Any = nullcontext()
    if engine in ("jax", "casadi"):
        peer = pytest.importorskip(engine, reason=f"{engine} is not installed; pip install 'diffcompare[peers]'")
        context = peer.enable_x64(True) if engine == "jax" else context
    call, wanted = CASES[name]
    with context:
        assert call(engine) == pytest.approx(np.array(wanted), rel=1e-12)


def test_a_derivative_is_compared_like_any_function() -> None:
    rows = dc.compare(
        lambda x: dc.grad(lambda y: y**3 * np.sin(y))(x), at={"x": 1.0}, engines=["reverse", "symbolic"]
    ).engines
    assert all(row.measured["x"].digits > 15 for row in rows)
