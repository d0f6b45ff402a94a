"""Layers and losses: modules around the functions of `functional`."""

from __future__ import annotations

import math
from typing import Any

from diffcompare.autograd.creation import empty
from diffcompare.autograd.nn import functional as F
from diffcompare.autograd.nn import init
from diffcompare.autograd.nn.module import Module
from diffcompare.autograd.nn.parameter import Parameter
from diffcompare.autograd.tensors import Tensor


def _spread(weight: Tensor, bias: Tensor | None) -> None:
    """Evenly over [-1/sqrt(n), 1/sqrt(n)] for the n inputs of an output: Kaiming's bound for a = sqrt(5)."""
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        n, _ = init._calculate_fan_in_and_fan_out(weight)
        bound = 1 / math.sqrt(n) if n else 0.0
        init.uniform_(bias, -bound, bound)


class Identity(Module):
    """What comes in."""

    def forward(self, input: Tensor) -> Any:
        """The operand itself."""
        return input


class Linear(Module):
    """x Wᵀ + b: the lecture's linear layer, with W of shape (outputs, inputs).

    W and b start evenly spread over [-1/sqrt(inputs), 1/sqrt(inputs)], which is Kaiming's bound for a = sqrt(5).

    >>> import diffcompare.autograd as torch
    >>> layer = Linear(4, 3)
    >>> layer, layer(torch.ones(2, 4)).shape
    (Linear(in_features=4, out_features=3, bias=True), torch.Size([2, 3]))
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        self.bias: Parameter | None
        self.register_parameter("bias", Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Fill the parameters anew."""
        _spread(self.weight, self.bias)

    def forward(self, input: Tensor) -> Any:
        """x Wᵀ + b."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Conv2d(Module):
    """The sums of every window of an image times W, of shape (outputs, inputs, k, l), plus b for every output.

    W and b start as those of `Linear`.

    >>> import diffcompare.autograd as torch
    >>> layer = Conv2d(1, 20, 5)
    >>> layer, layer(torch.ones(2, 1, 28, 28)).shape
    (Conv2d(1, 20, kernel_size=(5, 5), stride=(1, 1)), torch.Size([2, 20, 24, 24]))
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, *, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size, self.stride = F.pair(kernel_size), F.pair(stride)
        self.padding, self.dilation = F.pair(padding), F.pair(dilation)
        shape = (out_channels, in_channels, *self.kernel_size)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.bias: Parameter | None
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Fill the parameters anew."""
        _spread(self.weight, self.bias)

    def forward(self, input: Tensor) -> Any:
        """The convolution."""
        return F.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation)

    def extra_repr(self) -> str:
        """The sizes, and what is not as usual."""
        unusual = [
            f", {name}={value}"
            for name, value, usual in (("padding", self.padding, (0, 0)), ("dilation", self.dilation, (1, 1)))
            if value != usual
        ]
        sizes = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        return f"{sizes}{''.join(unusual)}{'' if self.bias is not None else ', bias=False'}"


class ReLU(Module):
    """The positive part; `inplace` overwrites the operand."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Any:
        """max(x, 0)."""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it overwrites."""
        return "inplace=True" if self.inplace else ""


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, input: Tensor) -> Any:
        """tanh(x)."""
        return F.tanh(input)


class Sigmoid(Module):
    """The logistic function."""

    def forward(self, input: Tensor) -> Any:
        """1 / (1 + exp(-x))."""
        return F.sigmoid(input)


class Softmax(Module):
    """exp(x) over its sum along an axis."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Any:
        """The softmax."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """The axis."""
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """ln of the softmax."""

    def forward(self, input: Tensor) -> Any:
        """ln of the softmax."""
        return F.log_softmax(input, self.dim)


class Flatten(Module):
    """The axes from start_dim to end_dim joined into one."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Any:
        """The same entries in fewer axes."""
        return F.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class MSELoss(Module):
    """The mean of the squares of the differences; or their sum, or each."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The loss of outputs against targets."""
        return F.mse_loss(input, target, self.reduction)


class NLLLoss(Module):
    """Minus the log-probability of the right class, which counts for as much as its weight, a buffer."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The loss of log-probabilities against classes."""
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class CrossEntropyLoss(NLLLoss):
    """Minus ln of the softmax at the right class; `label_smoothing` spreads a part of it evenly over the classes."""

    def __init__(
        self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The loss of scores against classes or probabilities."""
        return F.cross_entropy(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )  # fmt: skip
