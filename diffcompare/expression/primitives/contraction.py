"""Products of whole arrays: the matrix product, and sums of products by subscripts."""

from __future__ import annotations

from string import ascii_letters
from typing import Any

import numpy as np

from diffcompare.expression.primitives.arithmetic import multiply
from diffcompare.expression.primitives.indexing import index, scatter
from diffcompare.expression.primitives.structural import (
    Structural,
    one_each,
    reshape,
    shape_of,
    transpose,
    unbroadcast,
)


def swapped(x: Any) -> Any:
    """The transpose of a matrix, or of each matrix in a stack."""
    if type(x) is np.ndarray:
        return x.mT
    n = len(shape_of(x))
    return transpose((*range(n - 2), n - 1, n - 2))(x)


def _matmul_pullback(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
    """dX = dY Wᵀ and dW = Xᵀ dY, with broadcast leading axes added up."""
    other = swapped(x[1 - k])
    product = matmul(v_bar, other) if k == 0 else matmul(other, v_bar)
    return unbroadcast(product, shape_of(x[k]))


def _matmul_batched(which: tuple[bool, bool], x: Any, y: Any) -> Any:
    """The rows of a batch of matrices in one product, where the other matrix is one; else the stacks as they are."""
    if which == (True, False) and len(shape_of(x)) == 3 and len(shape_of(y)) == 2:
        n, m, k = shape_of(x)
        return reshape((n, m, shape_of(y)[1]))(matmul(reshape((n * m, k))(x), y))
    if which == (False, True) and len(shape_of(x)) == 2 and len(shape_of(y)) == 3:
        return swapped(_matmul_batched((True, False), swapped(y), swapped(x)))
    rank = max(len(shape_of(x)) - which[0], len(shape_of(y)) - which[1])

    def aligned(z: Any, own: bool) -> Any:
        n, *shape = shape_of(z)
        return reshape((n, *(1,) * (rank - len(shape)), *shape))(z) if own else z

    return matmul(aligned(x, which[0]), aligned(y, which[1]))


matmul: Structural = Structural("matmul", 2, np.matmul, _matmul_pullback, batched=_matmul_batched)


def matrix_product(x: Any, y: Any) -> Any:
    """x @ y with NumPy's conventions for vectors: a vector is a row on the left and a column on the right."""
    a, b = shape_of(x), shape_of(y)
    if len(a) == 2 == len(b):
        return matmul(x, y)
    if not a or not b:
        raise ValueError("matmul of a number; write * instead of @")
    left = reshape((1, *a))(x) if len(a) == 1 else x
    right = reshape((*b, 1))(y) if len(b) == 1 else y
    product = matmul(left, right)
    shape = shape_of(product)
    if len(a) == 1:
        shape = (*shape[:-2], shape[-1])
    if len(b) == 1:
        shape = shape[:-1]
    return product if shape == shape_of(product) else reshape(shape)(product)


@one_each
def sum_of_products(terms: tuple[str, ...], result: str) -> Structural:
    """Products of entries, one an operand, summed over the letters that the result lacks.

    No letter twice in a term, and none that stands in one term alone: then the adjoint of an operand is again such a
    sum, with the result's letters in its place (S. Laue, M. Mitterreiter & J. Giesen, "A Simple and Efficient Tensor
    Calculus", AAAI 2020, Theorem 8).
    """
    subscripts = f"{','.join(terms)}->{result}"

    def pullback(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
        rule = sum_of_products((*terms[:k], result, *terms[k + 1 :]), terms[k])
        return rule(*x[:k], v_bar, *x[k + 1 :])

    def batched(which: tuple[bool, ...], *x: Any) -> Any:
        letter = next(c for c in ascii_letters if c not in subscripts)
        longer = tuple([letter + term if own else term for own, term in zip(which, terms, strict=True)])
        return sum_of_products(longer, letter + result)(*x)

    return Structural(
        "einsum", len(terms), lambda *x: np.einsum(subscripts, *x, optimize=len(x) > 2)[()], pullback,
        batched=batched, parameters=subscripts,
    )  # fmt: skip


def weighted_sum(key: tuple[np.ndarray[Any, Any], ...], weights: np.ndarray[Any, Any], divisor: float) -> Structural:
    """The sum of the entries at key, of which none is there twice, times their weights, over a number.

    Of no entry over 0 it is nan, as a mean is.
    """
    shares = weights / (divisor or np.nan)

    def function(x: Any) -> Any:
        return np.add.reduce(x[key] * weights, axis=None) / weights.dtype.type(divisor or np.nan)

    return Structural(
        "weighted_sum", 1, function,
        lambda k, v_bar, v, x: scatter(shape_of(x[0]), key, distinct=True)(multiply(v_bar, shares)),
    )  # fmt: skip


def _convolution_pullback(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
    """The adjoint slides along the other row: the middle of their convolution, that row turned round."""
    n, m = shape_of(x[k])[0], shape_of(x[1 - k])[0]
    return index((slice(m - 1, m - 1 + n),))(convolution(v_bar, index((slice(None, None, -1),))(x[1 - k])))


convolution: Structural = Structural("convolve", 2, np.convolve, _convolution_pullback)
