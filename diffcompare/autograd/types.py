"""What a tensor's type is made of: number types, shapes, the one device, and the type that mixed operands become."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorTypeError


class dtype:
    """A number type, with its name as PyTorch prints it.

    >>> float32, float32.is_floating_point, float32 == np.float32
    (torch.float32, True, True)
    """

    __slots__ = ("dtype", "name")
    of: ClassVar[dict[np.dtype[Any], dtype]] = {}

    def __init__(self, name: str) -> None:
        self.name = name
        self.dtype = np.dtype(name)  # the attribute by which NumPy takes this for one of its own types
        dtype.of[self.dtype] = self

    @property
    def is_floating_point(self) -> bool:
        """Whether the numbers are real and have fractions."""
        return self.dtype.kind == "f"

    @property
    def is_complex(self) -> bool:
        """Whether the numbers are complex."""
        return self.dtype.kind == "c"

    @property
    def itemsize(self) -> int:
        """Bytes a number."""
        return self.dtype.itemsize

    def __eq__(self, other: object) -> bool:
        if isinstance(other, dtype):
            return self is other
        return self.dtype == other if isinstance(other, (np.dtype, type)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)


bool_, uint8, int8, int16, int32, int64 = map(dtype, ("bool", "uint8", "int8", "int16", "int32", "int64"))
float16, float32, float64 = map(dtype, ("float16", "float32", "float64"))
complex64, complex128 = map(dtype, ("complex64", "complex128"))

DEFAULT = np.dtype(np.float32)
NUMBERS = {bool: np.dtype(bool), int: np.dtype(np.int64), float: DEFAULT, complex: np.dtype(np.complex64)}


def as_dtype(kind: Any) -> dtype:
    """Our number type for one of ours, NumPy's or Python's; `TensorTypeError` where there is none."""
    if isinstance(kind, dtype):
        return kind
    try:
        return dtype.of[NUMBERS[kind] if kind in NUMBERS else np.dtype(kind)]
    except (TypeError, KeyError) as error:
        known = ", ".join(map(repr, dtype.of.values()))
        raise TensorTypeError(f"{kind!r:.40} is not a number type of tensors; there are {known}") from error


class Size(tuple[int, ...]):
    """The shape of a tensor: a tuple that prints as PyTorch's does.

    >>> Size((64, 512)), Size((64, 512)).numel()
    (torch.Size([64, 512]), 32768)
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of entries of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"


class device:
    """Where a tensor lives, which is always the processor: `device("cpu")`."""

    __slots__ = ("type",)
    type: str

    def __init__(self, kind: Any = "cpu") -> None:
        name = kind.type if isinstance(kind, device) else str(kind).partition(":")[0]
        if name != "cpu":
            raise TensorError(f"device {kind!r:.40} is not here; tensors live on device('cpu')")
        self.type = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device)

    def __hash__(self) -> int:
        return hash(self.type)

    def __str__(self) -> str:
        return self.type

    def __repr__(self) -> str:
        return f"device(type={self.type!r})"


CPU = device()


def common_type(operands: Iterable[Any]) -> np.dtype[Any]:
    """The number type in which arrays and Python numbers meet.

    PyTorch's rule: an array without axes, and after it a Python number, counts only where its kind (bool, whole, real,
    complex) is above that of the arrays with axes.

    >>> common_type([np.zeros(3, dtype=np.float32), np.zeros((), dtype=np.float64), 2])
    dtype('float32')
    """
    tiers: list[np.dtype[Any] | None] = [None, None, None]
    for operand in operands:
        found = getattr(operand, "dtype", None)
        tier = 2 if found is None else 0 if operand.ndim else 1
        kind = NUMBERS[type(operand)] if found is None else found
        tiers[tier] = _met(tiers[tier], kind)
    result = None
    for kind in filter(None, tiers):
        if result is None or RANK[kind.kind] > RANK[result.kind]:
            result = kind
    return DEFAULT if result is None else result


RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def _met(a: np.dtype[Any] | None, b: np.dtype[Any]) -> np.dtype[Any]:
    """Two number types on a par: real or complex beside whole numbers stays as it is."""
    if a is None or a == b:
        return b
    low, high = sorted((a, b), key=lambda kind: RANK[kind.kind])
    return high if RANK[low.kind] < min(2, RANK[high.kind]) else np.promote_types(a, b)
