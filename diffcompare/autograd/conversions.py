"""Out of tensors again: Python numbers, arrays, other number types, copies and pickles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorTypeError, TensorValueError
from diffcompare.autograd.shaping import clone, unbind
from diffcompare.autograd.tables import named
from diffcompare.autograd.tensors import Tensor, fresh
from diffcompare.autograd.types import as_dtype, device
from diffcompare.expression.primitives.structural import cast


def item(x: Tensor) -> Any:
    """The only entry as a Python number."""
    if x.value.size != 1:
        raise TensorError(f"a tensor of {x.value.size} entries, shape {tuple(x.shape)}, is no single number")
    return x.value.item()


def as_bool(x: Tensor) -> bool:
    """Whether the only entry is not 0."""
    if x.value.size != 1:
        raise TensorError(f"a tensor of shape {tuple(x.shape)} is neither true nor false; write x.any() or x.all()")
    return bool(x.value)


def _as_number(kind: type) -> Any:
    def convert(x: Tensor) -> Any:
        if x.value.size != 1:
            raise TensorValueError(f"a tensor of {x.value.size} entries is no single {kind.__name__}")
        return kind(x.value.item())

    return convert


def as_index(x: Tensor) -> int:
    """The only entry, a whole number, as an index."""
    if x.value.size != 1 or x.value.dtype.kind not in "iub":
        raise TensorTypeError("only a tensor of one whole number is an index")
    return int(x.value.item())


def tolist(x: Tensor) -> Any:
    """Nested lists of Python numbers."""
    return x.value.tolist()


def numpy(x: Tensor, *, force: bool = False) -> Any:
    """The array of the entries, which shares their memory; `force` leaves the history behind."""
    if x.requires_grad and not force:
        raise TensorError("an array has no history, and this tensor has; write x.detach().numpy()")
    return x.value


def as_array(x: Tensor, dtype: Any = None, copy: bool | None = None) -> Any:
    """For `np.array(x)` and `np.asarray(x)`."""
    return np.array(numpy(x), dtype=dtype, copy=copy)


def length(x: Tensor) -> int:
    """The length of the first axis."""
    if not x.ndim:
        raise TensorTypeError("a tensor without axes has no length")
    return len(x.value)


def rows(x: Tensor) -> Iterator[Any]:
    """The parts along the first axis."""
    if not x.ndim:
        raise TensorTypeError("a tensor without axes cannot be iterated; write x.item()")
    return iter(unbind(x))


def contains(x: Tensor, value: Any) -> bool:
    """Whether an entry equals the value."""
    return bool(np.any(x.value == (value.value if isinstance(value, Tensor) else value)))


def formatted(x: Tensor, form: str) -> str:
    """A single number in the given form; any tensor in none."""
    return format(x.value.item(), form) if not x.ndim else format(repr(x), form)


def to(x: Tensor, *wanted: Any, dtype: Any = None, device: Any = None, copy: bool = False) -> Tensor:
    """The tensor in another number type: `to(torch.float64)`, `to(other)`, `to("cpu", torch.float64)`."""
    for thing in (*wanted, device):
        if isinstance(thing, Tensor):
            dtype = thing.dtype
        elif thing is not None:
            dtype = _device_or_dtype(thing) or dtype
    kind = x.value.dtype if dtype is None else as_dtype(dtype).dtype
    if kind == x.value.dtype:
        return clone(x) if copy else x
    converted: Tensor = named(cast(kind)(x), "ToCopyBackward0")
    return converted


def _device_or_dtype(thing: Any) -> Any:
    """A number type as it is; for a device, which is where the tensor is already, None."""
    if isinstance(thing, (device, str)):
        device(thing)
        return None
    return as_dtype(thing)


def kind_of(x: Tensor, dtype: Any = None) -> Any:
    """The tensor in another number type, or without one the name of its own."""
    if dtype is None:
        return f"torch.{NAMES.get(x.dtype.name, x.dtype.name.title())}Tensor"
    return to(x, as_dtype(dtype))


NAMES = {"float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long", "int32": "Int", "bool": "Bool"}


def deep_copy(x: Tensor, memo: dict[int, Any]) -> Tensor:
    """A copy of a leaf, with its gradient; `TensorError` for a computed tensor, whose history cannot be copied."""
    if not x.is_leaf:
        raise TensorError("only leaves can be copied deeply; write x.detach().clone()")
    if id(x) not in memo:
        result = type(x).__new__(type(x))
        result._set(np.array(x.value))
        result._flag = x._flag
        if x._grad is not None:
            result._grad = fresh(np.array(x._grad.value))
        memo[id(x)] = result
    copied: Tensor = memo[id(x)]
    return copied


def reduced(x: Tensor, protocol: int) -> tuple[Any, ...]:
    """For pickle: the entries and whether they require a gradient."""
    if not x.is_leaf:
        raise TensorError("only leaves can be pickled; write x.detach()")
    return _restored, (type(x), x.value, x._flag)


def _restored(kind: type[Tensor], array: Any, flag: bool) -> Tensor:
    result = kind.__new__(kind)
    result._set(array)
    result._flag = flag
    return result


TO_NUMBER = {"__float__": _as_number(float), "__int__": _as_number(int), "__complex__": _as_number(complex)}
