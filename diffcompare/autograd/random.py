"""Random tensors: one generator for the process, which `manual_seed` starts again.

The numbers are NumPy's (PCG64), not PyTorch's: the same seed gives other numbers there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompare.autograd.creation import finished, size_of
from diffcompare.autograd.errors import TensorError
from diffcompare.autograd.tensors import Tensor
from diffcompare.autograd.types import DEFAULT, as_dtype

_generator = [np.random.default_rng(0)]


def manual_seed(seed: int) -> None:
    """Start the random numbers again, the same for the same seed.

    >>> manual_seed(3)
    >>> x = randn(2)
    >>> manual_seed(3)
    >>> bool((x == randn(2)).all())
    True
    """
    _generator[0] = np.random.default_rng(int(seed) % 2**64)


def _real(dtype: Any) -> np.dtype[Any]:
    kind = DEFAULT if dtype is None else as_dtype(dtype).dtype
    if kind.kind != "f":
        raise TensorError(f"random numbers of {as_dtype(kind)}: ask for real ones, or for randint")
    return kind


def _drawn(normal: bool, shape: tuple[int, ...], kind: np.dtype[Any]) -> Any:
    draw = _generator[0].standard_normal if normal else _generator[0].random
    return draw(shape, dtype=kind) if kind.itemsize >= 4 else draw(shape).astype(kind)


def randn(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Normally distributed numbers of mean 0 and variance 1, in a shape."""
    return finished(_drawn(True, size_of(size), _real(dtype)), requires_grad, device)


def rand(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers spread evenly over [0, 1), in a shape."""
    return finished(_drawn(False, size_of(size), _real(dtype)), requires_grad, device)


def randn_like(x: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """As `randn`, in the shape and number type of a tensor."""
    return randn(x.shape, dtype=x.dtype if dtype is None else dtype, requires_grad=requires_grad)


def rand_like(x: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """As `rand`, in the shape and number type of a tensor."""
    return rand(x.shape, dtype=x.dtype if dtype is None else dtype, requires_grad=requires_grad)


def randint(low: int, high: Any, size: Any = None, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Whole numbers in [low, high), `randint(high, size)` or `randint(low, high, size)`."""
    if size is None:
        low, high, size = 0, low, high
    if low >= high:
        raise TensorError(f"randint from {low} to {high}: there is no whole number between")
    kind = np.dtype(np.int64) if dtype is None else as_dtype(dtype).dtype
    return finished(_generator[0].integers(low, high, size_of([size])).astype(kind), False, device)


def randperm(n: int, *, dtype: Any = None, device: Any = None) -> Tensor:
    """The numbers 0 to n - 1 in random order, shape (n,)."""
    return finished(
        _generator[0].permutation(n).astype(np.int64 if dtype is None else as_dtype(dtype).dtype), False, device
    )


def uniform(shape: tuple[int, ...], low: float, high: float, kind: np.dtype[Any]) -> Any:
    """An array of numbers spread evenly over [low, high)."""
    return _drawn(False, shape, kind) * kind.type(high - low) + kind.type(low)


def normal(shape: tuple[int, ...], mean: float, deviation: float, kind: np.dtype[Any]) -> Any:
    """An array of normally distributed numbers."""
    return _drawn(True, shape, kind) * kind.type(deviation) + kind.type(mean)


__all__ = ["manual_seed", "rand", "rand_like", "randint", "randn", "randn_like", "randperm"]
