"""Inverses, solutions, factors and eigenvalues of matrices and of stacks of matrices.

Sources of the rules: M. B. Giles, "Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic
Differentiation", 2008; I. Murray, "Differentiation of the Cholesky decomposition", arXiv:1602.07527, for the factor.
Of a Hermitian matrix NumPy reads the lower triangle alone, so that is where its adjoint stands, as differences of
single entries see it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompare.expression.primitives.arithmetic import add, divide, multiply, negative, subtract
from diffcompare.expression.primitives.contraction import matmul, swapped
from diffcompare.expression.primitives.indexing import concatenate, index
from diffcompare.expression.primitives.parts import conjugate
from diffcompare.expression.primitives.piecewise import equal, where
from diffcompare.expression.primitives.structural import (
    Structural,
    dtype_of,
    is_complex,
    one_each,
    shape_of,
    unbroadcast,
)


def _inverse_slope(v: Any, seed: Any) -> Any:
    return negative(matmul(matmul(v, seed), v))


inverse: Structural = Structural(
    "inv", 1, np.linalg.inv, lambda k, v_bar, v, x: _inverse_slope(swapped(v), v_bar),
    lambda k, x_dot, v, x: _inverse_slope(v, x_dot),
)  # fmt: skip


def _solve_pullback(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
    b_bar = solve(swapped(x[0]), v_bar)
    received = b_bar if k == 1 else negative(matmul(b_bar, swapped(v)))
    return unbroadcast(received, shape_of(x[k]))


def _solve_pushforward(k: int, x_dot: Any, v: Any, x: tuple[Any, ...]) -> Any:
    return solve(x[0], x_dot if k == 1 else negative(matmul(x_dot, v)))


solve: Structural = Structural("solve", 2, np.linalg.solve, _solve_pullback, _solve_pushforward)


def adjoint_of(x: Any) -> Any:
    """The conjugate transpose."""
    return swapped(conjugate(x)) if is_complex(x) else swapped(x)


def _halved(x: Any) -> Any:
    """The lower triangle with half the diagonal."""
    n = shape_of(x)[-1]
    return multiply(x, (np.tri(n, k=-1) + np.eye(n) / 2).astype(np.finfo(dtype_of(x)).dtype, copy=False))


def _mirrored(x_dot: Any) -> Any:
    """The tangent that NumPy sees: the lower triangle, and its mirror image above."""
    lower = _halved(x_dot)
    return add(lower, adjoint_of(lower))


def _as_read(x_bar: Any) -> Any:
    """The adjoint on the lower triangle of what `_mirrored` received: its transpose."""
    return _halved(add(x_bar, adjoint_of(x_bar)))


def _cholesky_pullback(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
    left = solve(swapped(v), _halved(matmul(swapped(v), v_bar)))
    return _as_read(swapped(solve(adjoint_of(v), swapped(left))))


def _cholesky_pushforward(k: int, x_dot: Any, v: Any, x: tuple[Any, ...]) -> Any:
    half = solve(v, _mirrored(x_dot))
    return matmul(v, _halved(adjoint_of(solve(v, adjoint_of(half)))))


cholesky: Structural = Structural("cholesky", 1, np.linalg.cholesky, _cholesky_pullback, _cholesky_pushforward)


def eigenvalues(w: Any) -> Any:
    """The eigenvalues in a result of `eigen_decomposition`, shape (..., n)."""
    return index((..., 0, slice(None)))(w)


def eigenvectors(w: Any) -> Any:
    """The eigenvectors in a result of `eigen_decomposition`, one a column, shape (..., n, n)."""
    return index((..., slice(1, None), slice(None)))(w)


def _over_gaps(turn: Any, v: Any) -> Any:
    """turn_ij / (w_j - w_i), 0 on the diagonal; infinite where eigenvalues tie, unless nothing turns there."""
    n = shape_of(v)[-1]
    w = eigenvalues(v)
    gaps = subtract(index((..., None, slice(None)))(w), index((..., None))(w))
    tie = equal(gaps, 0.0)
    at_ties = where(equal(turn, 0.0), 0.0, np.where(np.eye(n, dtype=bool), 0.0, np.inf))
    return multiply(turn, where(tie, at_ties, divide(1.0, where(tie, 1.0, gaps))))


def _on_diagonal(w: Any) -> Any:
    """Diagonal matrices."""
    return multiply(index((..., None))(w), np.eye(shape_of(w)[-1], dtype=dtype_of(w)))


def _eigh_pullback(v_bar: Any, v: Any) -> Any:
    """The adjoint of the Hermitian matrix, both of its triangles taken as independent."""
    vectors = eigenvectors(v)
    turn = _over_gaps(matmul(swapped(vectors), eigenvectors(v_bar)), v)
    inner = add(_on_diagonal(eigenvalues(v_bar)), turn)
    conjugated = conjugate(vectors) if is_complex(vectors) else vectors
    return matmul(matmul(conjugated, inner), swapped(vectors))


def _eigh_pushforward(x_dot: Any, v: Any) -> Any:
    vectors = eigenvectors(v)
    inner = matmul(matmul(adjoint_of(vectors), x_dot), vectors)
    places = np.arange(shape_of(inner)[-1])
    moved = index((..., None, places, places), distinct=True)(inner)
    return concatenate([moved, matmul(vectors, _over_gaps(inner, v))], len(shape_of(inner)) - 2)


@one_each
def eigen_decomposition(lower: bool) -> Structural:
    """The eigenvalues of a Hermitian matrix in the first row, below them its eigenvectors, one a column."""

    def function(x: Any) -> Any:
        values, vectors = np.linalg.eigh(x, "L" if lower else "U")
        return np.concatenate([values[..., None, :], vectors], axis=-2)

    def read(x: Any) -> Any:
        return x if lower else adjoint_of(x)

    return Structural(
        "eigh", 1, function, lambda k, v_bar, v, x: read(_as_read(_eigh_pullback(v_bar, v))),
        lambda k, x_dot, v, x: _eigh_pushforward(_mirrored(read(x_dot)), v),
    )  # fmt: skip
