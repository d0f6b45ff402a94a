"""Functions that take axes away, beside PyTorch's: which axes, in whose memory, and slopes where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.autograd.libraries import needs_torch, ours, quietly, same, theirs

REDUCTIONS = ["sum", "mean", "var", "std", "amax", "amin", "norm", "all", "any"]
ENTRIES = np.array([[3.0, -1.0, 2.0], [0.5, 4.0, -2.0]])


def both(action: Callable[[Any], Any]) -> None:
    for a, b in zip(*(quietly(lambda T=T: action(T)) for T in (ours, theirs())), strict=True):
        same(a, b, 1e-12)


def gradient(T: Any, function: Callable[[Any], Any], entries: Any = ENTRIES) -> tuple[Any, Any]:
    x = T.tensor(entries, requires_grad=True)
    result = function(x)
    result.backward(T.ones(tuple(result.shape), dtype=result.dtype))
    return result, x.grad


@needs_torch
@pytest.mark.parametrize("dim", [(), [], 0, [1], (0, 1), -1], ids=str)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_an_empty_list_of_axes_means_what_it_does_in_pytorch(name: str, dim: Any) -> None:
    both(lambda T: [getattr(T.tensor(ENTRIES) > 0 if name in ("all", "any") else T.tensor(ENTRIES), name)(dim=dim)])


@needs_torch
@pytest.mark.parametrize("name", [name for name in REDUCTIONS if name not in ("all", "any")])
def test_a_gradient_goes_through_an_empty_list_of_axes_as_through_none(name: str) -> None:
    # PyTorch's own gradients of var and std are infinite for dim=(), so that the list is left out there
    both(lambda T: gradient(T, lambda x: getattr(x, name)(**({"dim": ()} if T is ours else {}))))


@needs_torch
@pytest.mark.parametrize("name", ["sum", "mean", "std", "prod", "amax", "cumsum", "softmax", "logsumexp"])
def test_axes_may_be_named_as_in_numpy(name: str) -> None:
    both(lambda T: gradient(T, lambda x: getattr(x, name)(axis=1)))
    if name not in ("cumsum", "softmax"):
        both(lambda T: gradient(T, lambda x: getattr(x, name)(axis=1, keepdims=True)))


@needs_torch
def test_axes_of_functions_that_move_entries_may_be_named_as_in_numpy() -> None:
    both(lambda T: [T.cat([T.ones(2, 3)] * 2, axis=1), T.stack([T.ones(2)] * 2, axis=1), T.ones(2, 1).squeeze(axis=1)])


@needs_torch
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "amax", "amin", "max", "min", "norm", "cumsum", "logsumexp"])
def test_reducing_an_axis_of_length_1_gives_memory_of_its_own(name: str) -> None:
    def action(T: Any) -> list[Any]:
        x = T.tensor([[1.0, 2.0]], requires_grad=True)
        z = x * 1
        y = getattr(z, name)(dim=0)
        (y if isinstance(y, T.Tensor) else y[0]).mul_(3)
        z.sum().backward()
        return [z, x.grad]

    both(action)


CORNERS: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {
    "norm at 0": (lambda T, x: x.norm(), [0.0, 0.0]),
    "norm of a row of 0": (lambda T, x: x.norm(dim=1), [[0.0, 0.0], [3.0, 4.0]]),
    "1-norm": (lambda T, x: x.norm(1), [0.0, -2.0]),
    "3-norm at 0": (lambda T, x: x.norm(3), [0.0, 0.0]),
    "3-norm": (lambda T, x: x.norm(3), [0.0, -2.0, 3.0]),
    "half-norm": (lambda T, x: x.norm(0.5), [0.0, -2.0, 3.0]),
    "-1-norm": (lambda T, x: x.norm(-1), [1.0, -2.0, 3.0]),
    "largest": (lambda T, x: x.norm(math.inf), [1.0, -3.0]),
    "smallest": (lambda T, x: x.norm(-math.inf), [1.0, -3.0]),
    "Frobenius": (lambda T, x: x.norm("fro"), [[1.0, -3.0]]),
    "std of equal entries": (lambda T, x: x.std(), [2.0, 2.0, 2.0]),
    "std along equal entries": (lambda T, x: x.std(1), [[2.0, 2.0], [2.0, 3.0]]),
    "nan": (lambda T, x: x.norm(), [math.nan, 1.0]),
    "abs": (lambda T, x: x.abs(), [0.0]),
    "relu": (lambda T, x: x.relu(), [0.0]),
    "clamp": (lambda T, x: x.clamp(0, 1), [0.0, 1.0]),
    "maximum": (lambda T, x: T.maximum(x, 2 * x), [0.0]),
    "square root": (lambda T, x: x.sqrt(), [0.0]),
    "power of 0": (lambda T, x: 0**x, [0.0, 1.0]),
    "atan2": (lambda T, x: T.atan2(x, x), [0.0]),
    "relu of nan": (lambda T, x: x.relu(), [math.nan]),
}
OTHERWISE = {
    "atan2": math.nan,  # the angle of the origin is not defined, and neither is its slope; PyTorch says 0
    "relu of nan": 0.0,  # the slope is 1 where x > 0, which nan is not; PyTorch says 1, which is 0 where x <= 0
}


@needs_torch
@pytest.mark.parametrize("name", [name for name in CORNERS if name not in OTHERWISE])
def test_slopes_at_corners_are_those_of_pytorch(name: str) -> None:
    function, entries = CORNERS[name]
    both(lambda T: gradient(T, lambda x: function(T, x), np.array(entries)))


@needs_torch
@pytest.mark.parametrize("name", OTHERWISE)
def test_slopes_where_we_decide_otherwise_than_pytorch(name: str) -> None:
    function, entries = CORNERS[name]
    found, wanted = (gradient(T, lambda x: function(T, x), np.array(entries))[1].item() for T in (ours, theirs()))  # noqa: B023  called at once
    np.testing.assert_equal(found, OTHERWISE[name])
    assert found != wanted
