"""Determinants, whose derivatives are right for singular matrices too.

D det(X)[E] = tr(adj(X) E), and as det is a polynomial its higher derivatives are symmetric in their directions, which
is all that turns a pushforward into a pullback here.  The adjugate and its slope are computed by singular values with
nothing divided; only from the third derivative on is the matrix divided by its determinant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompare.errors import NotDifferentiableError
from diffcompare.expression.primitives.arithmetic import add, divide, multiply, subtract
from diffcompare.expression.primitives.contraction import matmul, swapped
from diffcompare.expression.primitives.linear_algebra import inverse
from diffcompare.expression.primitives.parts import real_part
from diffcompare.expression.primitives.structural import Structural, is_complex, reshape, shape_of, sum_over


def trace_of_product(x: Any, y: Any) -> Any:
    """tr(XY) without the product, one number a matrix."""
    n = len(shape_of(x))
    total = sum_over((n - 2, n - 1))(multiply(x, swapped(y)))
    return reshape(shape_of(total)[:-2])(total)


def as_factor(x: Any) -> Any:
    """One number a matrix, in a shape that multiplies matrices."""
    return reshape((*shape_of(x), 1, 1))(x)


def _scaled(x: Any) -> Any:
    return np.asarray(x)[..., None, None]


def _adjugate(x: Any) -> Any:
    """adj(X) = det(U) det(Vᴴ) V adj(S) Uᴴ, where X = U S Vᴴ."""
    u, s, vh = np.linalg.svd(x)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1.0, s[..., None, :]).prod(axis=-1)
    middle = others[..., :, None] * _transposed(u)
    return _scaled(np.linalg.det(u) * np.linalg.det(vh)) * (_transposed(vh) @ middle)


def _adjugate_slope(x: Any, e: Any) -> Any:
    """D adj(X)[E]: that of the diagonal S along Uᴴ E V, whose entries are products of all singular values but two."""
    u, s, vh = np.linalg.svd(x)
    n = s.shape[-1]
    g = _transposed(u) @ e @ _transposed(vh)
    others = np.ones((*s.shape, n), dtype=s.dtype)
    for k in range(n):
        factor = np.broadcast_to(_scaled(s[..., k]), others.shape).copy()
        factor[..., k, :] = factor[..., :, k] = 1
        others *= factor
    apart = np.where(np.eye(n, dtype=bool), 0, others)
    diagonal = (apart * np.einsum("...kk->...k", g)[..., None, :]).sum(axis=-1)
    middle = np.where(np.eye(n, dtype=bool), diagonal[..., None], -apart * g)
    return _scaled(np.linalg.det(u) * np.linalg.det(vh)) * (_transposed(vh) @ middle @ _transposed(u))


def _transposed(x: Any) -> Any:
    return np.swapaxes(x, -1, -2).conj()


def _adjugate_bend(x: Any, e: Any, f: Any) -> Any:
    """D² adj(X)[E, F], from D adj(X)[E] = (tr(adj(X) E) adj(X) - adj(X) E adj(X)) / det(X), for a regular matrix."""
    a, by_e, by_f = adjugate(x), adjugate_slope(x, e), adjugate_slope(x, f)
    products = subtract(
        add(multiply(_trace(by_f, e), a), multiply(_trace(a, e), by_f)),
        add(matmul(matmul(by_f, e), a), matmul(matmul(a, e), by_f)),
    )
    return divide(subtract(products, multiply(_trace(a, f), by_e)), as_factor(determinant(x)))


def _trace(x: Any, y: Any) -> Any:
    return as_factor(trace_of_product(x, y))


def _slope_pullback(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
    direction = swapped(v_bar)
    return swapped(adjugate_slope(x[0], direction) if k == 1 else _adjugate_bend(x[0], direction, x[1]))


def _slope_pushforward(k: int, x_dot: Any, v: Any, x: tuple[Any, ...]) -> Any:
    return adjugate_slope(x[0], x_dot) if k == 1 else _adjugate_bend(x[0], x[1], x_dot)


adjugate_slope: Structural = Structural("adjugate slope", 2, _adjugate_slope, _slope_pullback, _slope_pushforward)

adjugate: Structural = Structural(
    "adjugate", 1, _adjugate, lambda k, v_bar, v, x: swapped(adjugate_slope(x[0], swapped(v_bar))),
    lambda k, x_dot, v, x: adjugate_slope(x[0], x_dot),
)  # fmt: skip

determinant: Structural = Structural(
    "det", 1, np.linalg.det, lambda k, v_bar, v, x: multiply(as_factor(v_bar), swapped(adjugate(x[0]))),
    lambda k, x_dot, v, x: trace_of_product(adjugate(x[0]), x_dot),
)  # fmt: skip


def _regular_inverse(x: Any) -> Any:
    try:
        return inverse(x)
    except np.linalg.LinAlgError as error:
        raise NotDifferentiableError("log |det| of a singular matrix is -inf and has no derivative") from error


def _log_pushforward(k: int, x_dot: Any, v: Any, x: tuple[Any, ...]) -> Any:
    slope = trace_of_product(_regular_inverse(x[0]), x_dot)
    return real_part(slope) if is_complex(slope) else slope


def _log_pullback(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
    return multiply(as_factor(v_bar), swapped(_regular_inverse(x[0])))


log_determinant = Structural("log |det|", 1, lambda x: np.linalg.slogdet(x).logabsdet, _log_pullback, _log_pushforward)
