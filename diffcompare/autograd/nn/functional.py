"""What layers and losses compute, as functions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorIndexError, TensorTypeError, TensorValueError
from diffcompare.autograd.reductions import log_softmax as _log_softmax
from diffcompare.autograd.reductions import softmax as _softmax
from diffcompare.autograd.shaping import flatten, matmul, movedim, reshape, stack, t
from diffcompare.autograd.tables import POINTWISE, holding, named, on_arrays
from diffcompare.autograd.tensors import Tensor, fresh
from diffcompare.expression.primitives.contraction import weighted_sum
from diffcompare.expression.primitives.indexing import index

__all__ = [
    "conv2d", "cross_entropy", "flatten", "linear", "log_softmax", "mse_loss", "nll_loss", "relu", "sigmoid", "softmax",
    "softplus", "tanh",
]  # fmt: skip

sigmoid, tanh, softplus = POINTWISE["sigmoid"], POINTWISE["tanh"], POINTWISE["softplus"]


def relu(input: Tensor, inplace: bool = False) -> Any:
    """The positive part, entry by entry."""
    return input.relu_() if inplace else POINTWISE["relu"](input)


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Any:
    """x Wᵀ + b, with W of shape (outputs, inputs) and x of shape (..., inputs)."""
    if not isinstance(input, Tensor):
        raise TensorTypeError(f"linear takes a tensor, not {type(input).__name__} {input!r:.40}")
    product = matmul(input, t(weight))
    return product if bias is None else named(product + bias, "AddmmBackward0" if input.ndim == 2 else "AddBackward0")


def pair(lengths: Any) -> tuple[int, int]:
    """A length for both axes of an image, or one for each."""
    found = lengths if isinstance(lengths, (tuple, list)) else (lengths, lengths)
    if len(found) != 2 or not all(isinstance(length, int) for length in found):
        raise TensorTypeError(f"{lengths!r} is no length on an image; write a whole number, or two of them")
    return found[0], found[1]


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Any:
    """The sums of every window of an image times W: images (n, c, rows, columns) or one of them, W (outputs, c, k, l).

    The windows are `stride` apart and their entries `dilation`, in an image with `padding` zeros around it.

    >>> import diffcompare.autograd as torch
    >>> conv2d(torch.ones(1, 3, 3), torch.ones(1, 1, 2, 2))
    tensor([[[4., 4.],
             [4., 4.]]])
    """
    if weight.ndim != 4 or input.ndim not in (3, 4) or input.shape[-3] != weight.shape[1]:
        raise TensorError(
            f"conv2d of shapes {tuple(input.shape)} and {tuple(weight.shape)}: write an image (n, c, rows, columns) or "
            "(c, rows, columns), and weights (outputs, c, k, l) with the same c"
        )
    steps, gaps, (outputs, channels, *kernel) = pair(stride), pair(dilation), weight.shape
    images = input if input.ndim == 4 else input.unsqueeze(0)
    if any(pair(padding)):
        images = on_arrays("pad", "ConstantPadNdBackward0", images, ((0, 0), (0, 0), *((p, p) for p in pair(padding))))
    if min(*steps, *gaps) < 1 or min(pair(padding)) < 0:
        raise TensorError("conv2d: stride and dilation are at least 1, padding at least 0")
    last = [n - gap * (k - 1) for n, gap, k in zip(images.shape[2:], gaps, kernel, strict=True)]
    if min(last) < 1:
        raise TensorError(f"conv2d: a window of {tuple(kernel)} does not fit into {tuple(images.shape[2:])} entries")
    windows = stack(
        [
            images[:, :, k * gaps[0] : k * gaps[0] + last[0] : steps[0], j * gaps[1] : j * gaps[1] + last[1] : steps[1]]
            for k in range(kernel[0])
            for j in range(kernel[1])
        ],
        2,
    )
    n, _, size, rows, columns = windows.shape
    sums = matmul(reshape(weight, outputs, channels * size), reshape(windows, n, channels * size, rows * columns))
    result = reshape(sums, n, outputs, rows, columns)
    result = result if bias is None else result + reshape(bias, outputs, 1, 1)
    return named(result if input.ndim == 4 else result.squeeze(0), "ConvolutionBackward0")


def softmax(input: Tensor, dim: int, dtype: Any = None) -> Any:
    """exp(x) over its sum along an axis."""
    return _softmax(input, dim, dtype)


def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Any:
    """ln of the softmax."""
    return _log_softmax(input, dim, dtype)


def _reduced(losses: Any, reduction: str, name: str) -> Any:
    if reduction not in ("mean", "sum", "none"):
        raise TensorValueError(f"reduction {reduction!r}; there are mean, sum and none")
    return named(losses if reduction == "none" else getattr(losses, reduction)(), name, losses)


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Any:
    """The squares of the differences; their mean, their sum, or each."""
    if input.shape != target.shape:
        warnings.warn(
            f"mse_loss of shapes {tuple(input.shape)} and {tuple(target.shape)}, which are broadcast", stacklevel=2
        )
    return _reduced((input - target) ** 2, reduction, "MseLossBackward0")


def _counted(target: Tensor, classes: int, weight: Tensor | None, ignore_index: int) -> tuple[Any, Any, Any]:
    """The class of every target, whether it counts, and for how much."""
    counted = target.value != ignore_index
    found = np.where(counted, target.value, 0)
    if found.size and (found.min() < 0 or found.max() >= classes):
        raise TensorIndexError(f"classes from {found.min()} to {found.max()}, where there are 0 to {classes - 1}")
    if weight is not None and weight.shape != (classes,):
        raise TensorError(f"weight has shape {tuple(weight.shape)}, and there are {classes} classes")
    return found, counted, counted if weight is None else np.where(counted, weight.value[found], 0)


def _averaged(losses: Any, counted: Any, shares: Any, reduction: str, name: str) -> Any:
    """The losses of the targets that count, reduced; the denominator of the mean is the sum of the shares."""
    if not counted.all():
        losses = POINTWISE["where"](counted, losses, 0.0)
    if reduction == "mean":
        return named(losses.sum() / float(shares.sum()), name)
    return _reduced(losses, reduction, name)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """Minus the entry of the right class: log-probabilities of shape (n, classes, ...), classes of shape (n, ...).

    Every target counts as much as the weight of its class says; those that are `ignore_index` do not count, neither in
    the mean's denominator.
    """
    shape = target.shape
    if input.ndim > 1:
        if input.shape[0] != (shape[0] if shape else 1) or input.shape[2:] != shape[1:]:
            raise TensorValueError(f"scores of shape {tuple(input.shape)} with classes of shape {tuple(shape)}")
        input = reshape(movedim(input, 1, -1), -1, input.shape[1]) if input.ndim > 2 else input
    else:
        input = input.unsqueeze(0)
    classes, counted, shares = _counted(target, input.value.shape[1], weight, ignore_index)
    rows = np.arange(classes.size)
    if reduction in ("mean", "sum"):
        if not counted.all():
            rows = rows[counted.reshape(-1)]
        places = (rows, classes.reshape(-1)[rows])
        weights = -shares.reshape(-1)[rows].astype(input._array.dtype)
        total = float(shares.sum()) if reduction == "mean" else 1.0
        return named(holding(weighted_sum(places, weights, total)(input), [target]), "NllLossBackward0")
    losses = -holding(index((rows, classes.reshape(-1)), distinct=True)(input), [target])
    if weight is not None:
        losses = losses * fresh(shares.reshape(-1))
    return _averaged(reshape(losses, shape), counted, shares, reduction, "NllLossBackward0")


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Minus ln of the softmax at the right class: scores of shape (n, classes, ...), targets of shape (n, ...).

    Targets may also be probabilities, real numbers of the shape of the scores.  `weight` holds how much a class counts;
    `label_smoothing` is the part of every target that is spread evenly over the classes.

    >>> import diffcompare.autograd as torch
    >>> cross_entropy(torch.zeros(2, 10), torch.tensor([3, 7]))
    tensor(2.3026)
    """
    if not 0 <= label_smoothing <= 1:
        raise TensorError(f"label_smoothing is a part, between 0 and 1, not {label_smoothing}")
    axis = 0 if input.ndim == 1 else 1
    logs, n = log_softmax(input, axis), input.shape[axis]
    if not target.dtype.is_floating_point:
        losses = nll_loss(logs, target, weight, ignore_index=ignore_index, reduction=reduction)
        if not label_smoothing:
            return losses
        _, counted, shares = _counted(target, n, weight, ignore_index)
        even = _averaged(-_weighted(logs, weight, axis).sum(axis), counted, shares, reduction, "")
        return named(losses * (1 - label_smoothing) + even * (label_smoothing / n), "AddBackward0")
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / n
    losses = -(_weighted(logs, weight, axis) * target).sum(axis)
    return _reduced(losses, reduction, "DivBackward1" if reduction == "mean" else "NegBackward0")


def _weighted(logs: Any, weight: Tensor | None, axis: int) -> Any:
    """Log-probabilities times the weights of their classes."""
    return logs if weight is None else logs * reshape(weight, -1, *(1,) * (logs.ndim - axis - 1))
