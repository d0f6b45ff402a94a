"""Plain NumPy on whole arrays: both modes and their derivatives against differences along random directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines.adaptive import adaptive
from diffcompare.errors import TracingError

random = np.random.default_rng(0)
A, W, B = random.standard_normal((2, 3)), random.standard_normal((3, 2)), random.standard_normal((4, 2, 3))
SQUARE = random.standard_normal((3, 3)) + 4 * np.eye(3)
NEAR = 0.02  # of the direction: no entry changes its sign or its rank within it

CASES: dict[str, tuple[Callable[..., Any], Any]] = {
    "sin": (lambda x: np.sin(x), A),
    "broadcasting": (lambda x: x * np.arange(3.0) + x.sum(), A),
    "a number and an array": (lambda x: x * np.arange(3.0), 1.5),
    "matmul": (lambda x: x @ W, A),
    "matrix and vector": (lambda x: W @ x, A[:, 0]),
    "stacked matmul": (lambda x: x @ W, B),
    "sum": (lambda x: np.sum(x * x, axis=0), A),
    "mean": (lambda x: np.mean(x, axis=1, keepdims=True), A),
    "var": (lambda x: np.var(x, axis=0), A),
    "std": (lambda x: np.std(x), A),
    "max": (lambda x: np.max(x, axis=1), A),
    "prod": (lambda x: np.prod(x, axis=0), A),
    "prod with a zero": (lambda x: np.prod(x), np.array([0.0, 2.0, 3.0])),
    "cumsum": (lambda x: np.cumsum(x, axis=1), A),
    "reshape": (lambda x: x.reshape(3, -1) * 2, A),
    "transpose": (lambda x: x.T @ x, A),
    "moveaxis": (lambda x: np.moveaxis(x, 0, 2) * 1.0, B),
    "slices": (lambda x: x[1] * x[0, ::-1], A),
    "repeated indices": (lambda x: x[[0, 0, 1]], A),
    "mask": (lambda x: x[x > 0] ** 2, A),
    "concatenate": (lambda x: np.concatenate([x, x * x, np.ones((2, 1))], axis=1), A),
    "stack": (lambda x: np.stack([x, np.sin(x)], axis=-1), A),
    "where": (lambda x: np.where(x > 0, x**2, -x), A),
    "clip": (lambda x: np.clip(x, -0.5, 0.5), A),
    "maximum": (lambda x: np.maximum(x, 0.0) * x, A),
    "power": (lambda x: x**3 + 2**x, A),
    "array of arrays": (lambda x: np.array([x, x * x]), A[0]),
    "a loop over entries": (lambda x: sum(x[i + 1] * x[i] ** 2 for i in range(len(x) - 1)), A[0]),
    "outer": (lambda x: np.outer(x, x), A[0]),
    "einsum": (lambda x: np.einsum("ij,kj->ik", x, x), A),
    "tensordot": (lambda x: np.tensordot(x, W, 1), A),
    "kron": (lambda x: np.kron(x, W), A),
    "inv": (lambda x: np.linalg.inv(x), SQUARE),
    "solve": (lambda x: np.linalg.solve(x, W), SQUARE),
    "det": (lambda x: np.linalg.det(x), SQUARE),
    "norm": (lambda x: np.linalg.norm(x), A),
    "sort": (lambda x: np.sort(x, axis=1), A),
    "tile and repeat": (lambda x: np.tile(x, (2, 1)) + np.repeat(x, 2, axis=0), A),
    "flip and roll": (lambda x: np.flip(x, 0) * np.roll(x, 1, axis=1), A),
    "diag and trace": (lambda x: np.diag(x) * np.trace(x), SQUARE),
    "triu and tril": (lambda x: np.triu(x) @ np.tril(x), SQUARE),
}


def check(f: Callable[..., Any], x: Any, order: int) -> None:
    """Both modes against a difference along a random direction that crosses no branch; then their derivatives."""
    v = random.standard_normal(np.shape(x)) if np.shape(x) else float(random.standard_normal())
    y = np.asarray(f(x))
    w = random.standard_normal(y.shape) if y.shape else float(random.standard_normal())
    y_dot, x_bar = dc.jvp(f)(x)(v), dc.vjp(f)(x)(w)
    assert np.shape(y_dot) == y.shape
    assert np.shape(x_bar) == np.shape(x)
    truth = adaptive(lambda t: float(np.sum(w * np.asarray(f(x + t * v)))), 0.0, lower=-NEAR, upper=NEAR)
    scale = 1.0 + abs(truth.value)
    assert float(np.sum(w * np.asarray(y_dot))) == pytest.approx(truth.value, abs=4 * truth.error + 1e-12 * scale)
    assert float(np.sum(x_bar * np.asarray(v))) == pytest.approx(truth.value, abs=4 * truth.error + 1e-12 * scale)
    if order > 1:
        check(lambda z: dc.vjp(f)(z)(w), x, order - 1)
        check(lambda z: dc.jvp(f)(z)(v), x, order - 1)


@pytest.mark.parametrize("name", CASES)
def test_both_modes_and_both_second_derivatives(name: str) -> None:
    check(*CASES[name], order=2)


def test_arguments_that_are_containers_of_arrays() -> None:
    layer = {"W": W, "b": np.zeros(2)}
    gradient = dc.grad(lambda p, x: np.sum(np.tanh(x @ p["W"] + p["b"])))(layer, A)
    assert gradient.keys() == {"W", "b"}
    assert gradient["W"] == pytest.approx(A.T @ (1 - np.tanh(A @ W) ** 2))


def test_single_precision_stays_single_precision() -> None:
    x = A.astype(np.float32)
    assert dc.grad(lambda x: np.sum(np.maximum(x, 0) * 2.5))(x).dtype == np.float32


def test_the_determinant_s_gradient_is_the_textbook_s() -> None:
    assert dc.grad(np.linalg.det)(SQUARE) == pytest.approx(np.linalg.det(SQUARE) * np.linalg.inv(SQUARE).T)


@pytest.mark.parametrize("f", [lambda x: np.fft.fft(x), lambda x: np.median(x), lambda x: np.linalg.svd(x)])
def test_what_has_no_rule_is_named(f: Callable[..., Any]) -> None:
    with pytest.raises(TracingError, match=r"fft|median|svd"):
        dc.grad(lambda x: np.sum(f(x)))(SQUARE)
