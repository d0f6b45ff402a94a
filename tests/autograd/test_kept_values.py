"""What a graph keeps until `backward`: changed in place it raises, and a second way back lacks it, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.autograd.libraries import needs_torch, ours, raised, theirs
from tests.autograd.test_operations import CASES, inputs

RESULT = -1
Change = tuple[str, int]  # a case of the table, and what is changed: an operand by its number, or the result


def changed(T: Any, name: str, which: int | None) -> list[Any]:
    """Gradients of a case after a change in place, None for none."""
    function, shapes = CASES[name]
    leaves = [T.tensor(x, requires_grad=True) for x in inputs(name, shapes)]
    operands = [x.clone() for x in leaves]
    result = function(T, *operands)
    if which == RESULT:
        result.mul_(2)
    elif which is not None:
        operands[which].zero_()
    result.backward(T.ones(tuple(result.shape), dtype=result.dtype))
    return [x.grad for x in leaves]


CHANGES: list[Change] = [
    (name, which) for name, (_, shapes) in CASES.items() for which in (RESULT, *range(len(shapes)))
]

# Where we keep other values than PyTorch does.  What each row of the table of primitives keeps is what its derivative
# is computed from most exactly; what was kept and was changed raises, and where it was not kept the gradient is right.
OPERAND_KEPT_FOR_THE_RESULT = ["expm1", "tan", "tanh"]  # 1 - y² has no digits left where tanh(x) is near 1
RESULT_KEPT_FOR_THE_OPERAND = ["divide", "number by"]  # -v/y takes one operation where -x/y² takes two
OTHERWISE: dict[Change, str] = {
    **{
        (name, which): "the operand is kept for the result" for name in OPERAND_KEPT_FOR_THE_RESULT for which in (-1, 0)
    },
    **{
        (name, which): "the result is kept for the operand" for name in RESULT_KEPT_FOR_THE_OPERAND for which in (-1, 0)
    },
    ("reciprocal", 0): "a quotient keeps its divisor beside the result",
    ("sigmoid", 0): "the operand tells its slope, 1 - v has no digits left where v is near 1",
    ("number to the", 0): "2^x keeps 2^x alone",
    ("clamp", 0): "which bound holds is kept, not the operand",
    ("clamp below", 0): "which bound holds is kept, not the operand",
    ("var", 0): "the deviations from the mean are kept",
    ("std along", 0): "the deviations from the mean are kept",
    ("var with n", 0): "the deviations from the mean are kept",
    ("prod", RESULT): "partial products are kept",
    ("prod along", RESULT): "partial products are kept",
    ("max", RESULT): "the entries before the last reshape are kept",
    ("min", RESULT): "the entries before the last reshape are kept",
    ("amax", RESULT): "the entries before the last reshape are kept",
    ("logsumexp", RESULT): "the powers of e and their sum are kept",
    ("logsumexp", 0): "the powers of e and their sum are kept",
    ("chunk", 0): "the view finds its history anew, as that of a single view does",
    ("gather", 0): "the shape of the operand is kept alone",
    ("matrix by batch", 1): "the operand is kept without a copy",
}


@needs_torch
@pytest.mark.parametrize("change", [change for change in CHANGES if change not in OTHERWISE], ids=str)
def test_a_change_in_place_raises_where_it_does_in_pytorch(change: Change) -> None:
    found, wanted = (raised(lambda T: changed(T, *change), T) for T in (ours, theirs()))
    assert found[:1] == wanted[:1]


@needs_torch
@pytest.mark.parametrize("change", OTHERWISE, ids=str)
def test_a_change_is_answered_otherwise_where_other_values_are_kept(change: Change) -> None:
    assert bool(raised(lambda T: changed(T, *change), ours)) != bool(raised(lambda T: changed(T, *change), theirs()))


@needs_torch
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_gradient_is_right_wherever_a_change_does_not_raise(change: Change) -> None:
    if raised(lambda T: changed(T, *change), ours):
        return
    name, which = change
    if not raised(lambda T: changed(T, *change), theirs()):
        wanted, factor = changed(theirs(), name, which), 1
    else:  # doubled afterwards, or computed from what was zeroed later; a part of what was zeroed is 0 itself
        wanted, factor = changed(theirs(), name, None), 2 if which == RESULT else 0 if name == "chunk" else 1
    for a, b in zip(changed(ours, name, which), wanted, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a.numpy(), factor * b.numpy(), rtol=1e-12, atol=1e-12)


def twice(T: Any, name: str) -> None:
    function, shapes = CASES[name]
    result = function(T, *(T.tensor(x, requires_grad=True) for x in inputs(name, shapes)))
    for _ in range(2):
        result.backward(T.ones(tuple(result.shape), dtype=result.dtype))


@needs_torch
@pytest.mark.parametrize("name", [name for name in CASES if name != "add alpha"])
def test_a_second_way_back_raises_where_it_does_in_pytorch(name: str) -> None:
    found, wanted = (raised(lambda T: twice(T, name), T) for T in (ours, theirs()))
    assert found[:1] == wanted[:1]


def test_a_factor_of_add_is_a_product_of_its_own_and_kept() -> None:
    assert raised(lambda T: twice(T, "add alpha"), ours)


def written(compute: Callable[[Any, Any, Any], Any], places: Any) -> Callable[[Any], list[float]]:
    """The gradient of what is computed at places of a matrix, where the places change before `backward`."""

    def action(T: Any) -> list[float]:
        x = T.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        where = T.tensor(places)
        result = compute(T, x, where)
        where.copy_(T.tensor(places[::-1]))
        result.sum().backward()
        return x.grad.tolist()

    return action


def put(x: Any, where: Any, value: Any) -> Any:
    x[where] = value
    return x


PLACES: dict[str, Callable[[Any], Any]] = {
    "index": written(lambda T, x, w: x[w], [0, 1]),
    "index beside a slice": written(lambda T, x, w: x[:, w], [0, 1]),
    "mask": written(lambda T, x, w: x[w], [True, False]),
    "mask of entries": written(lambda T, x, w: x[w], [[True, False], [False, False]]),
    "masked_select": written(lambda T, x, w: T.masked_select(x, w), [[True, False], [False, False]]),
    "masked_fill": written(lambda T, x, w: x.masked_fill(w, 2.0), [[True, False], [False, False]]),
    "where": written(lambda T, x, w: T.where(w, x, 2.0), [[True, False], [False, False]]),
    "gather": written(lambda T, x, w: x.gather(1, w), [[0, 0], [1, 1]]),
    "index_select": written(lambda T, x, w: x.index_select(0, w), [0, 1]),
    "number to a mask": written(lambda T, x, w: put(x * 1, w, 5.0), [[True, False], [False, False]]),
    "tensor to places": written(lambda T, x, w: put(T.ones(2, 2), w, x), [0, 1]),
    "tensor to places of a view": written(lambda T, x, w: put((x * 1)[:, 0], w, x[0]), [0, 1]),
    "cross_entropy": written(lambda T, x, w: T.nn.functional.cross_entropy(x, w), [0, 1]),
    "nll_loss": written(lambda T, x, w: T.nn.functional.nll_loss(x, w), [0, 1]),
    "places that max gives": lambda T: _argument_changed(T),
}


def _argument_changed(T: Any) -> None:
    largest, places = T.tensor([[1.0, 2.0]], requires_grad=True).max(1)
    places.zero_()
    largest.sum().backward()


@needs_torch
@pytest.mark.parametrize("name", PLACES)
def test_places_that_change_before_backward_raise_as_in_pytorch(name: str) -> None:
    found, wanted = (raised(PLACES[name], T) for T in (ours, theirs()))
    assert found[:1] == wanted[:1] == [RuntimeError]


def test_a_place_that_is_a_number_may_change() -> None:
    x, i = ours.tensor([1.0, 2.0], requires_grad=True), ours.tensor(1)
    y = x[i]
    i.zero_()
    y.backward()
    assert x.grad.tolist() == [0, 1]


def test_an_array_of_places_is_copied() -> None:
    x, places = ours.tensor([1.0, 2.0], requires_grad=True), np.array([0, 0])
    y = x[places]
    places[:] = 1
    y.sum().backward()
    assert x.grad.tolist() == [2, 0]
