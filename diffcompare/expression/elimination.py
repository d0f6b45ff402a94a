"""Linear algebra on traced entries, by elimination and by formula.

Pivots are chosen by the values at the point.  No guard is kept: in whatever order the pivots come, the result is the
same function of the entries.  Solutions and determinants of stacks of matrices come one by one.

Source: G. H. Golub, C. F. Van Loan, Matrix Computations, 4th ed., Johns Hopkins 2013, Sections 3.4 and 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression.entries import unboxed
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives.primitive import concrete
from diffcompare.expression.variable import Variable

Rows = list[list[Any]]  # of traced entries and numbers
BLOCK = 3  # rows of a determinant that is written out, n! products, instead of eliminated
LARGEST_BLOCK = 6  # the same where there is no pivot to divide by
absolute, ln, sign, sqrt = (PRIMITIVES[name] for name in ("abs", "ln", "sign", "sqrt"))


class Slogdet(NamedTuple):
    """The sign of a determinant and the logarithm of its absolute value, as NumPy returns them."""

    sign: Any
    logabsdet: Any


def det(a: Any) -> Any:
    """The determinant of a matrix, or of each in a stack."""
    return _each(lambda rows: [reduce(_times, _pivots(rows, BLOCK))], (), a)


def slogdet(a: Any) -> Slogdet:
    """The sign of the determinant and the logarithm of its size, which cannot overflow."""

    def parts(rows: Rows) -> list[Any]:
        factors = _pivots(rows, 1)
        return [reduce(_times, map(sign, factors)), reduce(add, [ln(absolute(p)) for p in factors[1:]])]

    both = _each(parts, (2,), a)
    return Slogdet(unboxed(both[..., 0]), unboxed(both[..., 1]))


def inv(a: Any) -> Any:
    """The inverse; raises NumPy's `LinAlgError` where no pivot is left, as NumPy does."""
    return _each(lambda rows: _solution(rows, np.eye(len(rows)).tolist()), a.shape[-2:], a)


def solve(a: Any, b: Any) -> Any:
    """x with a x = b, a vector or a matrix; raises NumPy's `LinAlgError` where no pivot is left, as NumPy does."""
    vector = np.ndim(b) == 1
    columns = np.asarray(b)[:, None] if vector else np.asarray(b)
    if columns.shape[-2] != a.shape[-1]:
        raise np.linalg.LinAlgError(f"a matrix of {a.shape[-1]} columns and {columns.shape[-2]} right-hand sides")
    x = _each(_solution, columns.shape[-2:], a, columns)
    return x[..., 0] if vector else x


def cholesky(a: Any, *, upper: bool = False) -> Any:
    """The triangular factor, from the lower triangle of a (the upper one where `upper`), as NumPy reads it."""
    factor = _each(_factor, a.shape[-2:], np.swapaxes(a, -1, -2) if upper else a)
    return np.swapaxes(factor, -1, -2) if upper else factor


def _each(function: Callable[..., list[Any]], shape: tuple[int, ...], *operands: Any) -> Any:
    """A function of matrices, given row by row, on stacks of them; it lists the entries of a result of that shape."""
    arrays = [np.asarray(operand) for operand in operands]
    rows, columns = arrays[0].shape[-2:] if arrays[0].ndim > 1 else (0, 1)
    if rows != columns:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    lead = np.broadcast_shapes(*(array.shape[:-2] for array in arrays))
    stacks = [np.broadcast_to(a, (*lead, *a.shape[-2:])).reshape(-1, *a.shape[-2:]) for a in arrays]
    found = [entry for matrices in zip(*stacks, strict=True) for entry in function(*(m.tolist() for m in matrices))]
    return np.fromiter(found, dtype=object, count=len(found)).reshape((*lead, *shape))


def _solution(rows: Rows, right: Rows) -> list[Any]:
    """Elimination with the largest pivot of each column, then back substitution."""
    n, width = len(rows), len(right[0]) if right else 0
    rows = [[*left, *beside] for left, beside in zip(rows, right, strict=True)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: _size(rows[i][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        if _size(rows[k][k]) == 0:
            raise np.linalg.LinAlgError("Singular matrix")
        for i in range(k + 1, n):
            _eliminate(rows[i], rows[k], k)
    x: Rows = [[]] * n
    for k in reversed(range(n)):
        line = rows[k][n:]
        for j in range(k + 1, n):
            line = [_plus(line[c], rows[k][j], x[j][c], -1) for c in range(width)]
        x[k] = [entry if _is(entry, 0) else entry / rows[k][k] for entry in line]
    return [entry for line in x for entry in line]


def _pivots(rows: Rows, block: int) -> list[Any]:
    """Factors of the determinant: the sign of the exchanges, pivots, and the last `block` rows written out.

    The pivot is the largest entry of all that is left, so that where it is negligible everything left is, and the
    determinant of that block, a sum of products, has the right derivatives where the matrix is singular.
    """
    n = len(rows)
    scale = max((_size(entry) for row in rows for entry in row), default=0.0)
    negligible = n * np.finfo(float).eps * scale
    factors: list[Any] = [1.0]
    k = 0
    while n - k > block:
        i, j = max(((i, j) for i in range(k, n) for j in range(k, n)), key=lambda ij: _size(rows[ij[0]][ij[1]]))
        if _size(rows[i][j]) <= negligible and n - k <= LARGEST_BLOCK:
            break
        if _size(rows[i][j]) == 0:
            raise TracingError(f"the determinant of a {n} x {n} matrix of rank {k} cannot be traced")
        rows[k], rows[i] = rows[i], rows[k]
        for row in rows:
            row[k], row[j] = row[j], row[k]
        factors[0] *= (-1) ** ((i != k) + (j != k))
        factors.append(rows[k][k])
        for row in rows[k + 1 :]:
            _eliminate(row, rows[k], k)
        k += 1
    return [*factors, _written_out([row[k:] for row in rows[k:]])]


def _written_out(rows: Rows) -> Any:
    """A determinant expanded along its first row (P. S. Laplace)."""
    if not rows:
        return 1.0
    total: Any = 0.0
    for j, entry in enumerate(rows[0]):
        minor = _written_out([[*row[:j], *row[j + 1 :]] for row in rows[1:]])
        total = _plus(total, entry, minor, 1 if j % 2 == 0 else -1)
    return total


def _factor(rows: Rows) -> list[Any]:
    """The lower triangular factor, column by column."""
    n = len(rows)
    factor: Rows = [[0.0] * n for _ in range(n)]
    for j in range(n):
        for i in range(j, n):
            rest = rows[i][j]
            for k in range(j):
                rest = _plus(rest, factor[i][k], factor[j][k], -1)
            if i == j and not concrete(rest) > 0:
                raise np.linalg.LinAlgError("Matrix is not positive definite")
            factor[i][j] = sqrt(rest) if i == j else rest / factor[j][j]
    return [entry for line in factor for entry in line]


def _eliminate(row: list[Any], pivot: list[Any], k: int) -> None:
    """Subtract the multiple of the pivot's row that makes entry k zero."""
    if not _is(row[k], 0):
        multiple = row[k] / pivot[k]
        row[k + 1 :] = [_plus(y, multiple, x, -1) for y, x in zip(row[k + 1 :], pivot[k + 1 :], strict=True)]
    row[k] = 0.0


def _plus(total: Any, x: Any, y: Any, sign_of_product: int) -> Any:
    """total + x y or total - x y, without recording products and sums with plain zeros and ones."""
    if _is(x, 0) or _is(y, 0):
        return total
    product = _times(x, y)
    if _is(total, 0):
        return product if sign_of_product > 0 else -product
    return total + product if sign_of_product > 0 else total - product


def _times(x: Any, y: Any) -> Any:
    return y if _is(x, 1) else x if _is(y, 1) else x * y


def _is(entry: Any, number: int) -> bool:
    """Whether an entry is this number, and not only at the point."""
    return not isinstance(entry, Variable) and bool(entry == number)


def _size(entry: Any) -> float:
    return float(abs(concrete(entry)))
