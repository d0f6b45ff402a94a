"""Functions that move in steps, entry by entry: NumPy's values, steps whose edges are guards, derivatives as by JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.expression.numbers import FLOAT

STEPS: dict[str, Callable[..., Any]] = {
    **{name: (lambda np, x, name=name: getattr(np, name)(x)) for name in ("floor", "ceil", "trunc", "rint")},
    "round": lambda np, x: np.round(x),
    "round to 1": lambda np, x: np.round(x, 1),
    "round to 10": lambda np, x: np.round(x, -1),
    "floor_divide": lambda np, x: x // 0.75,
    "by the entry": lambda np, x: 3.5 // (x + 9),
    "quotient": lambda np, x: np.divmod(x, 0.75)[0],
    "whole part": lambda np, x: np.modf(x)[1],
    "heaviside": lambda np, x: np.heaviside(x, 0.5),
    "sign bit": lambda np, x: np.where(np.signbit(x), 2.0, 3.0),
}
SLOPING: dict[str, Callable[..., Any]] = {
    "remainder": lambda np, x: x % 0.75,
    "remainder by the entry": lambda np, x: 3.5 % (x + 9),
    "fmod": lambda np, x: np.fmod(x, 0.75),
    "rest": lambda np, x: np.divmod(x, 0.75)[1],
    "part after the point": lambda np, x: np.modf(x)[0],
    "copysign": lambda np, x: np.copysign(x, -1.0),
    "copysign by the entry": lambda np, x: np.copysign(2.5, x),
}
ALL = STEPS | SLOPING
inside = st.floats(-6, 6)


@pytest.mark.parametrize("name", STEPS)
@given(x=inside, y=inside)
def test_a_trace_holds_on_its_step_and_nowhere_else(name: str, x: float, y: float) -> None:
    step = ALL[name]
    graph = dc.function(lambda x: step(np, x) + 0 * x).trace({"x": x})
    assert graph.values == [step(np, np.float64(x))]
    assert graph.holds(FLOAT, [x])
    if graph.holds(FLOAT, [y]):
        assert step(np, np.float64(y)) == graph.values[0]


@pytest.mark.parametrize("name", ALL)
def test_compare_certifies_what_jax_answers(name: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed; pip install 'diffcompare[peers]' brings it")
    x = np.array([1.3, -2.6, 0.2])
    study = dc.compare(lambda x: np.sum(ALL[name](np, x) * x), at={"x": x})
    with jax.enable_x64(True):
        wanted = jax.grad(lambda x: (ALL[name](jax.numpy, x) * x).sum())(x)
    assert study.reference.reasons == ()
    assert [float(ball) for ball in study.reference.gradient.values()] == pytest.approx(np.asarray(wanted), rel=1e-14)
    assert all(row.available and row.worst is not None and row.worst.digits > 7 for row in study.engines)
    assert study.value == pytest.approx(np.sum(ALL[name](np, x) * x), rel=1e-14)


@pytest.mark.parametrize(
    ("name", "edge"),
    [("floor", 2.0), ("ceil", -1.0), ("trunc", 1.0), ("rint", 2.5), ("rint", 1.5), ("round to 1", 0.25),
     ("floor_divide", 1.5), ("remainder", 1.5), ("heaviside", 0.0), ("copysign by the entry", 0.0)],
)  # fmt: skip
def test_nothing_is_certified_on_an_edge(name: str, edge: float) -> None:
    study = dc.compare(lambda x: np.sum(ALL[name](np, x) * x), at={"x": np.array([edge])})
    assert study.reference.gradient["x[0]"].kind == "at a branch"
    assert study.verdict[0] is None
    assert study.kinks


def test_python_s_operators_work_on_single_entries() -> None:
    found = dc.gradient(lambda x: x[0] * (x[1] // 2) + 7 % x[1] + divmod(x[0], 2)[1], at={"x": [3.0, 5.0]})
    assert found["x"].tolist() == [3.0, -1.0]
