"""Losses beside PyTorch's: weights of classes, smoothed labels, targets that do not count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.autograd.libraries import needs_torch, ours, same, theirs

SCORES = np.random.default_rng(5).normal(size=(4, 3, 2))
TARGETS: dict[str, tuple[Any, Any]] = {  # scores and targets
    "a batch": (SCORES[:, :, 0], np.array([2, 0, 1, 1])),
    "one left out": (SCORES[:, :, 0], np.array([2, -100, 1, 1])),
    "places": (SCORES, np.array([[2, 0], [-100, 1], [1, 1], [0, 2]])),
    "one sample": (SCORES[0, :, 0], np.array(1)),
    "probabilities": (SCORES[:, :, 0], np.full((4, 3), 1 / 3)),
    "probabilities of places": (SCORES, np.full((4, 3, 2), 1 / 3)),
}


@needs_torch
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weight", [None, [1.0, 0.5, 3.0]], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", TARGETS)
def test_cross_entropy_is_that_of_pytorch(name: str, reduction: str, weight: Any, smoothing: float) -> None:
    scores, targets = TARGETS[name]
    found = []
    for T in (ours, theirs()):
        x = T.tensor(scores, requires_grad=True)
        loss = T.nn.CrossEntropyLoss(
            weight=None if weight is None else T.tensor(weight, dtype=T.float64),
            reduction=reduction, label_smoothing=smoothing,
        )(x, T.tensor(targets))  # fmt: skip
        loss.backward(T.ones(tuple(loss.shape), dtype=loss.dtype))
        found.append([loss, x.grad])
    for a, b in zip(*found, strict=True):
        same(a, b, 1e-12)


@needs_torch
@pytest.mark.parametrize("name", ["a batch", "one left out", "places"])
def test_weights_of_classes_are_a_buffer_of_the_loss(name: str) -> None:
    scores, targets = TARGETS[name]
    found = []
    for T in (ours, theirs()):
        module = T.nn.NLLLoss(T.tensor([1.0, 0.5, 3.0], dtype=T.float64))
        assert list(module.state_dict()) == ["weight"]
        found.append(module(T.tensor(scores), T.tensor(targets)))
    same(*found, 1e-12)


@needs_torch
@pytest.mark.parametrize("weight", [None, [1.0, 0.5, 3.0]], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", ["a batch", "one left out", "places", "one sample"])
def test_second_derivatives_of_cross_entropy_are_those_of_pytorch(name: str, reduction: str, weight: Any) -> None:
    scores, targets = TARGETS[name]
    direction = np.random.default_rng(6).normal(size=scores.shape)
    found = []
    for T in (ours, theirs()):
        x = T.tensor(scores, requires_grad=True)
        loss = T.nn.functional.cross_entropy(
            x * x, T.tensor(targets), weight=None if weight is None else T.tensor(weight, dtype=T.float64),
            reduction=reduction,
        )  # fmt: skip
        (slope,) = T.autograd.grad(loss, x, create_graph=True)
        found.append([slope, *T.autograd.grad((slope * T.tensor(direction)).sum(), x)])
    for a, b in zip(*found, strict=True):
        same(a, b, 1e-12)


@needs_torch
def test_the_graph_of_cross_entropy_has_the_nodes_of_pytorch() -> None:
    chains = []
    for T in (ours, theirs()):
        x, w = T.ones(2, 4), T.ones(4, 3, requires_grad=True)
        node = T.nn.functional.cross_entropy(x @ w, T.tensor([0, 2])).grad_fn
        chains.append([])
        while node is not None:
            chains[-1].append(node.name().removeprefix("torch::autograd::"))
            node = next((edge for edge, _ in node.next_functions if edge is not None), None)
    assert chains[0] == chains[1]


@needs_torch
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_of_targets_that_all_are_left_out_the_gradient_is_zero(reduction: str) -> None:
    found = []
    for T in (ours, theirs()):
        x = T.tensor(SCORES[:, :, 0], requires_grad=True)
        loss = T.nn.functional.cross_entropy(x, T.tensor([-100] * 4), reduction=reduction)
        loss.backward(T.ones(tuple(loss.shape), dtype=loss.dtype))
        found.append([loss, x.grad])
    for a, b in zip(*found, strict=True):
        same(a, b, 0.0)


@needs_torch
@pytest.mark.parametrize("function", ["softmax", "log_softmax"])
@pytest.mark.parametrize("row", [
    [1.0, np.inf], [1.0, -np.inf], [-np.inf, -np.inf], [np.inf, np.inf], [np.nan, 1.0], [1e30, -1e30], [3.0],
], ids=str)  # fmt: skip
def test_softmax_of_infinite_scores_is_that_of_pytorch(function: str, row: list[float]) -> None:
    found = []
    for T in (ours, theirs()):
        x = T.tensor([row, [2.0] * len(row)], requires_grad=True)
        y = getattr(x, function)(1)
        y.backward(T.tensor([[1.0, 2.0][: len(row)]] * 2))
        found.append([y, x.grad])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-6, atol=1e-6)


@needs_torch
@pytest.mark.parametrize("dim", [-2, -1, 0, 1])
@pytest.mark.parametrize("function", ["softmax", "log_softmax"])
def test_softmax_takes_every_axis_and_number_type_of_pytorch(function: str, dim: int) -> None:
    for kind in ("float32", "float64", "int64"):
        found = []
        for T in (ours, theirs()):
            x = T.tensor([[1, 2, 4], [0, 3, 1]], dtype=getattr(T, kind))
            found.append(getattr(x, function)(dim, dtype=T.float64 if kind == "int64" else None))
        same(*found, 1e-6 if kind == "float32" else 1e-14)
    same(getattr(ours.tensor(2.0), function)(0), getattr(theirs().tensor(2.0), function)(0), 0.0)
