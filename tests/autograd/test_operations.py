"""Operations on tensors beside PyTorch: the same numbers in; values, gradients and second derivatives out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from tests.autograd.libraries import needs_torch, ours, quietly, same, theirs

T = Any
Case = tuple[Callable[..., Any], list[tuple[int, ...]]]
M, V = (3, 4), (4,)

CASES: dict[str, Case] = {
    # arithmetic, with numbers and broadcasting
    "add": (lambda T, x, y: x + y, [M, M]),
    "add broadcast": (lambda T, x, y: x + y, [M, V]),
    "add alpha": (lambda T, x, y: T.add(x, y, alpha=3), [M, M]),
    "add number": (lambda T, x: 2 + x, [M]),
    "subtract broadcast": (lambda T, x, y: x - y, [(3, 1), M]),
    "number minus": (lambda T, x: 2.5 - x, [M]),
    "multiply": (lambda T, x, y: x * y, [M, (1, 4)]),
    "multiply scalars": (lambda T, x, y: x * y, [(), ()]),
    "divide": (lambda T, x, y: x / y, [M, V]),
    "number by": (lambda T, x: 1 / x, [M]),
    "square": (lambda T, x: x**2, [M]),
    "T.square": (lambda T, x: T.square(x), [M]),
    "cube": (lambda T, x: T.pow(x, 3), [M]),
    "power of tensors": (lambda T, x, y: x**y, [M, M]),
    "number to the": (lambda T, x: 2.0**x, [M]),
    "negative": (lambda T, x: -x, [M]),
    "reciprocal": (lambda T, x: x.reciprocal(), [M]),
    "rsqrt": (lambda T, x: x.rsqrt(), [M]),
    "a tensor twice": (lambda T, x: x * x + x, [M]),
    # functions entry by entry
    **{name: (lambda T, x, name=name: getattr(T, name)(x), [M]) for name in (
        "abs", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "atan", "sinh", "cosh",
        "tanh", "asinh", "sigmoid", "relu", "erf", "sign", "neg",
    )},
    **{f"{name} inside (-1, 1)": (lambda T, x, name=name: getattr(T, name)(x / 4), [M]) for name in (
        "asin", "acos", "atanh",
    )},
    "maximum": (lambda T, x, y: T.maximum(x, y), [M, M]),
    "minimum": (lambda T, x, y: T.minimum(x, y), [M, V]),
    "hypot": (lambda T, x, y: T.hypot(x, y), [M, M]),
    "atan2": (lambda T, x, y: T.atan2(x, y), [M, M]),
    "logaddexp": (lambda T, x, y: T.logaddexp(x, y), [M, M]),
    "where": (lambda T, x, y: T.where(x > y, x * 2, y * 3), [M, M]),
    "clamp": (lambda T, x: x.clamp(1.0, 2.0), [M]),
    "clamp below": (lambda T, x: T.clamp(x, min=1.5), [M]),
    "masked_fill": (lambda T, x: x.masked_fill(x > 1.5, 7.0) * x, [M]),
    # reductions
    "sum": (lambda T, x: x.sum(), [M]),
    "sum of a number": (lambda T, x: x.sum() * 2, [()]),
    "sum along": (lambda T, x: T.sum(x, 1), [M]),
    "sum along two": (lambda T, x: x.sum((0, 2), keepdim=True), [(2, 3, 4)]),
    "mean": (lambda T, x: x.mean(), [M]),
    "mean along": (lambda T, x: x.mean(dim=-1), [M]),
    "var": (lambda T, x: x.var(), [M]),
    "std along": (lambda T, x: T.std(x, 0), [M]),
    "var with n": (lambda T, x: x.var(1, unbiased=False), [M]),
    "prod": (lambda T, x: x.prod(), [V]),
    "prod along": (lambda T, x: T.prod(x, 1), [M]),
    "max": (lambda T, x: x.max(), [M]),
    "min": (lambda T, x: T.min(x), [M]),
    "max along": (lambda T, x: x.max(1).values, [M]),
    "min along": (lambda T, x: T.min(x, 0, keepdim=True)[0], [M]),
    "max of two": (lambda T, x, y: T.max(x, y), [M, M]),
    "amax": (lambda T, x: x.amax((0, 1)), [M]),
    "max with ties": (lambda T, x: (x * 0 + 1).max() * x.sum(), [M]),
    "max along with ties": (lambda T, x: T.max(x * 0 + x.sum(), 1)[0], [M]),
    "cumsum": (lambda T, x: x.cumsum(1), [M]),
    "logsumexp": (lambda T, x: x.logsumexp(1), [M]),
    "softmax": (lambda T, x: T.softmax(x, 1), [M]),
    "log_softmax": (lambda T, x: x.log_softmax(0), [M]),
    "norm": (lambda T, x: x.norm(), [M]),
    # shapes
    "reshape": (lambda T, x: x.reshape(2, -1) * 2, [M]),
    "view": (lambda T, x: x.view(-1), [M]),
    "flatten": (lambda T, x: T.flatten(x, 1), [(2, 3, 4)]),
    "transpose": (lambda T, x: T.transpose(x, 0, 2), [(2, 3, 4)]),
    "T": (lambda T, x: x.T @ x, [M]),
    "mT": (lambda T, x: x.mT, [(2, 3, 4)]),
    "permute": (lambda T, x: x.permute(2, 0, 1), [(2, 3, 4)]),
    "movedim": (lambda T, x: x.movedim(0, -1), [(2, 3, 4)]),
    "squeeze": (lambda T, x: x.squeeze(), [(1, 3, 1)]),
    "squeeze one": (lambda T, x: x.squeeze(0), [(1, 3, 1)]),
    "squeeze none": (lambda T, x: x.squeeze(1), [(1, 3, 1)]),
    "unsqueeze": (lambda T, x: x.unsqueeze(-1), [M]),
    "expand": (lambda T, x: x.expand(3, -1), [V]),
    "cat": (lambda T, x, y: T.cat([x, y], 1), [M, (3, 2)]),
    "cat of one twice": (lambda T, x: T.cat([x, x]), [V]),
    "stack": (lambda T, x, y: T.stack([x, y], 1), [M, M]),
    "split": (lambda T, x: T.cat([p * i for i, p in enumerate(x.split(2, 1))], 1), [(2, 5)]),
    "chunk": (lambda T, x: x.chunk(2)[0], [(5, 2)]),
    "unbind": (lambda T, x: x.unbind(1)[1] * 3, [M]),
    "clone": (lambda T, x: x.clone(), [M]),
    # indexing
    "row": (lambda T, x: x[1], [M]),
    "entry": (lambda T, x: x[1, 2], [M]),
    "slice": (lambda T, x: x[:, 1:3], [M]),
    "step": (lambda T, x: x[::2], [M]),
    "ellipsis": (lambda T, x: x[..., 0], [(2, 3, 4)]),
    "new axis": (lambda T, x: x[:, None], [M]),
    "mask": (lambda T, x: x[x > 1.5], [M]),
    "repeated indices": (lambda T, x: x[[0, 0, 2]], [M]),
    "pairs of indices": (lambda T, x: x[T.tensor([0, 2]), T.tensor([1, 1])], [M]),
    "index_select": (lambda T, x: T.index_select(x, 1, T.tensor([0, 0, 3])), [M]),
    "gather": (lambda T, x: T.gather(x, 1, T.tensor([[0, 0], [1, 3], [2, 2]])), [M]),
    "rows": (lambda T, x: sum(row.prod() for row in x), [M]),
    # products
    "matmul": (lambda T, x, y: x @ y, [M, (4, 2)]),
    "matrix by vector": (lambda T, x, y: T.matmul(x, y), [M, V]),
    "vector by matrix": (lambda T, x, y: T.matmul(x, y), [(3,), M]),
    "vector by vector": (lambda T, x, y: x @ y, [V, V]),
    "batch": (lambda T, x, y: x @ y, [(2, 3, 4), (2, 4, 2)]),
    "batch by matrix": (lambda T, x, y: x @ y, [(2, 3, 4), (4, 2)]),
    "matrix by batch": (lambda T, x, y: x @ y, [M, (2, 4, 2)]),
    "batch by vector": (lambda T, x, y: x @ y, [(2, 3, 4), V]),
    # in place on what was computed
    "add_": (lambda T, x: (x * 1).add_(x), [M]),
    "mul_": (lambda T, x, y: (x * 1).mul_(y), [M, V]),
    "mul_ by itself": (lambda T, x, y: (x * 2).mul_(y).mul_(y), [M, M]),
    "exp_": (lambda T, x: (x * 1).exp_(), [M]),
    "relu_": (lambda T, x: (x - 1.5).relu_(), [M]),
    "augmented": (lambda T, x: _augmented(x), [M]),
    "set a row": (lambda T, x, y: _set(x * 1, 1, y), [M, V]),
    "set a slice to a number": (lambda T, x: _set(x * 1, (slice(None), 0), 2.0), [M]),
    "set by mask": (lambda T, x: _set(x * 1, x > 1.5, 0.0), [M]),
    "set by indices": (lambda T, x, y: _set(x * 1, T.tensor([0, 2]), y), [M, V]),
    "set in zeros": (lambda T, x: _set(T.zeros(2, 4, dtype=x.dtype), 1, x), [V]),
    "copy_": (lambda T, x, y: (x * 1).copy_(y), [M, V]),
    "zero_": (lambda T, x: (x * 1).zero_() + x, [M]),
    "write through a view": (lambda T, x, y: _through_view(x * 1, y), [M, V]),
    "write under a view": (lambda T, x: _under_view(x * 1), [M]),
    "write through a view of a view": (lambda T, x: _through_views(x * 1), [M]),
}  # fmt: skip


def _set(x: T, key: Any, value: Any) -> T:
    x[key] = value
    return x * 3


def _augmented(x: T) -> T:
    y = x * 2
    y += x
    y *= 3
    y[0] -= 1
    y /= 2
    return y


def _through_view(x: T, y: T) -> T:
    row = x[1]
    row.mul_(y)
    return x * row


def _under_view(x: T) -> T:
    row = x[1]
    x.mul_(3)
    return row * row


def _through_views(x: T) -> T:
    part = x.t()[1:].reshape(-1) if not x.t()[1:].is_contiguous() else x.t()[1:]
    inner = x[1:].transpose(0, 1)[2]
    inner.exp_()
    return x.sum(0) * part.sum() + inner.sum()


def inputs(name: str, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    random = np.random.default_rng(sum(map(ord, name)))
    return [random.uniform(0.5, 3.0, shape) for shape in shapes]


@needs_torch
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_pytorch(name: str, dtype: str) -> None:
    function, shapes = CASES[name]
    arrays = [x.astype(dtype) for x in inputs(name, shapes)]
    found = []
    for T in (ours, theirs()):
        operands = [T.tensor(x, requires_grad=True) for x in arrays]
        result = function(T, *operands)
        weight = T.tensor(np.linspace(1, 2, max(1, result.numel())).reshape(tuple(result.shape)).astype(dtype))
        (result * weight).sum().backward()
        found.append([result, *(x.grad for x in operands)])
    for a, b in zip(*found, strict=True):
        same(a, b, 1e-12 if dtype == "float64" else 3e-5)


@needs_torch
@pytest.mark.parametrize("exponents", [2.0, 0.0, -1.0, [2.0, 0.5], [0.0, -1.0]])
@pytest.mark.parametrize("base", [0, 0.0, [0.0, 0.0], [0.0, 2.0]])
def test_powers_of_zero_have_pytorch_s_derivative_by_the_exponent(base: Any, exponents: Any) -> None:
    found = []
    for T in (ours, theirs()):
        y = T.tensor(exponents, requires_grad=True)
        ((T.tensor(base) if isinstance(base, list) else base) ** y).sum().backward()
        found.append(y.grad)
    assert found[0].numpy() == pytest.approx(found[1].numpy(), rel=1e-6)  # an infinity only equals itself
    at = np.asarray(exponents)[()]
    for engine in ("reverse", "forward"):
        slopes = dc.grad(lambda y: np.sum(np.asarray(base)[()] ** y), engine=engine)(at)
        assert slopes == pytest.approx(found[1].numpy(), rel=1e-6)


@needs_torch
@pytest.mark.parametrize("name", CASES)
def test_second_derivatives_are_those_of_pytorch(name: str) -> None:
    function, shapes = CASES[name]
    arrays = inputs(name, shapes)
    found = []
    for T in (ours, theirs()):
        operands = [T.tensor(x, requires_grad=True) for x in arrays]
        result = (function(T, *operands) ** 2).sum()
        slopes = T.autograd.grad(result, operands, create_graph=True)
        total = sum((slope * slope).sum() for slope in slopes)
        found.append(T.autograd.grad(total, operands, allow_unused=True) if total.requires_grad else [None])
    for a, b, x in zip(*found, arrays, strict=True):
        zero = ours.zeros(x.shape, dtype=ours.float64)
        same(zero if a is None else a, zero if b is None else b, 1e-10)


@needs_torch
@pytest.mark.parametrize("name", [
    "add", "subtract broadcast", "number minus", "multiply", "divide", "negative", "exp", "log", "sqrt", "sin", "tanh",
    "sigmoid", "relu", "abs", "sum", "sum along", "mean", "max", "softmax", "log_softmax", "transpose", "view", "cat",
    "stack", "unsqueeze", "matmul", "vector by matrix", "matrix by vector", "vector by vector", "row", "slice", "mask",
    "clone",
])  # fmt: skip
def test_nodes_are_named_as_in_pytorch(name: str) -> None:
    function, shapes = CASES[name]
    names = []
    for T in (ours, theirs()):
        result = function(T, *(T.tensor(x, requires_grad=True) for x in inputs(name, shapes)))
        names.append(result.grad_fn.name())
    assert names[0] == names[1]


TYPES = ["bool", "int64", "float32", "float64"]
MIXED: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda T, x, y: x + y,
    "multiply": lambda T, x, y: x * y,
    "divide": lambda T, x, y: x / (y + 1),
    "less": lambda T, x, y: x < y,
    "equal": lambda T, x, y: x == y,
    "number": lambda T, x, y: x + 2,
    "real number": lambda T, x, y: y * 2.5,
    "exp": lambda T, x, y: T.exp(x) + y,
    "power": lambda T, x, y: (x + 1) ** 2,
    "where": lambda T, x, y: T.where(x > 0, x, y),
    "where of numbers": lambda T, x, y: T.where(x > 0, 1.0, 0.0),
    "no axes": lambda T, x, y: x + y.sum(),
    "sum": lambda T, x, y: x.sum(),
    "cat": lambda T, x, y: T.cat([x, y]),
    "and": lambda T, x, y: (x > 0) & (y > 0),
    "floor": lambda T, x, y: (x * 7) // 2,
    "argmax": lambda T, x, y: (x * 1).argmax(),
    "to": lambda T, x, y: x.to(y.dtype) + x.double() + y.long(),
}  # fmt: skip


@needs_torch
@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("one", TYPES)
@pytest.mark.parametrize("other", TYPES)
def test_mixed_number_types_meet_as_in_pytorch(name: str, one: str, other: str) -> None:
    arrays = [np.array([0, 1, 1, 0]).astype(one), np.array([1, 1, 0, 0]).astype(other)]
    a, b = (quietly(lambda T=T: MIXED[name](T, *map(T.tensor, arrays))) for T in (ours, theirs()))
    same(a, b, 1e-6)
