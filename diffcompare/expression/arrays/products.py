"""Products of arrays: matrix, inner, outer and tensor products, sums by subscripts, and the cross product."""

from __future__ import annotations

from functools import reduce
from math import prod
from typing import Any

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression.arrays.axes import axis_of, flat, moved_axes
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.arrays.reductions import total
from diffcompare.expression.arrays.selecting import diagonal
from diffcompare.expression.primitives.contraction import convolution, matrix_product, sum_of_products
from diffcompare.expression.primitives.indexing import index
from diffcompare.expression.primitives.parts import conjugate
from diffcompare.expression.primitives.structural import (
    all_axes,
    is_complex,
    reshape,
    shape_of,
    sum_over,
    transpose,
)


def matmul(x1: Any, x2: Any) -> Any:
    return matrix_product(arrayed(x1), arrayed(x2))


def dot(a: Any, b: Any, out: None = None) -> Any:
    x, y = arrayed(a), arrayed(b)
    if not shape_of(x) or not shape_of(y):
        return x * y
    return matrix_product(x, y) if len(shape_of(y)) <= 2 else tensordot(x, y, ([-1], [-2]))


def vdot(a: Any, b: Any) -> Any:
    return matrix_product(_conjugated(flat(arrayed(a))), flat(arrayed(b)))


def _conjugated(x: Any) -> Any:
    return conjugate(x) if is_complex(x) else x


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return total(_conjugated(arrayed(x1)) * arrayed(x2), axis)


def matvec(x1: Any, x2: Any) -> Any:
    """Matrices times vectors, both with leading axes."""
    return _without_axis(matrix_product(arrayed(x1), index((..., None))(arrayed(x2))), -1)


def vecmat(x1: Any, x2: Any) -> Any:
    """Conjugated vectors times matrices, both with leading axes."""
    row = index((..., None, slice(None)))(_conjugated(arrayed(x1)))
    return _without_axis(matrix_product(row, arrayed(x2)), -2)


def _without_axis(x: Any, axis: int) -> Any:
    return index((..., 0) if axis == -1 else (..., 0, slice(None)))(x)


def inner(a: Any, b: Any) -> Any:
    x, y = arrayed(a), arrayed(b)
    return tensordot(x, y, ([-1], [-1])) if shape_of(x) and shape_of(y) else x * y


def outer(a: Any, b: Any, out: None = None) -> Any:
    x, y = flat(arrayed(a)), flat(arrayed(b))
    return reshape((*shape_of(x), 1))(x) * reshape((1, *shape_of(y)))(y)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sums of products over pairs of axes: one matrix product of the arrays laid out as matrices."""
    x, y = arrayed(a), arrayed(b)
    n, m = len(shape_of(x)), len(shape_of(y))
    if np.ndim(axes) == 0:
        axes = (range(n - axes, n), range(axes))
    over_x, over_y = ([axis_of(z, int(k)) for k in np.ravel(ends)] for z, ends in zip((x, y), axes, strict=True))
    free_x, free_y = ([k for k in range(k_max) if k not in over] for k_max, over in ((n, over_x), (m, over_y)))
    a_shape, b_shape = shape_of(x), shape_of(y)
    if [a_shape[k] for k in over_x] != [b_shape[k] for k in over_y]:
        raise ValueError("shape-mismatch for sum: tensordot needs axes of equal lengths")
    left = reshape((prod(a_shape[k] for k in free_x), prod(a_shape[k] for k in over_x)))(
        transpose((*free_x, *over_x))(x)
    )
    right = reshape((prod(b_shape[k] for k in over_y), prod(b_shape[k] for k in free_y)))(
        transpose((*over_y, *free_y))(y)
    )
    return reshape((*(a_shape[k] for k in free_x), *(b_shape[k] for k in free_y)))(matrix_product(left, right))


def einsum(*operands: Any, out: None = None, optimize: Any = False, **_: Any) -> Any:
    """Sums of products by subscripts, as a string or as lists of axes."""
    terms, result, arrays = _subscripts(operands)
    sizes: dict[str, int] = {}
    for term, x in zip(terms, arrays, strict=True):
        if len(term) != len(shape_of(x)):
            raise ValueError(f"einsum: {term!r} does not name the {len(shape_of(x))} axes of its operand")
        for letter, n in zip(term, shape_of(x), strict=True):
            if sizes.setdefault(letter, n) == 1:
                sizes[letter] = n
            if n not in (1, sizes[letter]):
                raise ValueError(f"einsum: {letter!r} stands for axes of lengths {n} and {sizes[letter]}")
    reduced = [
        _summed_alone(*_without_repeats(term, x), "".join([result, *terms[:k], *terms[k + 1 :]]), sizes)
        for k, (term, x) in enumerate(zip(terms, arrays, strict=True))
    ]
    return sum_of_products(tuple(term for term, _ in reduced), result)(*(x for _, x in reduced))


def _subscripts(operands: tuple[Any, ...]) -> tuple[list[str], str, list[Any]]:
    """A letter an axis for each operand and for the result, whatever way they were given."""
    if isinstance(operands[0], str):
        text, arrays = operands[0].replace(" ", ""), list(map(arrayed, operands[1:]))
    else:
        arrays = list(map(arrayed, operands[: len(operands) // 2 * 2 : 2]))
        text = ",".join(map(_letters, operands[1 : len(operands) // 2 * 2 : 2]))
        text += f"->{_letters(operands[-1])}" if len(operands) % 2 else ""
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(arrays):
        raise ValueError(f"einsum: {len(terms)} subscripts for {len(arrays)} operands")
    spare = [letter for letter in _ALPHABET if letter not in text]
    hidden = [
        len(shape_of(x)) - len(t.replace("...", "")) if "..." in t else 0 for t, x in zip(terms, arrays, strict=True)
    ]
    shared = "".join(spare[: max(hidden, default=0)])
    terms = [t.replace("...", shared[len(shared) - n :]) for t, n in zip(terms, hidden, strict=True)]
    if not arrow:
        named = "".join(sorted(left.replace("...", "").replace(",", "")))
        right = "..." + "".join(letter for letter in named if named.count(letter) == 1)
    return terms, right.replace("...", shared), arrays


_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _letters(axes: Any) -> str:
    return "".join("..." if axis is Ellipsis else _ALPHABET[axis] for axis in axes)


def _without_repeats(term: str, x: Any) -> tuple[str, Any]:
    """A letter that a term has twice stands for the diagonal of those axes."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            x = diagonal(x, 0, first, second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + letter
    return term, x


def _summed_alone(term: str, x: Any, elsewhere: str, sizes: dict[str, int]) -> tuple[str, Any]:
    """Without the axes that are summed in this operand alone, and those of length 1 that stand for longer ones."""
    alone = tuple(k for k, letter in enumerate(term) if letter not in elsewhere)
    short = [k for k, letter in enumerate(term) if shape_of(x)[k] == 1 and sizes[letter] != 1 and k not in alone]
    x = sum_over(alone)(x) if alone else x
    gone = {*alone, *short}
    kept = [k for k in all_axes(x) if k not in gone]
    return "".join(term[k] for k in kept), reshape(tuple(shape_of(x)[k] for k in kept))(x) if gone else x


def kron(a: Any, b: Any) -> Any:
    x, y = arrayed(a), arrayed(b)
    n = max(len(shape_of(x)), len(shape_of(y)))
    left, right = ((1,) * (n - len(shape_of(z))) + shape_of(z) for z in (x, y))
    blocks = reshape(tuple(k for i in left for k in (i, 1)))(x) * reshape(tuple(k for i in right for k in (1, i)))(y)
    return reshape(tuple(i * j for i, j in zip(left, right, strict=True)))(blocks)


def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = (
        transpose(moved_axes(len(shape_of(z)), where, -1))(z) for z, where in ((arrayed(a), axisa), (arrayed(b), axisb))
    )
    if (shape_of(x)[-1], shape_of(y)[-1]) != (3, 3):
        raise TracingError("np.cross of vectors that have not 3 entries cannot be traced; write x[0]*y[1] - x[1]*y[0]")
    ahead, behind = (index((..., np.array(order)), distinct=True) for order in ((1, 2, 0), (2, 0, 1)))
    product = ahead(x) * behind(y) - behind(x) * ahead(y)
    return transpose(moved_axes(len(shape_of(product)), -1, axisc))(product)


def last_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """np.linalg.cross."""
    return cross(x1, x2, axis=axis)


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    x, y = arrayed(a), arrayed(v)
    n, m = max(shape_of(x)[0], shape_of(y)[0]), min(shape_of(x)[0], shape_of(y)[0])
    starts = {"full": (0, n + m - 1), "same": ((m - 1) // 2, (m - 1) // 2 + n), "valid": (m - 1, n)}
    if mode not in starts:
        raise ValueError(f"np.convolve has no mode {mode!r}; there are {', '.join(starts)}")
    return index((slice(*starts[mode]),))(convolution(x, y))


def multi_dot(arrays: Any, *, out: None = None) -> Any:
    """The product of a chain of matrices, from the left."""
    return reduce(dot, arrays)


def matrix_power(a: Any, n: int) -> Any:
    """A product of squares; of the inverse where n is negative."""
    from diffcompare.expression.primitives.linear_algebra import inverse

    x = arrayed(a)
    if n == 0:
        return np.broadcast_to(np.eye(shape_of(x)[-1]), shape_of(x))
    square, result = inverse(x) if n < 0 else x, None
    for bit in reversed(f"{abs(n):b}"):
        if bit == "1":
            result = square if result is None else matrix_product(result, square)
        square = matrix_product(square, square)
    return result
