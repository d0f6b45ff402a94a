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
