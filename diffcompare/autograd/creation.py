"""Tensors out of numbers, and out of nothing: `tensor`, `zeros`, `arange`, ..."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorTypeError, TensorValueError
from diffcompare.autograd.tensors import Tensor, fresh
from diffcompare.autograd.types import DEFAULT, as_dtype
from diffcompare.autograd.types import device as device_named


def finished(array: Any, requires_grad: bool, device: Any = None) -> Tensor:
    """A new tensor around an array, on a device that there is."""
    if device is not None:
        device_named(device)
    result = fresh(np.asarray(array))
    if requires_grad:
        result.requires_grad = True
    return result


def size_of(lengths: Sequence[Any]) -> tuple[int, ...]:
    """The shape that f(2, 3) or f((2, 3)) asks for."""
    single = lengths[0] if len(lengths) == 1 and isinstance(lengths[0], (tuple, list)) else lengths
    try:
        shape = tuple(n.__index__() for n in single)
    except AttributeError as error:
        raise TensorTypeError(f"a shape is made of whole numbers, not {tuple(single)!r:.60}") from error
    if any(n < 0 for n in shape):
        raise TensorError(f"a shape with a negative length, {shape}")
    return shape


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new leaf from a number, nested lists or an array, whose entries are copied.

    Python's floats become float32 and its integers int64; an array keeps its number type.

    >>> tensor([[1, 2], [3, 4]]), tensor([0.5]).dtype, tensor(np.zeros(2)).dtype
    (tensor([[1, 2],
            [3, 4]]), torch.float32, torch.float64)
    """
    if isinstance(data, (Tensor, np.ndarray, np.generic)):
        array: Any = np.array(data.value if isinstance(data, Tensor) else data)
    else:
        try:
            array = np.array(_plain(data))
        except ValueError as error:
            raise TensorValueError("nested lists of different lengths make no tensor") from error
        if dtype is None:
            array = array.astype(DEFAULTS.get(array.dtype.kind, array.dtype))
    kind = array.dtype if dtype is None else as_dtype(dtype).dtype
    if array.dtype.kind not in "biufc":
        raise TensorTypeError(f"a tensor holds numbers, not {data!r:.40}")
    return finished(array.astype(as_dtype(kind).dtype, copy=False), requires_grad, device)


DEFAULTS: dict[str, Any] = {"f": DEFAULT, "c": np.dtype(np.complex64), "i": np.dtype(np.int64), "u": np.dtype(np.int64)}


def _plain(data: Any) -> Any:
    """Nested lists with the tensors in them as arrays."""
    if isinstance(data, (list, tuple)):
        return [_plain(item) for item in data]
    return data.value if isinstance(data, Tensor) else data


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """The tensor itself, or one that shares the memory of an array, or a new one."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray) and (dtype is None or data.dtype == as_dtype(dtype)):
        return finished(data, False, device)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    """A tensor that shares the memory of an array."""
    if not isinstance(array, np.ndarray):
        raise TensorTypeError(f"from_numpy takes an array, not {type(array).__name__}")
    as_dtype(array.dtype)
    return finished(array, False)


def _filled(name: str, make: Callable[..., Any]) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    """The function of a shape, and the one of a tensor whose shape and type it takes."""

    def of_shape(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
        kind = DEFAULT if dtype is None else as_dtype(dtype).dtype
        return finished(make(size_of(size), kind), requires_grad, device)

    def like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
        kind = x.value.dtype if dtype is None else as_dtype(dtype).dtype
        return finished(make(x.value.shape, kind), requires_grad, device)

    of_shape.__name__, like.__name__ = name, f"{name}_like"
    of_shape.__doc__ = f"A tensor of a shape, `{name}(2, 3)` or `{name}((2, 3))`."
    like.__doc__ = f"As `{name}`, in the shape and number type of a tensor."
    return of_shape, like


zeros, zeros_like = _filled("zeros", np.zeros)
ones, ones_like = _filled("ones", np.ones)
empty, empty_like = _filled("empty", np.empty)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of a shape with the same number everywhere."""
    value = tensor(fill_value, dtype=dtype).value
    return finished(np.full(size_of([size]), value), requires_grad, device)


def full_like(x: Tensor, fill_value: Any, *, dtype: Any = None) -> Tensor:
    """As `full`, in the shape and number type of a tensor."""
    return full(x.shape, fill_value, dtype=x.dtype if dtype is None else dtype)


def arange(*bounds: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The numbers from start up to but not with end, `arange(end)` or `arange(start, end, step)`."""
    plain = [bound.item() if isinstance(bound, Tensor) else bound for bound in bounds]
    whole = all(isinstance(bound, int) for bound in plain)
    kind = as_dtype(dtype).dtype if dtype is not None else np.dtype(np.int64) if whole else DEFAULT
    return finished(np.arange(*plain).astype(kind), requires_grad, device)


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Evenly spaced numbers from start to end, both included."""
    kind = DEFAULT if dtype is None else as_dtype(dtype).dtype
    return finished(np.linspace(start, end, steps).astype(kind), requires_grad, device)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix, shape (n, n) or (n, m)."""
    return finished(np.eye(n, m, dtype=DEFAULT if dtype is None else as_dtype(dtype).dtype), requires_grad, device)


__all__ = [
    "arange", "as_tensor", "empty", "empty_like", "eye", "from_numpy", "full", "full_like", "linspace", "ones",
    "ones_like", "tensor", "zeros", "zeros_like",
]  # fmt: skip
