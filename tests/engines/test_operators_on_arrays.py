"""The operators on arrays: containers, several outputs, number types, complex numbers, and special points."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.errors import DiffCompareError, NotDifferentiableError
from diffcompare.expression.variable import Trace

A = np.array([[1.0, 2.0], [3.0, 5.0]])


def test_the_linear_layer() -> None:
    x, w, y_bar = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4), np.ones((2, 4))
    x_bar, w_bar = dc.vjp(lambda x, w: x @ w, argnums=(0, 1))(x, w)(y_bar)
    assert (x_bar == y_bar @ w.T).all()
    assert (w_bar == x.T @ y_bar).all()


def test_arguments_are_tuples_lists_and_dicts_of_arrays() -> None:
    parameters = {"w": A, "b": [np.ones(2), 2.0], "c": (3.0, A)}
    found = dc.grad(lambda p: np.sum(p["w"] @ p["b"][0]) * p["b"][1] + p["c"][0] * p["c"][1][0, 1])(parameters)
    assert found["w"].tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert found["b"][0].tolist() == [8.0, 14.0]
    assert (found["b"][1], found["c"][0]) == (11.0, 2.0)
    assert found["c"][1].tolist() == [[0.0, 3.0], [0.0, 0.0]]
    assert type(found["c"]) is tuple


def test_results_are_arranged_as_the_function_arranges_them() -> None:
    found = dc.jacobian(lambda x: {"s": x.sum(), "t": (x, 2 * x)})(np.ones(2))
    assert found["s"].tolist() == [1.0, 1.0]
    assert found["t"][1].tolist() == [[2.0, 0.0], [0.0, 2.0]]
    pushed = dc.jvp(lambda x, y: (x * y, x.sum()), argnums=(0, 1))(np.ones(2), 2.0)((np.ones(2), 1.0))
    assert (pushed[0].tolist(), pushed[1]) == ([3.0, 3.0], 2.0)
    assert dc.vjp(lambda x, y: (x * y, x.sum()), argnums=(0, 1))(np.ones(2), 2.0)((np.ones(2), 10.0))[1] == 2.0


def test_jacobians_and_hessians_have_the_shape_of_result_and_argument() -> None:
    assert dc.jacobian(lambda x: x @ x)(A).shape == (2, 2, 2, 2)
    assert dc.hessian(lambda x: np.sum(x**3))(A).shape == (2, 2, 2, 2)
    assert dc.hvp(lambda x: np.sum(x**3))(A)(np.ones((2, 2))).tolist() == (6 * A).tolist()
    both = [dc.jacobian(lambda x: np.sin(x @ x), engine=engine)(A) for engine in ("forward", "reverse")]
    np.testing.assert_allclose(*both, rtol=1e-14)


def test_types_stay_as_they_are() -> None:
    x = A.astype(np.float32)
    assert dc.grad(lambda x: np.sum(np.maximum(x, 2) ** 2 / 3))(x).dtype == np.float32
    assert dc.grad(lambda x: np.sum(np.sin(x.astype(np.float64))))(x).dtype == np.float32
    assert dc.grad(np.sin)(np.int64(2)) == math.cos(2)
    assert dc.grad(np.sum)(np.arange(3)).tolist() == [1.0, 1.0, 1.0]


def test_derivatives_of_complex_numbers_are_not_conjugated() -> None:
    z = 1.0 + 2.0j
    assert dc.grad(lambda z: np.real(z * z))(z) == 2 * z  # f' of an analytic f, whose real part is the result
    assert dc.grad(lambda z: np.abs(z) ** 2)(z) == pytest.approx(2 * np.conj(z))  # ∂/∂x - i ∂/∂y
    assert dc.grad(lambda x: np.real((x * 1j) ** 2))(3.0) == -6.0
    assert dc.jvp(np.exp)(z)(1j) == pytest.approx(1j * np.exp(z))
    assert dc.grad(lambda z: np.sum(np.abs(np.fft.ifft(np.eye(2)) @ z) ** 2))(np.array([z, z])).dtype == complex
    with pytest.raises(DiffCompareError, match="give its real part"):
        dc.vjp(np.sin)(1.0)(1j)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (np.max, [1.0, 3.0, 3.0], [0.0, 0.5, 0.5]),  # a tie is shared
        (np.prod, [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),  # nothing is divided by 0
        (lambda x: np.sum(np.cumprod(x)), [2.0, 0.0, 3.0], [1.0, 8.0, 0.0]),
        (lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), x)), [0.0, 4.0], [1.0, 0.25]),
        (lambda x: np.sum(np.where(x > 0, np.sqrt(x), x)), [0.0, 4.0], [1.0, 0.25]),  # the branch not taken is steep
        (lambda x: np.std(x[:1]), [2.0, 1.0], [0.0, 0.0]),  # constant, though the root at 0 is steep
        (lambda x: np.sum(np.abs(x)), [0.0, -2.0], [0.0, -1.0]),
        (lambda x: np.sum(np.sinc(x)), [0.0, 1.0], [0.0, -1.0]),
        (np.linalg.norm, [0.0, 0.0], [math.nan, math.nan]),  # the tip of a cone
        (lambda x: np.sum(x**0.0), [0.0, 1.0], [0.0, 0.0]),
        (lambda x: np.sum(np.nan_to_num(x * np.inf)), [0.0, 1.0], [0.0, 0.0]),
    ],
)
def test_answers_at_special_points(function: Callable[..., Any], x: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(dc.grad(function)(np.array(x)), expected, atol=1e-15)


def test_determinants_of_singular_matrices_have_both_derivatives() -> None:
    singular = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    cofactors = [[-3.0, 6.0, -3.0], [6.0, -12.0, 6.0], [-3.0, 6.0, -3.0]]
    np.testing.assert_allclose(dc.grad(np.linalg.det)(singular), cofactors, atol=1e-13)
    second = dc.hessian(np.linalg.det)(singular)
    for engine in ("forward", "reverse"):  # entry by entry, the determinant is a polynomial
        by_hand = dc.jacobian(dc.grad(by_cofactors), engine=engine)(singular)
        np.testing.assert_allclose(second, by_hand, atol=1e-13)
    with pytest.raises(NotDifferentiableError, match="singular"):
        dc.grad(lambda x: np.linalg.slogdet(x).logabsdet)(np.ones((2, 2)))


def by_cofactors(x: Any) -> Any:
    return x[0] @ np.cross(x[1], x[2])


def test_a_symmetric_matrix_is_read_where_numpy_reads_it() -> None:
    x = np.array([[2.0, 9.0], [1.0, 3.0]])  # the entry above the diagonal is not read
    for function in (np.linalg.cholesky, np.linalg.eigvalsh):
        assert (dc.jacobian(function)(x)[..., 0, 1] == 0).all()
    assert (dc.jacobian(lambda x: np.linalg.eigvalsh(x, "U"))(x)[..., 1, 0] == 0).all()
    largest = dc.grad(lambda x: np.linalg.eigvalsh((x + x.T) / 2)[-1])(np.diag([1.0, 2.0]))
    assert largest.tolist() == [[0.0, 0.0], [0.0, 1.0]]  # v vᵀ


def test_equal_eigenvalues_have_a_gradient_where_they_are_treated_alike() -> None:
    assert dc.grad(lambda x: np.sum(np.linalg.eigvalsh(x)))(np.eye(3)).tolist() == np.eye(3).tolist()
    found = dc.jacobian(lambda x: np.linalg.eigh(x).eigenvectors)(np.eye(2))
    assert not np.isfinite(found).all()


def test_a_seed_must_fit() -> None:
    with pytest.raises(DiffCompareError, match=r"shape \(3,\); this function needs \(2, 2\)"):
        dc.vjp(np.sin)(A)(np.ones(3))
    with pytest.raises(DiffCompareError, match="1 parts; this function needs 2"):
        dc.jvp(lambda x, y: x * y, argnums=(0, 1))(A, A)((A,))


def test_no_warning_is_raised_by_infinite_slopes(recwarn: pytest.WarningsRecorder) -> None:
    dc.grad(lambda x: np.sum(np.sqrt(x)))(np.zeros(2))
    dc.jvp(np.sqrt)(np.zeros(2))(np.zeros(2))
    assert not recwarn.list


def test_what_was_recorded_is_freed_at_once() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.maximum(x @ x, 2) ** 2 / 3)

    def traces() -> int:
        return sum(type(thing) is Trace for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = traces()
        dc.grad(f)(A)
        dc.hvp(f)(A)(A)
        assert traces() == before
    finally:
        gc.enable()
