"""How parameters are filled before training; each function writes into its tensor, unrecorded, and returns it."""

from __future__ import annotations

import math
import warnings
from typing import Any

from diffcompare.autograd.errors import TensorValueError
from diffcompare.autograd.grad_mode import no_grad
from diffcompare.autograd.tensors import Tensor


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Any:
    """Numbers spread evenly over [a, b)."""
    return tensor.uniform_(a, b)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Any:
    """Normally distributed numbers."""
    return tensor.normal_(mean, std)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Any:
    """One number everywhere."""
    return tensor.fill_(val)


def zeros_(tensor: Tensor) -> Any:
    """0 everywhere."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Any:
    """1 everywhere."""
    return constant_(tensor, 1.0)


GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2)}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much a function shrinks the spread of its operand, inverted; `param` is the slope of a leaky relu."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise TensorValueError(f"no gain for {nonlinearity!r}; there are leaky_relu, {', '.join(GAINS)}")
    return GAINS[nonlinearity]


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output has and how many outputs an input; further axes count as so many copies."""
    if tensor.ndim < 2:
        raise TensorValueError(
            f"a tensor of shape {tuple(tensor.shape)} has no fan: it takes two axes, (outputs, inputs)"
        )
    copies = math.prod(tensor.shape[2:])
    return tensor.shape[1] * copies, tensor.shape[0] * copies


def _kaiming(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """The deviation that keeps the spread from layer to layer; 0 for a tensor without entries, with a warning."""
    if not tensor.value.size:
        warnings.warn(f"a tensor of shape {tuple(tensor.shape)} has no entries to fill", stacklevel=4)
        return 0.0
    if mode not in ("fan_in", "fan_out"):
        raise TensorValueError(f"mode {mode!r}: fan_in keeps the spread forward, fan_out backward")
    fan = _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    """Evenly over [-b, b] with b = gain sqrt(3 / fan): the variance stays the same from layer to layer.

    Source: K. He et al., "Delving Deep into Rectifiers", ICCV 2015, equations 10 and 14.
    """
    bound = math.sqrt(3) * _kaiming(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    """Normally distributed with deviation gain / sqrt(fan), as `kaiming_uniform_`."""
    return normal_(tensor, 0.0, _kaiming(tensor, a, mode, nonlinearity))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Any:
    """Evenly over [-b, b] with b = gain sqrt(6 / (fan_in + fan_out)).

    Source: X. Glorot & Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010, equation 16.
    """
    bound = gain * math.sqrt(6 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Any:
    """Normally distributed with deviation gain sqrt(2 / (fan_in + fan_out)), as `xavier_uniform_`."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_calculate_fan_in_and_fan_out(tensor))))
