"""Convolutions beside PyTorch's: values, first and second derivatives, text, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import diffcompare.autograd as torch
from diffcompare.autograd import nn
from tests.autograd.libraries import needs_torch, ours, raised, same, theirs

SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "stride": {"stride": 2},
    "padding": {"padding": 1},
    "dilation": {"dilation": 2},
    "all, by axis": {"stride": (2, 1), "padding": (0, 2), "dilation": (1, 2)},
}


@needs_torch
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("shape", [(2, 3, 7, 6), (3, 7, 6)])
def test_values_and_derivatives_are_those_of_pytorch(settings: dict[str, Any], shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    data = [random.standard_normal(shape), random.standard_normal((4, 3, 3, 2)), random.standard_normal(4)]
    found = []
    for T in (ours, theirs()):
        operands = [T.tensor(array, requires_grad=True) for array in data]
        result = T.nn.functional.conv2d(*operands, **settings)
        slopes = T.autograd.grad((result * result).sum(), operands, create_graph=True)
        again = T.autograd.grad(sum((slope * slope).sum() for slope in slopes), operands)
        found.append([result, *slopes, *again])
    for a, b in zip(*found, strict=True):
        same(a, b, 1e-10)


@needs_torch
@pytest.mark.parametrize("settings", [{}, {"stride": 2, "padding": (0, 1)}, {"dilation": 3, "bias": False}])
def test_the_module_is_that_of_pytorch(settings: dict[str, Any]) -> None:
    layers = [T.nn.Conv2d(1, 20, 5, **settings) for T in (ours, theirs())]
    assert repr(layers[0]) == repr(layers[1])
    shapes = [[(name, tuple(p.shape)) for name, p in layer.named_parameters()] for layer in layers]
    assert shapes[0] == shapes[1]
    assert layers[0](torch.ones(2, 1, 28, 28)).grad_fn.name() == "ConvolutionBackward0"


def test_parameters_start_within_the_bounds_of_a_linear_layer() -> None:
    layer = nn.Conv2d(4, 50, 5)
    for parameter in layer.parameters():
        assert parameter.abs().max().item() <= 1 / np.sqrt(4 * 5 * 5)


FAULTS: dict[str, Callable[[Any], Any]] = {
    "channels": lambda T: T.nn.functional.conv2d(T.ones(1, 2, 5, 5), T.ones(1, 3, 2, 2)),
    "axes": lambda T: T.nn.functional.conv2d(T.ones(5, 5), T.ones(1, 1, 2, 2)),
    "window": lambda T: T.nn.functional.conv2d(T.ones(1, 1, 3, 3), T.ones(1, 1, 4, 2)),
    "stride": lambda T: T.nn.functional.conv2d(T.ones(1, 1, 3, 3), T.ones(1, 1, 2, 2), stride=0),
    "padding": lambda T: T.nn.functional.conv2d(T.ones(1, 1, 3, 3), T.ones(1, 1, 2, 2), padding=-1),
}


@needs_torch
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_faults_raise_the_classes_of_pytorch(fault: Callable[[Any], Any]) -> None:
    assert raised(fault, theirs())[0] in raised(fault, ours)


def test_lengths_are_whole_numbers() -> None:
    with pytest.raises(TypeError, match="'same' is no length on an image"):
        nn.functional.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2), padding="same")
    with pytest.raises(TypeError, match="no length"):
        nn.Conv2d(1, 1, (2, 2, 2))
