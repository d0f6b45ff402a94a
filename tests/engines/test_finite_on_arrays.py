"""Finite differences of functions of arrays: by entries, along a tangent, with matrices in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines import ENGINES, derivatives

ACCURATE = {
    "finite-forward": 1e-6, "finite-backward": 1e-6, "finite-central": 1e-8, "finite-central4": 1e-10,
    "finite-adaptive": 1e-9, "complex-step": 1e-12, "symbolic": 1e-12,
}  # fmt: skip
by_engine = pytest.mark.parametrize(("engine", "error"), ACCURATE.items())
RANDOM = np.random.default_rng(5)
A, B, X = RANDOM.normal(size=(2, 3)), RANDOM.normal(size=(2, 2)), RANDOM.normal(size=(3, 2))


@by_engine
def test_a_matrix_function_has_the_jacobian_of_the_closed_form(engine: str, error: float) -> None:
    """d(A X)_ij / dX_kl = A_ik where j = l, 0 elsewhere."""
    found = dc.jacobian(lambda X: A @ X, engine=engine)(X)
    assert found.shape == (2, 2, 3, 2)
    assert found == pytest.approx(np.einsum("ik,jl->ijkl", A, np.eye(2)), abs=10 * error)


@by_engine
def test_a_gradient_has_the_shape_of_its_array(engine: str, error: float) -> None:
    """d det B = det B tr(B^-1 dB)."""
    expected = np.linalg.det(B) * np.linalg.inv(B).T
    assert dc.grad(np.linalg.det, engine=engine)(B) == pytest.approx(expected, abs=10 * error)
    by_name = dc.gradient(np.linalg.det, at={"a": B}, engine=engine)["a"]
    assert by_name == pytest.approx(expected, abs=10 * error)


@by_engine
def test_along_a_tangent_and_by_entries_agree(engine: str, error: float) -> None:
    def code(X: Any, y: Any) -> Any:
        return np.tanh(A @ X) * y, [y**2, np.sum(X)]

    tangent = (RANDOM.normal(size=(3, 2)), -0.7)
    found = dc.jvp(code, (0, 1), engine=engine)(X, 0.3)(tangent)
    expected = dc.jvp(code, (0, 1))(X, 0.3)(tangent)
    assert found[0] == pytest.approx(expected[0], abs=30 * error)
    assert found[1] == pytest.approx(expected[1], abs=30 * error)


class Counted:
    """A function with the arguments that it was called with."""

    def __init__(self, code: Callable[[Any], Any]) -> None:
        self.code = code
        self.calls: list[Any] = []

    def __call__(self, x: Any) -> Any:
        self.calls.append(np.array(x))
        return self.code(x)


@pytest.mark.parametrize(("engine", "points"), [("finite-forward", 2), ("finite-central", 2), ("finite-central4", 4)])
def test_along_a_tangent_costs_one_difference(engine: str, points: int) -> None:
    f = Counted(lambda x: np.sum(np.sin(x)))
    x = np.linspace(0.0, 1.0, 400).reshape(20, 20)
    slope = dc.jvp(f, engine=engine)(x)(np.ones_like(x))
    assert slope == pytest.approx(np.sum(np.cos(x)), rel=1e-6)
    moved = {call.tobytes() for call in f.calls if not np.array_equal(call, x)}
    assert len(moved) == points - (engine == "finite-forward")  # the forward scheme uses the point itself
    assert len(f.calls) <= points + 2


@settings(max_examples=30)
@given(st.lists(st.sampled_from([0.0, 1e-300, 1e-8, 1.0, 1e8]), min_size=3, max_size=3), st.integers(-40, 40))
def test_a_tangent_of_any_size_gives_a_slope_in_proportion(x: list[float], exponent: int) -> None:
    v = np.array([1.0, -2.0, 0.5]) * 2.0**exponent
    found = dc.jvp(lambda x: 3 * x[0] + x[1] - 4 * x[2], engine="finite-central")(x)(v)
    scale = max(1.0, max(x)) * 2.0**exponent
    assert found == pytest.approx(-1.0 * 2.0**exponent, abs=1e-9 * scale)


def test_a_tangent_of_zeros_and_a_hessian_along_a_vector() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    zero = dc.jvp(lambda x: [np.sum(x), x], engine="finite-central")(x)(np.zeros((2, 2)))
    assert zero[0] == 0.0
    assert not zero[1].any()
    found = dc.hvp(lambda x: np.sum(x**3), engine="finite-central")(x)(np.ones((2, 2)))
    assert found == pytest.approx(6 * x, rel=1e-8)


def test_the_function_is_given_plain_arrays_of_the_right_shape() -> None:
    seen = set()

    def code(W: Any, y: Any) -> Any:
        seen.add((type(W), W.shape, W.dtype, type(y)))
        return np.sum(W) * y

    found = derivatives(dc.function(code), {"W": np.ones((2, 3, 1)), "y": 2.0}, "finite-central")
    assert found.jacobian[0] == pytest.approx([2.0] * 6 + [6.0], rel=1e-8)
    assert found.evaluations == 14
    assert (np.ndarray, (2, 3, 1), np.dtype(float), np.float64) in seen


@pytest.mark.parametrize("engine", ["finite-forward", "finite-central", "finite-adaptive"])
def test_code_that_changes_its_argument_does_not_change_the_point(engine: str) -> None:
    def careless(x: Any) -> Any:
        x *= 2.0
        return np.sum(x**2)

    x = np.array([1.0, 2.0])
    assert dc.gradient(careless, at={"x": x}, engine=engine)["x"] == pytest.approx(8 * x, rel=1e-6)
    assert dc.grad(careless, engine=engine)(x) == pytest.approx(8 * x, rel=1e-6)
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("engine", [name for name, row in ENGINES.items() if row.module.endswith("finite")][:-1])
def test_code_that_cannot_be_traced_is_differenced_all_the_same(engine: str) -> None:
    """The largest singular value of U diag(3, 1) V^T has the derivative u v^T."""
    u, v = np.array([0.6, 0.8]), np.array([-0.28, 0.96])
    a = 3 * np.outer(u, v) + np.outer([-0.8, 0.6], [0.96, 0.28])
    found = dc.grad(lambda a: np.linalg.svd(a)[1][0], engine=engine)(a)
    assert found == pytest.approx(np.outer(u, v), abs=1e-6)


def test_outputs_without_a_value_do_not_spoil_the_others() -> None:
    found = derivatives(dc.function(lambda x: [x[0] * x[1], np.log(x[0] - 5)]), {"x": [2.0, 3.0]}, "finite-central")
    assert found.jacobian[0] == pytest.approx([3.0, 2.0], rel=1e-9)
    assert np.isnan(found.jacobian[1]).all()
    assert found.note == "not every value is finite around x[0], x[1]"


def test_a_matrix_without_an_inverse_near_the_point_is_an_edge() -> None:
    def code(a: Any) -> Any:
        return [np.linalg.inv(a)[0, 0], np.sum(a)] if a[0, 0] >= 1.0 else np.linalg.inv(a - a)

    found = derivatives(dc.function(code), {"a": np.eye(2)}, "finite-central")
    assert found.jacobian == pytest.approx(np.array([[-1.0, 0, 0, 0], [1, 1, 1, 1]]), abs=1e-6)
    assert found.note == "forward differences at the edge of the domain"


def test_many_remarks_are_counted_not_listed() -> None:
    found = derivatives(dc.function(lambda x: np.sum(np.log(x))), {"x": np.full(50, -1.0)}, "finite-central")
    assert found.note == "not every value is finite around x[0], x[1], x[2], x[3] and 46 more"
