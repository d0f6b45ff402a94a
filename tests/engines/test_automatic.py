"""Automatic differentiation: the lecture's numbers, nesting, counts, and points where other tools answer nan."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines.automatic import derivative_graph
from diffcompare.errors import DiffCompareError

LECTURE = "ln(x1) + x1*x2 - sin(x2)"


def product(x: Any) -> Any:
    result = x[0]
    for factor in x[1:]:
        result = result * factor
    return result


def test_the_lecture() -> None:
    for engine in ("forward", "reverse"):
        gradient = dc.gradient(LECTURE, at={"x1": 2, "x2": 5}, engine=engine)
        assert gradient == {"x1": 5.5, "x2": 2 - math.cos(5)}


@pytest.mark.parametrize("order", range(1, 8))
def test_derivatives_of_any_order_nest(order: int) -> None:
    x = 1.3
    expected = [math.cos(x), -math.sin(x), -math.cos(x), math.sin(x)][(order - 1) % 4]
    assert dc.derivative(np.sin, order=order)(x) == pytest.approx(expected, rel=1e-14)


def test_nested_derivatives_do_not_confuse_their_perturbations() -> None:
    # d/dx (x d/dy (x y)) = d/dx x^2: Siskind & Pearlmutter's example gives x instead where tangents are confused.
    assert dc.grad(lambda x: x * dc.grad(lambda y: x * y)(x))(3.0) == 6.0
    assert dc.grad(lambda x: x * dc.grad(lambda y: x + y, engine="forward")(1.0))(5.0) == 1.0


def test_every_operator_takes_the_shape_of_its_argument() -> None:
    x = np.array([1.0, 2.0, 3.0])
    assert dc.grad(lambda x: x @ x)(x) == pytest.approx(2 * x)
    assert dc.jacobian(lambda x: x * x)(x) == pytest.approx(np.diag(2 * x))
    assert dc.hessian(product)(x) == pytest.approx(np.array([[0, 3, 2], [3, 0, 1], [2, 1, 0]]))
    assert dc.hvp(product)(x)([1.0, 0.0, 0.0]) == pytest.approx(np.array([0, 3, 2]))
    assert dc.jvp(lambda x: x * x)(x)(np.ones(3)) == pytest.approx(2 * x)
    assert dc.vjp(lambda x: x * x)(x)(np.ones(3)) == pytest.approx(2 * x)
    assert dc.value_and_grad(product)(x)[0] == 6.0
    assert dc.grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0) == (5.0, 2.0)
    assert dc.grad(lambda x, y: x[0] * y, argnums=1)(np.array([2.0]), 5.0) == 2.0


@pytest.mark.parametrize("argnums", [1, -1, np.int64(1), np.array(1), np.uint8(1)])
def test_argnums_is_a_whole_number_of_any_type(argnums: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y

    assert dc.grad(f, argnums)(2.0, 5.0) == 2.0
    assert dc.compile(f, at={"x": 2.0, "y": 5.0}, argnums=argnums)(2.0, 5.0) == 2.0
    assert dc.grad(f, [argnums, 0])(2.0, 5.0) == (2.0, 5.0)
    assert dc.compile(f, at={"x": 2.0, "y": 5.0}, argnums=[argnums, 0])(2.0, 5.0) == (2.0, 5.0)


@pytest.mark.parametrize("argnums", [1.0, "1", (0, 1.0), ["x"], np.array([0.0]), 2, np.int64(-3), (0, 2)])
def test_argnums_that_is_none_is_refused_in_one_line(argnums: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y

    message = "argnums .* (is no whole number, nor a sequence of them|does not fit a function of 2 arguments)$"
    for call in (lambda: dc.grad(f, argnums)(2.0, 5.0), lambda: dc.compile(f, {"x": 2.0, "y": 5.0}, argnums=argnums)):
        with pytest.raises(DiffCompareError, match=message):
            call()
    assert isinstance(dc.grad(lambda x: x * x)(3.0), float)


def test_hessian_of_a_hessian() -> None:
    third = dc.jacobian(dc.hessian(product))(np.array([2.0, 3.0, 5.0]))
    assert third.shape == (3, 3, 3)
    assert third[0, 1, 2] == 1.0
    assert third[0, 0, 1] == 0.0


def test_a_gradient_needs_one_output() -> None:
    with pytest.raises(DiffCompareError, match="use jacobian"):
        dc.grad(lambda x: [x, x])(1.0)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=5), st.data())
def test_forward_and_reverse_mode_are_transposes(x: list[float], data: st.DataObject) -> None:
    def f(x: Any) -> Any:
        return [np.sin(x[0]) * x[-1], np.exp(x[0] * 0.1) + np.sum(x * x), x[-1]]

    x_dot = data.draw(st.lists(st.floats(-2, 2), min_size=len(x), max_size=len(x)))
    y_bar = data.draw(st.lists(st.floats(-2, 2), min_size=3, max_size=3))
    left = float(np.dot(y_bar, dc.jvp(f)(np.array(x))(x_dot)))
    right = float(np.dot(dc.vjp(f)(np.array(x))(y_bar), x_dot))
    assert left == pytest.approx(right, rel=1e-12, abs=1e-12)


def test_the_derivative_is_a_graph_that_can_be_counted() -> None:
    # Speelpenning's product: value and gradient cost 3(n-1) multiplications (Griewank 2012: the factor 3 is attained).
    for n in (2, 3, 10, 50):
        at = {"x": np.linspace(1, 2, n)}
        assert dc.function(product).trace(at).operations() == n - 1
        # The last factor's adjoint is the partial product itself, so 2 multiplications fall away.
        assert derivative_graph(dc.function(product), at, with_value=True).operations() == 3 * (n - 1) - 2


def test_rules_that_keep_their_digits() -> None:
    assert dc.grad(np.tanh)(15.0) == pytest.approx(3.743049385533427e-13, rel=1e-14)
    assert dc.grad(np.expm1)(-40.0) == pytest.approx(math.exp(-40), rel=1e-15)


@pytest.mark.parametrize(
    ("formula", "x", "expected"),
    [
        ("where(x < 1, x, sqrt(x))", 0.0, 1.0),  # the branch not taken has an infinite slope
        ("maximum(1, sqrt(x))", 0.0, 0.0),
        ("x^2", 0.0, 0.0),
        ("x^1", 0.0, 1.0),
        ("x^0", 0.0, 0.0),
        ("2^x", 0.0, math.log(2)),
        ("relu(x)", 0.0, 0.0),
        ("abs(x)", 0.0, 0.0),
        ("maximum(x, 0)", 0.0, 0.5),
        ("(-2)^x", 2.0, math.nan),
        ("sqrt(x)", 0.0, math.inf),
        ("ln(x)", 0.0, math.inf),
    ],
)
def test_conventions_at_kinks_and_edges(formula: str, x: float, expected: float) -> None:
    for engine in ("forward", "reverse"):
        assert dc.gradient(formula, at={"x": x}, engine=engine)["x"] == pytest.approx(expected, nan_ok=True)


def test_a_tape_takes_less_than_200_bytes_an_operation() -> None:
    count = 20_000

    def function(x: Any) -> Any:
        y = x
        for _ in range(count // 5):
            y = y + 0.1 * y * (1.0 - y) * x
        return y

    tracemalloc.start()
    try:
        dc.grad(function)(0.5)
        assert tracemalloc.get_traced_memory()[1] < 200 * count
    finally:
        tracemalloc.stop()
