"""Define-by-run differentiation under PyTorch's names: tensors, grad modes, modules and optimisers.

A tensor records on the project's primitives, and `backward` asks the project's reverse mode for every adjoint: there
is no second table of rules.

>>> import diffcompare.autograd as torch
>>> x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

import math as _math
from difflib import get_close_matches as _get_close_matches
from typing import Any

from diffcompare.autograd import backward as autograd  # torch.autograd.grad and torch.autograd.backward
from diffcompare.autograd import creation as _creation
from diffcompare.autograd import nn, optim, types
from diffcompare.autograd import random as _random
from diffcompare.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from diffcompare.autograd.methods import FUNCTIONS_OF_TENSORS as _FUNCTIONS
from diffcompare.autograd.pointwise import where
from diffcompare.autograd.shaping import cat, stack
from diffcompare.autograd.tensors import Tensor
from diffcompare.autograd.types import Size, device, dtype

_NAMES: dict[str, Any] = {
    **{name: getattr(module, name) for module in (_creation, _random) for name in module.__all__},
    **_FUNCTIONS,
    **{kind.name: kind for kind in dtype.of.values()},
    "float": types.float32, "double": types.float64, "half": types.float16, "long": types.int64, "int": types.int32,
    "short": types.int16, "concat": cat, "concatenate": cat, "is_tensor": lambda x: isinstance(x, Tensor),
    "numel": lambda x: x.numel(), "inf": _math.inf, "nan": _math.nan, "pi": _math.pi, "e": _math.e,
}  # fmt: skip

__all__ = [
    "Size", "Tensor", "autograd", "cat", "device", "dtype", "enable_grad", "inference_mode", "is_grad_enabled",
    "is_inference_mode_enabled", "nn", "no_grad", "optim", "set_grad_enabled", "stack", "where",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        near = _get_close_matches(name, _NAMES, n=1)
        advice = f"; the nearest is {near[0]}" if near else ""
        raise AttributeError(f"diffcompare.autograd has no {name!r}{advice}")
    return _NAMES[name]


def __dir__() -> list[str]:
    return sorted({*__all__, *_NAMES})
