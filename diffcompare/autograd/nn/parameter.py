"""Parameter: a tensor that a module registers when it becomes one of its attributes."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompare.autograd.tensors import Tensor


class Parameter(Tensor):
    """A leaf that requires a gradient in every grad mode; it shares the memory of `data`.

    >>> import diffcompare.autograd as torch
    >>> Parameter(torch.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        parameter: Parameter = super().__new__(cls)
        parameter._set(np.empty(0, dtype=np.float32) if data is None else data.value)
        if data is not None and data._versions is None:
            parameter._versions = None
        parameter.requires_grad = requires_grad
        return parameter

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        """`data` and `requires_grad` are taken care of by `__new__`, which copies and pickles need too."""

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"

    def summary(self, kind: str) -> str:
        """One line for the lists and dictionaries of parameters."""
        return f"Parameter containing: [{kind} of size {'x'.join(map(str, self.shape))}]"


def as_parameter(value: Any) -> Parameter:
    """The parameter itself, or a new one around a tensor."""
    return value if isinstance(value, Parameter) else Parameter(value)
