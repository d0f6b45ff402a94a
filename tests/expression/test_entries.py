"""Plain NumPy code on arrays traced entry by entry: the same numbers, the right derivatives, and clear refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import diffcompare as dc
from diffcompare.engines.certified import certify
from diffcompare.errors import DiffCompareError, SourceError, TracingError
from diffcompare.expression.numbers import FLOAT
from diffcompare.measure import Ball

Code = Callable[[Any], Any]

# Functions of one matrix (m, n) with m, n >= 2, by what is tried.
MATRIX: dict[str, Code] = {
    "arithmetic": lambda x: 2 * x - x / 3 + x**2 - (-x) + 1 / (x + 9),
    "broadcasting": lambda x: x * x[0] + x[:, :1] - np.arange(x.shape[1]),
    "a scalar and an array": lambda x: x[0, 0] * x + np.array([1.0, 2.0]) @ x[:2] * x[1, 1] + x.sum() * x,
    "ufuncs": lambda x: np.sin(x) + np.exp(x) * np.hypot(x, 1.0) - np.abs(x) + np.square(x),
    "ufunc methods": lambda x: np.add.reduce(x, axis=1) + np.multiply.outer(x[0], x[1]).sum(),
    "matrix product": lambda x: x @ x.T @ x,
    "products": lambda x: np.dot(x, x.T) + np.inner(x, x) + np.tensordot(x, x, ([1], [1])),
    "einsum": lambda x: np.einsum("ij,kj,ij->ik", x, x, x),
    "outer and kron": lambda x: np.kron(np.outer(x[0], x[1]), x[:1]),
    "sums": lambda x: np.sum(x, axis=0) + x.sum(axis=0, keepdims=True) + np.cumsum(x, axis=0).sum(axis=0) + np.trace(x),
    "means": lambda x: np.mean(x, axis=1) + x.var(axis=1) + np.std(x, axis=1, ddof=1) + x.mean() + np.var(x),
    "products along axes": lambda x: np.prod(x, axis=0) + np.cumprod(x, axis=1)[0],
    "extrema": lambda x: np.max(x, axis=0) - x.min() + np.amax(x) + x.max(axis=1, keepdims=True) + np.ptp(x),
    "softmax": lambda x: np.exp(x - np.max(x, axis=1, keepdims=True)) / np.exp(x - x.max()).sum(),
    "sorting": lambda x: np.sort(x, axis=1) + x[:, np.argsort(x[0])],
    "places of extrema": lambda x: x[np.argmax(x[:, 0])] + x[np.argmin(x, axis=0), np.arange(x.shape[1])],
    "elementwise extrema": lambda x: np.maximum(x, 0.1) + np.minimum(x, x[0]) + np.clip(x, -0.5, 0.5) + x.clip(0, None),
    "choices": lambda x: np.where(x > 0, x**2, -x) + np.select([x > 1, x < -1], [x, 2 * x], 3 * x),
    "conditions": lambda x: np.where((x > -1) & ~(x > 1), x, 0.0) + np.where(np.logical_or(x > 2, x < 0), x, 1.0),
    "masks": lambda x: x[x > x[0, 0] - 99.0].sum() + np.sum(x[np.where(x > 0)]) + np.count_nonzero(x > 0) * x,
    "branches": lambda x: x * 2 if np.all(x > -9) and (x < 9).all() and not np.any(np.isnan(x)) else -x,
    "shapes": lambda x: np.moveaxis(np.reshape(x, (1, -1)).T[:, None], 0, 2) + x.ravel()[::-1],
    "joining": lambda x: np.concatenate([x, np.vstack([x, 2 * x]), np.stack([x[0], x[1]])]) + np.hstack([x[0, :1]]),
    "taking apart": lambda x: np.split(x, 2, axis=0)[1] + x[[-1, 0, 0]][:, ::-1][:1] if len(x) % 2 == 0 else x[1:],
    "repeating": lambda x: np.tile(x, (2, 1)) + np.repeat(x, 2, axis=0) + np.pad(x, ((0, len(x)), (0, 0))),
    "turning": lambda x: np.flip(x) + np.roll(x, 1, axis=0) + np.rot90(x, 2) + np.fliplr(x),
    "triangles": lambda x: np.triu(x) + 2 * np.tril(x, -1) + np.diag(np.diag(x)).sum() + np.ones_like(x),
    "differences": lambda x: np.diff(x, axis=1) + np.trapezoid(x).sum() + np.vdot(x, x),
    "norms": lambda x: np.linalg.norm(x) + np.sum(np.linalg.norm(x, axis=1)) + np.linalg.norm(x[0], 3),
    "largest norms": lambda x: np.linalg.norm(x, 1) + np.linalg.norm(x[0], np.inf) - np.linalg.norm(x, -1, None, True),
    "ties": lambda x: np.max(x[[0, 0]], axis=0) + np.min(np.stack([x, x + 1, x])) + np.max(np.abs(x - x)),
    "python": lambda x: [sum(row @ row for row in x), [x[0, 0], x[-1, -1] * len(x)]],
    "vectorized": lambda x: np.vectorize(lambda v: v * v if v > 0 else -v, otypes=[object])(x),
}  # fmt: skip

# Functions of one square matrix, made safely invertible first.
SQUARE: dict[str, Code] = {
    "det": lambda x: np.linalg.det(_dominant(x)),
    "slogdet": lambda x: np.stack(np.linalg.slogdet(-_dominant(x))),
    "inv": lambda x: np.linalg.inv(_dominant(x)) + np.linalg.inv(np.stack([_dominant(x), 2 * _dominant(x)]))[1],
    "solve a vector": lambda x: np.linalg.solve(_dominant(x), x[0]),
    "solve a matrix": lambda x: np.linalg.solve(_dominant(x), x[:, :2]) @ np.ones((2, 1)),
    "cholesky": lambda x: np.linalg.cholesky(x @ x.T + np.eye(len(x))),
    "the upper factor": lambda x: np.linalg.cholesky(x @ x.T + np.eye(len(x)), upper=True),
    "powers": lambda x: np.linalg.matrix_power(x, 3) + np.linalg.multi_dot([x, x.T, x]),
}


def _dominant(x: Any) -> Any:
    return x + (3 * len(x) + 1) * np.eye(len(x))


def matrices(square: bool, low: float = -3.0) -> st.SearchStrategy[np.ndarray[Any, Any]]:
    """Matrices with two to four rows and columns, of numbers with a few digits, so that ties occur."""
    sizes = st.integers(2, 4)
    shapes = sizes.map(lambda n: (n, n)) if square else st.tuples(sizes, sizes)
    return arrays.arrays(float, shapes, elements=st.integers(int(8 * low), 24).map(lambda n: n / 8 + 1 / 64))


def _cases(table: dict[str, Code], square: bool) -> list[Any]:
    return [pytest.param(code, square, id=name) for name, code in table.items()]


every_case = pytest.mark.parametrize(("code", "square"), _cases(MATRIX, False) + _cases(SQUARE, True))
quickly = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


def _flat(result: Any) -> np.ndarray[Any, Any]:
    return np.concatenate([_flat(r) for r in result]) if isinstance(result, (list, tuple)) else np.ravel(result)


@every_case
@quickly
@given(data=st.data())
def test_traced_code_computes_what_plain_numpy_computes(code: Code, square: bool, data: st.DataObject) -> None:
    x = data.draw(matrices(square))
    graph = dc.function(code).trace({"x": x})
    expected = _flat(code(x))
    size = np.abs(expected).max()
    assert np.array(graph.values, dtype=float) == pytest.approx(expected, rel=1e-12, abs=1e-12 * size)
    assert graph.holds(FLOAT, x.ravel().tolist())  # at the point, every decision comes out as it was recorded


@every_case
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_entries_and_whole_arrays_have_the_same_derivatives(code: Code, square: bool, data: st.DataObject) -> None:
    """FLINT differentiates the entries, our rules for whole arrays the arrays: two codes with nothing in common."""
    x = data.draw(matrices(square))
    weights = np.sin(1 + np.arange(len(_flat(code(x)))))

    def weighted(x: Any) -> Any:
        return sum(w * y for w, y in zip(weights, dc.function(lambda x: code(x)).outputs({"x": x}), strict=True))

    truth = certify(dc.function(weighted), {"x": x})
    proven = [k for k, entry in enumerate(truth.jacobian[0]) if isinstance(entry, Ball)]
    expected = [float(truth.jacobian[0][k]) for k in proven]
    found = dc.grad(lambda x: sum(np.sum(w * y) for w, y in _split(weights, code(x))))(x).ravel()[proven]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * np.abs(weights).max() * max(1.0, np.abs(x).max()))


def _split(weights: np.ndarray[Any, Any], result: Any) -> list[tuple[Any, Any]]:
    """Parts of a result with the weights of their entries."""
    if not isinstance(result, (list, tuple)):
        return [(weights.reshape(np.shape(result)), result)]
    pairs = []
    for part in result:
        size = len(_flat(part)) if isinstance(part, (list, tuple)) else np.size(part)
        pairs += _split(weights[:size], part)
        weights = weights[size:]
    return pairs


def test_entries_that_tie_share_the_derivative_as_whole_arrays_do() -> None:
    x = np.array([[2.0, 5.0, 5.0], [5.0, 1.0, 0.0]])
    by_entry = dc.gradient(lambda x: np.max(x), at={"x": x})["x"]
    assert by_entry == pytest.approx(np.array([[0.0, 1 / 3, 1 / 3], [1 / 3, 0.0, 0.0]]), rel=4e-16, abs=0)
    assert by_entry == pytest.approx(dc.grad(lambda x: np.max(x))(x), rel=4e-16, abs=0)
    assert certify(dc.function(lambda x: np.max(x)), {"x": x}).reasons  # and a tie is no point to certify


def test_what_was_decided_is_a_guard() -> None:
    graph = dc.function(lambda x: np.max(x) + np.sum(x[x > 0])).trace({"x": [3.0, -1.0, 2.0]})
    assert graph.holds(FLOAT, [4.0, -2.0, 3.0])
    assert not graph.holds(FLOAT, [3.0, -1.0, 9.0])  # another maximum
    assert not graph.holds(FLOAT, [3.0, 1.0, 2.0])  # another mask


def test_no_pivot_is_a_guard() -> None:
    graph = dc.function(lambda A: np.linalg.solve(A, np.ones(2))).trace({"A": [[1.0, 2.0], [3.0, 4.0]]})
    assert graph.guards is None
    other = np.array([[9.0, 2.0], [3.0, 4.0]])  # the largest pivot is elsewhere
    values = graph.replay(FLOAT, other.ravel().tolist())
    assert [values[i] for i in graph.outputs] == pytest.approx(np.linalg.solve(other, np.ones(2)))


REFUSED: list[tuple[Code, str]] = [
    (lambda x: np.linalg.eigvalsh(x)[0], "np.linalg.eigvalsh cannot be traced entry by entry; dc.grad"),
    (lambda x: np.linalg.svd(x)[1], "np.linalg.svd cannot be traced"),
    (lambda x: np.linalg.norm(x, 2), "singular values"),
    (lambda x: np.fft.fft(x), "np.fft.fft cannot be traced"),
    (lambda x: np.interp(x, [0, 1], [0, 2]), "np.interp cannot be traced"),
    (lambda x: x.astype(np.float32), "a cast to float32"),
    (lambda x: np.asarray(x, dtype=float), "plain number"),
    (lambda x: np.linalg.det(np.array([[x[0, 0], 1.0], [2.0, x[1, 1]]])), r"write np.stack\(\[a, b\]\)"),
    (lambda x: x.sort(), r"x = np.sort\(x\)"),
    (lambda x: np.add.at(x, 0, 1.0), "in place"),
    (lambda x: x.fill(0.0), "read-only|in place"),
    (lambda x: x[7], "out of bounds"),
    (lambda x: np.linalg.inv(x - x), "Singular matrix"),
    (lambda x: np.linalg.inv(x[:1]), "square"),
    (lambda x: np.linalg.solve(x, np.ones(3)), "2 columns and 3 right-hand sides"),
    (lambda x: np.linalg.cholesky(-x @ x.T), "not positive definite"),
    (lambda x: np.linalg.det(np.ones((9, 9)) * x[0, 0]), "a 9 x 9 matrix of rank 1"),
]


@pytest.mark.parametrize(("code", "message"), REFUSED)
def test_what_cannot_be_traced_entry_by_entry_says_so_in_one_line(code: Code, message: str) -> None:
    with pytest.raises(DiffCompareError, match=message) as error:
        dc.function(code).trace({"x": [[1.0, 2.0], [3.0, 5.0]]})
    assert "\n" not in str(error.value)
    assert isinstance(error.value, (TracingError, SourceError))


def test_a_trace_that_would_fill_the_memory_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    from diffcompare.errors import BudgetError
    from diffcompare.expression import variable

    monkeypatch.setattr(variable, "MOST_NODES", 1000)
    with pytest.raises(BudgetError, match=r"more than 1000 operations .* dc\.grad"):
        dc.function(lambda x: x @ x).trace({"x": np.ones((10, 10))})
