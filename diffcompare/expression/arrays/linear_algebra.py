"""np.linalg on traced arrays: solving, determinants, factors, eigenvalues and norms."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from diffcompare.expression.arrays.axes import Axis, axes_of, without
from diffcompare.expression.arrays.elementwise import absolute
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.arrays.reductions import extreme, total
from diffcompare.expression.arrays.selecting import diagonal
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives import determinant as determinants
from diffcompare.expression.primitives import linear_algebra as rules
from diffcompare.expression.primitives.indexing import concatenate, index
from diffcompare.expression.primitives.parts import real_part
from diffcompare.expression.primitives.stepwise import step_function
from diffcompare.expression.primitives.structural import dtype_of, is_complex, reshape, shape_of, transpose

exp, power, sqrt = (PRIMITIVES[n] for n in ("exp", "power", "sqrt"))


class SlogdetResult(NamedTuple):
    """As np.linalg.slogdet returns it."""

    sign: Any
    logabsdet: Any


class EighResult(NamedTuple):
    """As np.linalg.eigh returns it."""

    eigenvalues: Any
    eigenvectors: Any


def inv(a: Any) -> Any:
    return rules.inverse(arrayed(a))


def solve(a: Any, b: Any) -> Any:
    a, b = arrayed(a), arrayed(b)
    if len(shape_of(b)) == 1:
        return index((..., 0))(rules.solve(a, index((slice(None), None))(b)))
    return rules.solve(a, b)


def det(a: Any) -> Any:
    return determinants.determinant(arrayed(a))


def slogdet(a: Any) -> Any:
    a = arrayed(a)
    logarithm = determinants.log_determinant(a)
    if is_complex(a):
        return SlogdetResult(det(a) / exp(logarithm), logarithm)
    return SlogdetResult(step_function("sign of det", lambda x: np.linalg.slogdet(x).sign)(a), logarithm)


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    a = arrayed(a)
    return rules.adjoint_of(rules.cholesky(rules.adjoint_of(a))) if upper else rules.cholesky(a)


def eigh(a: Any, UPLO: str = "L") -> Any:
    if UPLO.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    found = rules.eigen_decomposition(UPLO.upper() == "L")(arrayed(a))
    return EighResult(_real(rules.eigenvalues(found)), rules.eigenvectors(found))


def _real(x: Any) -> Any:
    return real_part(x) if is_complex(x) else x


def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return eigh(a, UPLO).eigenvalues


def svdvals(x: Any, /) -> Any:
    """Singular values, the largest first: the upper half of the eigenvalues of [[0, Aᴴ], [A, 0]] (nothing squared).

    Source: G. H. Golub & C. F. Van Loan, Matrix Computations, 4th ed., Johns Hopkins 2013, Section 8.6.1.
    """
    x = arrayed(x)
    *stack, m, n = shape_of(x)
    corner, above, below = (np.zeros((*stack, *size), dtype=dtype_of(x)) for size in ((n, n), (n, m), (m, m)))
    axis = len(stack)
    both = concatenate([concatenate([corner, above], axis + 1), concatenate([x, below], axis + 1)], axis)
    return index((..., slice(None, -1 - min(m, n), -1)))(eigvalsh(both))


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: Any = False) -> Any:  # noqa: A002  NumPy's name
    """Of a vector or a matrix, along one axis or two; of any array, the root of the sum of squares."""
    x = arrayed(x)
    axes = axes_of(x, axis)
    if ord is None or (ord == 2 and len(axes) == 1) or (ord in ("fro", "f") and len(axes) == 2):
        return _length(x, axes, keepdims)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ValueError("a norm of this order needs one axis, or two")


def _length(x: Any, axes: tuple[int, ...], keepdims: Any) -> Any:
    size = absolute(x) if is_complex(x) else x
    return sqrt(total(size * size, axes, keepdims=keepdims))


def _vector_norm(x: Any, order: Any, axes: tuple[int, ...], keepdims: Any) -> Any:
    size = absolute(x)
    if abs(order) == np.inf:
        return extreme(order > 0)(size, axes, keepdims=keepdims)
    if order == 0:
        return total(step_function("is not zero", lambda v: (v != 0).astype(v.dtype))(size), axes, keepdims=keepdims)
    if order == 1:
        return total(size, axes, keepdims=keepdims)
    return power(total(power(size, float(order)), axes, keepdims=keepdims), 1.0 / order)


def _matrix_norm(x: Any, order: Any, axes: tuple[int, ...], keepdims: Any) -> Any:
    rows, columns = axes
    if order in (1, -1, np.inf, -np.inf):
        across, along = (rows, columns) if abs(order) == 1 else (columns, rows)
        sums = total(absolute(x), across, keepdims=True)
        return without(extreme(order > 0)(sums, along, keepdims=True), axes, keepdims)
    n = len(shape_of(x))
    others = tuple(k for k in range(n) if k not in axes)
    values = svdvals(transpose((*others, rows, columns))(x))
    found = {2: extreme(True), -2: extreme(False), "nuc": total}.get(order)
    if found is None:
        raise ValueError(f"a matrix has no norm of order {order!r}")
    result = found(values, -1)
    return reshape(tuple(1 if k in axes else m for k, m in enumerate(shape_of(x))))(result) if keepdims else result


def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: Any = False, ord: Any = 2) -> Any:  # noqa: A002  NumPy's name
    x = arrayed(x)
    axes = axes_of(x, axis)
    return _length(x, axes, keepdims) if ord == 2 else _vector_norm(x, ord, axes, keepdims)


def matrix_norm(x: Any, /, *, keepdims: Any = False, ord: Any = "fro") -> Any:  # noqa: A002  NumPy's name
    return norm(x, ord, (-2, -1), keepdims)


def last_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """np.linalg.diagonal: of the last two axes."""
    return diagonal(x, offset, -2, -1)


def last_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """np.linalg.trace: of the last two axes."""
    return total(diagonal(x, offset, -2, -1), -1, dtype)
