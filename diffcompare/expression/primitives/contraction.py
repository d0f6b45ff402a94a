"""Products of whole arrays: the matrix product, and sums of products by subscripts."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompare.expression.primitives.structural import Structural, reshape, shape_of, transpose, unbroadcast


def _matmul_pullback(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
    """dX = dY Wᵀ and dW = Xᵀ dY, with broadcast leading axes added up."""
    other = _swapped(x[1 - k])
    product = matmul(v_bar, other) if k == 0 else matmul(other, v_bar)
    return unbroadcast(product, shape_of(x[k]))


def _swapped(x: Any) -> Any:
    n = len(shape_of(x))
    return transpose((*range(n - 2), n - 1, n - 2))(x)


matmul: Structural = Structural("matmul", 2, np.matmul, _matmul_pullback)


def matrix_product(x: Any, y: Any) -> Any:
    """x @ y with NumPy's conventions for vectors: a vector is a row on the left and a column on the right."""
    a, b = shape_of(x), shape_of(y)
    left = reshape((1, *a))(x) if len(a) == 1 else x
    right = reshape((*b, 1))(y) if len(b) == 1 else y
    product = matmul(left, right)
    shape = shape_of(product)
    if len(a) == 1:
        shape = (*shape[:-2], shape[-1])
    if len(b) == 1:
        shape = shape[:-1]
    return product if shape == shape_of(product) else reshape(shape)(product)
