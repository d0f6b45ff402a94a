"""Linear algebra entry by entry against SymPy's exact matrices, and against NumPy's closed forms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines.certified import certify
from diffcompare.measure import Ball

Matrix = np.ndarray[Any, Any]


def whole_matrices(n: int, low: int = -4, high: int = 4) -> st.SearchStrategy[Matrix]:
    """n x n matrices of small whole numbers, many of them singular."""
    row = st.lists(st.integers(low, high), min_size=n, max_size=n)
    return st.lists(row, min_size=n, max_size=n).map(lambda rows: np.array(rows, dtype=float))


def proven(code: Callable[[Any], Any], a: Matrix) -> list[list[Ball]]:
    """The Jacobian by FLINT; every entry must be proven."""
    found = certify(dc.function(code), {"a": a})
    assert found.reasons == ()
    return [[entry for entry in row if isinstance(entry, Ball)] for row in found.jacobian]


def fractions(matrix: Any) -> list[Fraction]:
    """SymPy's entries, row by row."""
    return [Fraction(int(entry.p), int(entry.q)) for entry in matrix]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_derivative_of_a_determinant_is_the_adjugate_singular_or_not(n: int, data: st.DataObject) -> None:
    import sympy as sp

    a = data.draw(whole_matrices(n, -2, 2))
    (gradient,) = proven(np.linalg.det, a)
    adjugate = sp.Matrix(a.astype(int)).adjugate().T
    assert all(ball.contains(exact) for ball, exact in zip(gradient, fractions(adjugate), strict=True))


@pytest.mark.parametrize("rank", [0, 1, 2, 3, 4, 5])
def test_the_determinant_of_a_matrix_of_any_rank(rank: int) -> None:
    import sympy as sp

    rows = np.vander(np.arange(1.0, 6.0), 5)
    a = np.vstack([rows[:rank], np.outer(np.arange(5 - rank), rows[0] if rank else np.zeros(5))])
    (gradient,) = proven(np.linalg.det, a)
    exact = fractions(sp.Matrix(a.astype(int)).adjugate().T)
    assert all(ball.contains(e) for ball, e in zip(gradient, exact, strict=True))
    assert any(exact) == (rank >= 4)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_the_derivative_of_an_inverse_is_minus_the_inverse_twice(n: int, data: st.DataObject) -> None:
    """d(A^-1)_ij / dA_kl = -(A^-1)_ik (A^-1)_lj, exactly."""
    import sympy as sp

    a = data.draw(whole_matrices(n).filter(lambda a: round(np.linalg.det(a)) != 0))
    inverse = np.array(fractions(sp.Matrix(a.astype(int)).inv()), dtype=object).reshape(n, n)
    expected = [-inverse[i, k] * inverse[m, j] for i in range(n) for j in range(n) for k in range(n) for m in range(n)]
    balls = [ball for row in proven(np.linalg.inv, a) for ball in row]
    assert all(ball.contains(exact) for ball, exact in zip(balls, expected, strict=True))


@settings(max_examples=15, deadline=None)
@given(a=whole_matrices(3).filter(lambda a: round(np.linalg.det(a)) != 0))
def test_solving_is_multiplying_by_the_inverse(a: Matrix) -> None:
    b = np.array([[1.0, -2.0], [0.5, 3.0], [2.0, 0.25]])
    solved = proven(lambda a: np.linalg.solve(a, b), a)
    multiplied = proven(lambda a: np.linalg.inv(a) @ b, a)
    pairs = [(x, y) for one, other in zip(solved, multiplied, strict=True) for x, y in zip(one, other, strict=True)]
    assert all(x.overlaps(y) for x, y in pairs)


@settings(max_examples=10, deadline=None)
@given(a=whole_matrices(3))
def test_cholesky_s_factor_times_its_transpose_is_the_matrix(a: Matrix) -> None:
    """L L^T has the derivatives 0 and 1 by the entries of A, of which NumPy reads the lower triangle."""
    positive = a @ a.T + np.eye(3)

    def product(a: Any) -> Any:
        factor = np.linalg.cholesky(a)
        return factor @ factor.T

    for (i, j), row in zip(np.ndindex(3, 3), proven(product, positive), strict=True):
        read = 3 * max(i, j) + min(i, j)
        assert all(ball.contains(int(k == read)) for k, ball in enumerate(row))


@settings(max_examples=15, deadline=None)
@given(a=whole_matrices(4).filter(lambda a: abs(np.linalg.det(a)) > 0.5))
def test_the_logarithm_of_a_determinant_has_the_inverse_as_its_derivative(a: Matrix) -> None:
    sign, size = dc.function(np.linalg.slogdet)(a)
    assert (sign, size) == pytest.approx(tuple(np.linalg.slogdet(a)))
    gradient = dc.gradient(lambda a: np.linalg.slogdet(a)[1], at={"a": a})["a"]
    assert gradient == pytest.approx(np.linalg.inv(a).T, rel=1e-9, abs=1e-9)
    assert not dc.gradient(lambda a: np.linalg.slogdet(a)[0], at={"a": a})["a"].any()


def test_a_large_determinant_does_not_overflow_in_its_logarithm() -> None:
    graph = dc.function(lambda a: np.linalg.slogdet(a)[1]).trace({"a": np.diag(np.full(8, 1e300))})
    assert graph.values[0] == pytest.approx(8 * np.log(1e300))


def test_stacks_are_matrices_one_by_one() -> None:
    a = np.random.default_rng(0).normal(size=(2, 3, 3, 3))
    b = np.random.default_rng(1).normal(size=(3, 3, 2))
    for code in (np.linalg.det, np.linalg.inv, lambda a: np.linalg.solve(a, b)):
        graph = dc.function(code).trace({"a": a})
        assert np.array(graph.values) == pytest.approx(np.ravel(code(a)), rel=1e-9)
