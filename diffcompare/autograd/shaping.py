"""Functions that move entries: reshaping, axes, joining and taking apart, with PyTorch's arguments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from diffcompare.autograd.creation import size_of
from diffcompare.autograd.errors import TensorError, TensorTypeError
from diffcompare.autograd.tables import holding, named, numpy_spelled, on_arrays
from diffcompare.autograd.tensors import Tensor
from diffcompare.expression.primitives import contraction, structural
from diffcompare.expression.primitives.indexing import index
from diffcompare.expression.primitives.structural import cast


def plain_key(key: Any) -> Any:
    """An index with the tensors in it as arrays; with an ellipsis where it only takes parts, so that it is a view."""
    parts = [_plain_part(part) for part in (key if isinstance(key, tuple) else (key,))]
    if any(part is Ellipsis for part in parts) or any(isinstance(part, np.ndarray) for part in parts):
        return tuple(parts)
    return (*parts, ...)


def _plain_part(part: Any) -> Any:
    if isinstance(part, Tensor):
        return int(part.value) if _is_number(part) else part.value
    return np.array(part) if isinstance(part, (list, range, np.ndarray)) else part


def _is_number(part: Tensor) -> bool:
    return part.ndim == 0 and part.value.dtype.kind in "iu"


def held_by(key: Any) -> list[Tensor]:
    """The masks and tensors of whole numbers in an index, which is not done with their entries before `backward`."""
    parts = key if isinstance(key, tuple) else (key,)
    return [part for part in parts if isinstance(part, Tensor) and not _is_number(part)]


def indexed(x: Tensor, key: Any) -> Any:
    """x[key] by whole numbers, slices, `...`, None, masks and tensors of whole numbers."""
    plain = plain_key(key)
    if any(isinstance(part, np.ndarray) for part in plain):
        return holding(named(index(plain)(x), "IndexBackward0", x), held_by(key))
    name = "SliceBackward0" if any(isinstance(part, slice) for part in plain) else "SelectBackward0"
    return named(index(plain)(x), name, x)


def clone(x: Tensor) -> Any:
    """A copy, through which the gradient goes."""
    return named(cast(x.value.dtype)(x), "CloneBackward0")


def reshape(x: Tensor, *shape: Any) -> Any:
    """The same entries in another shape, `x.reshape(2, -1)`."""
    wanted = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    known = int(np.prod([n for n in wanted if n != -1], dtype=int))
    size = x.value.size
    fits = size % known == 0 if wanted.count(-1) == 1 and known else size == known
    if not fits or wanted.count(-1) > 1:
        raise TensorError(f"{size} entries of shape {tuple(x.shape)} do not fit into shape {wanted}")
    return on_arrays("reshape", "ViewBackward0", x, wanted)


def view(x: Tensor, *shape: Any) -> Any:
    """As `reshape`, where the entries can stay where they are; `view(dtype)` is another number type."""
    result = reshape(x, *shape)
    if not np.shares_memory(result.value, x.value) and x.value.size:
        raise TensorError(f"a view of shape {tuple(result.shape)} needs the entries in another order; write x.reshape")
    return result


def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from start_dim to end_dim joined into one."""
    shape = x.value.shape or (1,)
    first, last = (range(len(shape))[dim] for dim in (start_dim, end_dim))
    if first > last:
        raise TensorError(f"flatten from axis {first} to the earlier axis {last}")
    return reshape(x, (*shape[:first], int(np.prod(shape[first : last + 1], dtype=int)), *shape[last + 1 :]))


def transpose(x: Tensor, dim0: int, dim1: int) -> Any:
    """x with two axes exchanged."""
    return on_arrays("swapaxes", "TransposeBackward0", x, dim0, dim1)


def t(x: Tensor) -> Any:
    """The transpose of a matrix; a vector stays as it is."""
    if x.ndim > 2:
        raise TensorError(f"t() of a tensor of shape {tuple(x.shape)}: it takes matrices; write x.transpose(0, 1)")
    return named(exchange(x) if x.ndim == 2 else reshape(x, x.shape), "TBackward0")


exchange = structural.transpose((1, 0))


def permute(x: Tensor, *dims: Any) -> Any:
    """Axis i of the result is axis dims[i] of x."""
    order = tuple(dims[0]) if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
    if len(order) != x.ndim:
        raise TensorError(f"permute takes every axis once: {order} for shape {tuple(x.shape)}")
    return on_arrays("transpose", "PermuteBackward0", x, order)


def movedim(x: Tensor, source: Any, destination: Any) -> Any:
    """x with axes moved to other places."""
    return on_arrays("moveaxis", "PermuteBackward0", x, source, destination)


def squeeze(x: Tensor, dim: Any = None) -> Any:
    """x without the axes of length 1, or without those of the given ones that have length 1."""
    if dim is None:
        return on_arrays("squeeze", "SqueezeBackward0", x)
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    axes = tuple(d for d in dims if x.ndim and x.value.shape[d] == 1)
    return on_arrays("squeeze", "SqueezeBackward1" if isinstance(dim, int) else "SqueezeBackward2", x, axes)


def unsqueeze(x: Tensor, dim: int) -> Any:
    """x with a new axis of length 1."""
    return on_arrays("expand_dims", "UnsqueezeBackward0", x, dim)


def expand(x: Tensor, *size: Any) -> Any:
    """x repeated along new axes and axes of length 1, without copying; -1 leaves an axis as it is."""
    wanted = list(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else list(size)
    lead = max(0, len(wanted) - x.ndim)
    shape = (*(1,) * lead, *x.value.shape)
    wanted = [m if n == -1 else n for n, m in zip(wanted, shape, strict=True)]
    if tuple(wanted) == shape:  # every entry keeps a place of its own, and can be written
        return named(index((*(None,) * lead, ...))(x), "ExpandBackward0", x)
    return broadcast_to(x, wanted)


def broadcast_to(x: Tensor, size: Sequence[int]) -> Any:
    """x in a shape that broadcasting gives it."""
    return on_arrays("broadcast_to", "ExpandBackward0", x, size_of([tuple(size)]))


@numpy_spelled
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Any:
    """Tensors one after the other along an axis."""
    return on_arrays("concatenate", "CatBackward0", _several("cat", tensors), axis=dim)


@numpy_spelled
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Any:
    """Tensors of one shape along a new axis."""
    return on_arrays("stack", "StackBackward0", _several("stack", tensors), axis=dim)


def _several(name: str, tensors: Sequence[Tensor]) -> list[Tensor]:
    if isinstance(tensors, Tensor) or not all(isinstance(x, Tensor) for x in tensors):
        raise TensorTypeError(f"{name} takes a list of tensors")
    if not tensors:
        raise TensorError(f"{name} of an empty list")
    return list(tensors)


def split(x: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Parts of a length each, or of the lengths in a list, along an axis."""
    n = x.value.shape[dim]
    size = split_size_or_sections
    lengths = [min(size, n - i) for i in range(0, n, size)] if isinstance(size, int) else list(size)
    if sum(lengths) != n:
        raise TensorError(f"lengths {lengths} for an axis of length {n}")
    ends = np.cumsum(lengths).tolist()
    return _apart("SplitBackward0", (narrow(x, dim, end - n, n) for end, n in zip(ends, lengths, strict=True)))


def chunk(x: Tensor, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most so many parts of equal length, the last one shorter."""
    return split(x, -(-x.value.shape[dim] // chunks) or 1, dim)


def narrow(x: Tensor, dim: int, start: int, length: int) -> Any:
    """The entries from start on along an axis."""
    return indexed(x, (*(slice(None),) * range(x.ndim)[dim], slice(start, start + length)))


def unbind(x: Tensor, dim: int = 0) -> tuple[Any, ...]:
    """The parts along an axis, without it."""
    lead = (slice(None),) * range(x.ndim)[dim]
    return _apart("UnbindBackward0", (indexed(x, (*lead, i)) for i in range(x.value.shape[dim])))


def _apart(name: str, parts: Iterable[Any]) -> tuple[Any, ...]:
    """The views that one function gives, none of which may be written where a gradient goes through."""
    found = tuple(named(part, name) for part in parts)
    for part in found:
        if part._view is not None:
            part._view.several = True
    return found


def index_select(x: Tensor, dim: int, index: Tensor) -> Any:
    """The entries at places along an axis."""
    return indexed(x, (*(slice(None),) * range(x.ndim)[dim], index))


def masked_select(x: Tensor, mask: Tensor) -> Any:
    """The entries where the mask is true, shape (n,)."""
    return indexed(broadcast_to(x, np.broadcast_shapes(x.value.shape, mask.value.shape)), mask)


PRODUCTS = {(1, 1): "DotBackward0", (2, 1): "MvBackward0", (1, 2): "SqueezeBackward4", (2, 2): "MmBackward0"}


def matmul(x: Tensor, y: Tensor) -> Any:
    """The matrix product; a vector is a row on the left and a column on the right, further axes are broadcast."""
    if not isinstance(x, Tensor) or not isinstance(y, Tensor):
        raise TensorTypeError(f"matmul of {type(x).__name__} and {type(y).__name__}: it takes two tensors")
    if x.ndim == 2 == y.ndim:
        return contraction.matmul(x, y)
    if not x.ndim or not y.ndim:
        raise TensorError("matmul of a tensor without axes; write x * y")
    return on_arrays("matmul", PRODUCTS.get((x.ndim, y.ndim), "BmmBackward0"), x, y)
