"""Sums, means, extrema and other functions that take axes away, with PyTorch's `dim` and `keepdim`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorIndexError, TensorTypeError, TensorValueError
from diffcompare.autograd.tables import POINTWISE, holding, named, on_arrays
from diffcompare.autograd.tensors import Tensor, fresh
from diffcompare.autograd.types import float32
from diffcompare.expression.primitives import softmax as primitives
from diffcompare.expression.primitives.indexing import index
from diffcompare.expression.primitives.structural import Structural, cast, sum_of_all

Dim = int | Sequence[int] | None


def _axes(dim: Dim) -> Any:
    """The axes in the form that the table of arrays takes."""
    return dim if dim is None or isinstance(dim, int) else tuple(dim)


def _over(dim: Dim) -> Any:
    """The axes of a reduction: an empty list asks for all of them, as None does."""
    axes = _axes(dim)
    return None if axes == () else axes


def _one(dim: Any) -> Any:
    """The axis of a function that takes one, or None; `TensorTypeError` for a list."""
    if dim is not None and not hasattr(dim, "__index__"):
        raise TensorTypeError(f"dim is one axis here, not {dim!r:.40}")
    return dim


def sum(x: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum over axes; over all of them where none is given.

    >>> import diffcompare.autograd as torch
    >>> sum(torch.ones(2, 3), 0)
    tensor([2., 2., 2.])
    """
    x = x if dtype is None else x.to(dtype)
    dim = _over(dim)
    if dim is None and not keepdim:
        return named(_of_all(x), "SumBackward0", x)
    return on_arrays("sum", "SumBackward1", x, axis=dim, keepdims=keepdim)


def _of_all(x: Tensor) -> Any:
    """The sum of all entries by its primitive, which is what losses end in."""
    return sum_of_all(x.ndim)(x)


def mean(x: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean over axes; over all of them where none is given."""
    x = x if dtype is None else x.to(dtype)
    if x.value.dtype.kind not in "fc":
        raise TensorError(f"the mean of {x.dtype} is no whole number; write x.float().mean()")
    dim = _over(dim)
    whole = dim is None and not keepdim
    total = _of_all(x) if whole else on_arrays("sum", "SumBackward1", x, axis=dim, keepdims=keepdim)
    n = x.value.size / (total.value.size or 1)
    result = named(POINTWISE["div"](total, n), "MeanBackward0" if whole else "MeanBackward1")
    if result._node is not None:
        result._node.saves = False  # n is a matter of shapes, and not let go
    return result


def var(x: Tensor, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: int = 1) -> Any:
    """The variance over axes, with n - correction in the denominator, or n where not `unbiased`."""
    return on_arrays("var", "VarBackward0", x, axis=_over(dim), ddof=correction if unbiased else 0, keepdims=keepdim)


def std(x: Tensor, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: int = 1) -> Any:
    """The square root of the variance; where all entries are equal, its slope is 0 by convention."""
    return named(_power(var(x, dim, unbiased, keepdim, correction=correction), 0.5), "StdBackward0")


def prod(x: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The product over an axis, or of all entries."""
    x = x if dtype is None else x.to(dtype)
    name = "ProdBackward0" if dim is None else "ProdBackward1"
    result = on_arrays("prod", name, x, axis=_one(dim), keepdims=keepdim)
    if result._view is None:
        return result
    return named(cast(result.value.dtype)(result), name)  # of an axis of length 1, which is in x's memory still


def amax(x: Tensor, dim: Dim = None, keepdim: bool = False) -> Any:
    """The largest entry over axes; entries that tie share the derivative."""
    return on_arrays("max", "AmaxBackward0", x, axis=_over(dim), keepdims=keepdim)


def amin(x: Tensor, dim: Dim = None, keepdim: bool = False) -> Any:
    """The smallest entry over axes; entries that tie share the derivative."""
    return on_arrays("min", "AminBackward0", x, axis=_over(dim), keepdims=keepdim)


class Extreme(NamedTuple):
    """The extreme entries along an axis, and where they are."""

    values: Any
    indices: Any


def _extremum(largest: bool) -> Callable[..., Any]:
    whole, pointwise, place = ("max", "maximum", "argmax") if largest else ("min", "minimum", "argmin")
    title = whole.title()

    def function(x: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is None:
            return on_arrays(whole, f"{title}Backward1", x)
        if isinstance(dim, Tensor):
            return POINTWISE[pointwise](x, dim)
        indices = on_arrays(place, "", x, axis=_one(dim), keepdims=True)
        values = named(take_along(x, indices, dim), f"{title}Backward0", x)
        if keepdim or not x.ndim:
            return Extreme(values, indices)
        return Extreme(
            *(named(on_arrays("squeeze", "", v, axis=dim), f"{title}Backward0", v) for v in (values, indices))
        )

    function.__name__ = whole
    function.__doc__ = f"""The {"largest" if largest else "smallest"} entry, `{whole}(x)`; along an axis with its place,
    `{whole}(x, dim)`, where the first of those that tie has the whole derivative; of two tensors, `{whole}(x, y)`."""
    return function


max, min = _extremum(True), _extremum(False)


def take_along(x: Tensor, indices: Tensor, dim: int) -> Any:
    """x at places along an axis, `indices` of the result's shape; repeated places add their adjoints up."""
    if not x.ndim:
        return index((...,))(x)
    key = list(np.ogrid[tuple(slice(n) for n in indices.value.shape)])
    key[dim] = indices.value
    return holding(named(index(tuple(key))(x), "GatherBackward0", x), [indices])


def gather(x: Tensor, dim: int, index: Tensor) -> Any:
    """x at places along an axis: entry (i, j) is x[index[i, j], j] for dim 0, x[i, index[i, j]] for dim 1."""
    return take_along(x, index, dim)


def argmax(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Where the largest entry is, along an axis or among all entries in order."""
    return on_arrays("argmax", "", x, axis=_one(dim), keepdims=keepdim)


def argmin(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """Where the smallest entry is, along an axis or among all entries in order."""
    return on_arrays("argmin", "", x, axis=_one(dim), keepdims=keepdim)


def all(x: Tensor, dim: Dim = None, keepdim: bool = False) -> Any:
    """Whether all entries hold, over axes."""
    return on_arrays("all", "", x, axis=_axes(dim), keepdims=keepdim)


def any(x: Tensor, dim: Dim = None, keepdim: bool = False) -> Any:
    """Whether any entry holds, over axes."""
    return on_arrays("any", "", x, axis=_axes(dim), keepdims=keepdim)


def cumsum(x: Tensor, dim: int) -> Any:
    """Sums of the entries up to each one, along an axis."""
    return on_arrays("cumsum", "CumsumBackward0", x, axis=dim)


def _largest(x: Tensor, dim: Dim) -> Tensor:
    """The largest entry over axes, as a number that is taken off and has no gradient; 0 where it is infinite."""
    try:
        top = x.value.max(axis=dim, keepdims=True)
    except ValueError as error:
        raise (TensorIndexError if isinstance(error, IndexError) else TensorError)(str(error)) from error
    return fresh(np.where(np.isfinite(top), top, 0))


def logsumexp(x: Tensor, dim: Dim, keepdim: bool = False) -> Any:
    """ln of the sum of exp over axes; the largest entry is taken out first, so that nothing overflows."""
    dim = _over(dim)
    top = _largest(x, dim)
    result = sum((x - top).exp(), dim, keepdim=True).log() + top
    if not keepdim:
        result = on_arrays("squeeze", "", result, axis=dim)
    return named(result, "LogsumexpBackward0", x)


def softmax(x: Tensor, dim: int, dtype: Any = None) -> Any:
    """exp(x) over its sum along an axis."""
    return _along(primitives.softmax, x, dim, dtype)


def log_softmax(x: Tensor, dim: int, dtype: Any = None) -> Any:
    """ln of the softmax, which keeps its digits where the softmax is near 0."""
    return _along(primitives.log_softmax, x, dim, dtype)


def _along(primitive: Callable[[tuple[int, ...]], Structural], x: Tensor, dim: int, dtype: Any) -> Any:
    """The primitive of an axis, on real numbers; a number without axes has one of length 1."""
    if dtype is not None or x._array.dtype.kind in "biu":
        x = x.to(float32 if dtype is None else dtype)
    try:
        axis = range(x.ndim or 1)[_one(dim)]
    except IndexError as error:
        raise TensorIndexError(f"there is no axis {dim} in shape {tuple(x.shape)}") from error
    return primitive((axis,) if x.ndim else ())(x)


def norm(x: Tensor, p: Any = 2, dim: Dim = None, keepdim: bool = False) -> Any:
    """The p-norm of the entries over axes; 2 where p is left out.  Where it is 0, its slope is 0 by convention."""
    if p == "fro":
        p = 2
    if isinstance(p, str) or not p:
        raise TensorValueError(f"norm takes p = 'fro', inf, -inf or a number other than 0, not {p!r:.40}")
    if p in (math.inf, -math.inf):
        result = (amax if p > 0 else amin)(x.abs(), dim, keepdim)
    else:
        result = _power(sum(x * x if p == 2 else _power(x.abs(), p), dim, keepdim), 1 / p)
    return named(result, "LinalgVectorNormBackward0", x)


def _power(x: Tensor, exponent: float) -> Any:
    """x to an exponent, with slope 0 at 0: a norm has a corner there, and 0 is the usual subgradient."""
    at_zero = x.value == 0
    touched = exponent > 0 and bool(at_zero.any())
    if touched:
        x = POINTWISE["where"](at_zero, 1.0, x)
    power = x.sqrt() if exponent == 0.5 else POINTWISE["pow"](x, exponent)
    return POINTWISE["where"](at_zero, 0.0, power) if touched else power
