"""Operations in place: what they may write to, the version they count, and the history they leave.

A write replaces the history of the written tensor by that of what was written; a write through a view replaces that of
its base, and the views of the base find their history anew when they are asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorIndexError
from diffcompare.autograd.grad_mode import MODE
from diffcompare.autograd.graph import CONSTANT, Edge, Node
from diffcompare.autograd.operands import ADVICE
from diffcompare.autograd.shaping import held_by, plain_key
from diffcompare.autograd.tables import holding
from diffcompare.autograd.tensors import Tensor, fresh
from diffcompare.autograd.types import RANK
from diffcompare.expression.primitives.indexing import index
from diffcompare.expression.primitives.structural import Structural, reshape


def overwrite(chain: tuple[Structural, ...] = (), key: Any = ...) -> Structural:
    """The first operand with the second written at `key` of the view that `chain` leads to: additive in both."""

    def function(x: Any, y: Any) -> Any:
        result = np.array(x, order="C")
        if not chain:
            result[key] = y
            return result
        places = np.arange(result.size).reshape(result.shape)
        for primitive in chain:
            places = primitive.value(places)
        result.reshape(-1)[places[key]] = y
        return result

    def pullback(k: int, v_bar: Any, v: Any, x: tuple[Any, ...]) -> Any:
        if k == 0:
            return overwrite(chain, key)(v_bar, 0.0)
        for primitive in chain:
            v_bar = primitive(v_bar)
        return index(key)(v_bar)

    def pushforward(k: int, x_dot: Any, v: Any, x: tuple[Any, ...]) -> Any:
        return overwrite(chain, key)(x_dot, 0.0) if k == 0 else overwrite(chain, key)(np.zeros_like(x[0]), x_dot)

    return Structural("overwrite", 2, function, pullback, pushforward, parameters=str(key))


def assign(tensor: Tensor, key: Any, source: Any) -> Tensor:
    """Write a tensor or a number at a place of a tensor; `...` is all of it."""
    held = held_by(key)
    key = plain_key(key)
    _check(tensor, source)
    place = _place(tensor, key)
    if isinstance(source, Tensor) and source.ndim > place.ndim:
        source = _without_leading_ones(source, place.shape)
    recorded = MODE.records and (tensor.requires_grad or (isinstance(source, Tensor) and source.requires_grad))
    root, chain = (tensor, ()) if tensor._view is None else (tensor._view.base, tensor._view.chain)
    edges: tuple[Edge, ...] = (root.edge(), source.edge() if isinstance(source, Tensor) else None)
    _write(tensor, key, source._array if isinstance(source, Tensor) else source)
    if recorded:
        _rebase(root, overwrite(chain, key), edges, source)
        if held:
            holding(root, held)
    return tensor


def update(tensor: Tensor, operation: Callable[[Tensor], Tensor]) -> Tensor:
    """Replace a tensor by what the operation makes of it.

    The operation sees a copy where it is recorded, since what it keeps of its operand must not change.
    """
    _check(tensor, None)
    before = fresh(np.array(tensor._array), node=tensor.grad_fn) if MODE.records else tensor
    result = operation(before)
    _check(tensor, result)
    found, wanted = result._array, tensor._array
    if found.shape != wanted.shape:
        raise TensorError(f"the result has shape {found.shape}, and the tensor of shape {wanted.shape} cannot grow")
    if RANK[found.dtype.kind] > RANK[wanted.dtype.kind]:
        raise TensorError(f"the result is {result.dtype}, which a tensor of {tensor.dtype} cannot hold")
    view = tensor._view
    edges = (None if view is None else view.base.edge(), result.edge())
    _write(tensor, ..., found)
    if not MODE.records or not (result.requires_grad or tensor.requires_grad):
        return tensor
    if view is not None:
        _rebase(view.base, overwrite(view.chain), edges, result)
    elif result._node is not None:
        result._node.moved(tensor._array, tensor._versions)
        _lead(tensor, result._node)
    return tensor


def _check(tensor: Tensor, source: Any) -> None:
    """Raise `TensorError` where a write is not allowed."""
    if tensor._versions is None and not MODE.inference:
        raise TensorError("a tensor made in inference mode can be written in inference mode only; write x.clone()")
    if not tensor._array.flags.writeable:
        raise TensorError("several entries of this tensor share one place in memory; write y = x.clone() first")
    if not MODE.records:
        return
    view = tensor._view
    if tensor._flag or (view is not None and view.base._flag):
        what = "a leaf" if view is None else "a view of a leaf"
        raise TensorError(
            f"{what} that requires a gradient was to be changed in place; do it under torch.no_grad(), or write "
            "y = x + 1 instead of x.add_(1)"
        )
    if view is None or (view.recorded and not view.several):
        return
    if view.base.requires_grad or (isinstance(source, Tensor) and source.requires_grad):
        raise TensorError(
            "one of several views that one function gave (unbind, split, chunk, iteration) was to be changed in place; "
            "write y[i] = ... instead"
            if view.several
            else "a view made under no_grad was to be changed in place while operations are recorded; do both in one "
            "mode"
        )


def detach_(tensor: Tensor) -> Tensor:
    """Become a leaf that requires no gradient; `TensorError` for a view, whose history is that of its base."""
    if tensor._view is not None:
        raise TensorError("a view cannot be detached in place; write y = x.detach()")
    tensor._node, tensor._flag = None, False
    return tensor


def _place(tensor: Tensor, key: Any) -> np.ndarray[Any, Any]:
    try:
        return np.asarray(tensor._array[key])
    except IndexError as error:
        raise TensorIndexError(str(error)) from error


def _write(tensor: Tensor, key: Any, array: Any) -> None:
    try:
        tensor._array[key] = array
    except (ValueError, TypeError) as error:
        shapes = f"{np.shape(array)} into {np.shape(tensor._array[key])}"
        raise TensorError(f"writing shape {shapes}: {ADVICE['overwrite']}") from error
    if tensor._versions is not None:
        tensor._versions[0] += 1


def _without_leading_ones(source: Tensor, shape: tuple[int, ...]) -> Any:
    lead = source.ndim - len(shape)
    return reshape(source.shape[lead:])(source) if source.shape[:lead] == (1,) * lead else source


def _rebase(root: Tensor, primitive: Structural, edges: Sequence[Edge], source: Any) -> None:
    """Give the root the history of the write: what it was, with the source written into it."""
    array = source._array if isinstance(source, Tensor) else source
    _lead(root, Node(primitive, edges, [root._array, array], [CONSTANT, CONSTANT], root._array, root._versions))


def _lead(tensor: Tensor, node: Node) -> None:
    """Put a tensor at the end of another history; where its grad is retained, that of the new value is."""
    old, tensor._node = tensor._node, node
    if old is not None and old.keeper is not None:
        node.keeper, old.keeper = old.keeper, None
