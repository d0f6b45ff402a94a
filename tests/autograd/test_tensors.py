"""Tensors: what is recorded, where gradients go, memory, and how tensors print."""

from __future__ import annotations

import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import diffcompare.autograd as torch
from diffcompare.autograd.graph import AccumulateGrad
from tests.autograd.libraries import needs_torch, theirs


def test_an_operation_is_recorded_where_an_operand_requires_a_gradient() -> None:
    x, w = torch.ones(3), torch.ones(3, requires_grad=True)
    assert not (x * x).requires_grad
    assert (x * x).is_leaf
    y = x * w
    assert y.requires_grad
    assert not y.is_leaf
    assert y.grad_fn.name() == "MulBackward0"
    assert y.grad_fn.next_functions[0] == (None, 0)
    assert y.grad_fn.next_functions[1][0].variable is w


def test_the_graph_can_be_walked_to_its_leaves() -> None:
    w, b = torch.ones(3, 2, requires_grad=True), torch.ones(2, requires_grad=True)
    loss = torch.relu(torch.ones(4, 3) @ w + b).sum()
    names, leaves, pending = [], set(), [loss.grad_fn]
    while pending:
        node = pending.pop()
        names.append(node.name())
        if isinstance(node, AccumulateGrad):
            leaves.add(node.variable)
        pending += [edge for edge, _ in node.next_functions if edge is not None]
    assert leaves == {w, b}
    assert "MmBackward0" in names
    assert "ReluBackward0" in names


def test_gradients_add_up_in_leaves_until_they_are_forgotten() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    kept = x.grad
    (3 * x).sum().backward()
    assert x.grad is kept
    assert x.grad.tolist() == [5.0, 7.0]
    x.grad.zero_()
    assert kept.tolist() == [0.0, 0.0]


def test_leaves_do_not_share_the_memory_of_their_gradients() -> None:
    x, y = (torch.ones(3, requires_grad=True) for _ in range(2))
    seed = torch.ones(3)
    (x + y).backward(seed)
    x.grad.mul_(5)
    assert y.grad.tolist() == seed.tolist() == [1.0, 1.0, 1.0]


def test_the_gradient_of_a_computed_tensor_is_kept_on_demand_only() -> None:
    x = torch.ones(2, requires_grad=True)
    y, z = x * 2, x * 3
    y.retain_grad()
    (y * z).sum().backward()
    assert y.grad.tolist() == [3.0, 3.0]
    with pytest.warns(UserWarning, match="retain_grad"):
        assert z.grad is None


def test_backward_to_chosen_inputs_leaves_the_others_alone() -> None:
    x, y = (torch.ones(2, requires_grad=True) for _ in range(2))
    z = x * y
    (z * z).sum().backward(inputs=[x, z])
    assert x.grad.tolist() == [2.0, 2.0]
    assert z.grad.tolist() == [2.0, 2.0]
    assert y.grad is None


def test_hooks_see_and_change_adjoints() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 3
    seen: list[Any] = []
    handle = y.register_hook(lambda grad: seen.append(grad.tolist()))
    y.register_hook(lambda grad: grad * 10)
    x.register_hook(lambda grad: grad + 1)
    y.sum().backward(retain_graph=True)
    assert seen == [[1.0, 1.0]]
    assert x.grad.tolist() == [31.0, 31.0]
    handle.remove()
    y.sum().backward()
    assert len(seen) == 1


def test_derivatives_of_any_order() -> None:
    x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    y, expected = torch.sin(x), [np.cos, lambda t: -np.sin(t), lambda t: -np.cos(t), np.sin]
    for order in range(6):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(expected[order % 4](0.7), rel=1e-14)


def test_a_long_chain_of_operations_neither_recurses_nor_stays() -> None:
    x = torch.ones((), dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(10**5):
        y = y + 1.0
    first = weakref.ref(y.grad_fn)
    y.backward()
    assert x.grad.item() == 1.0
    del y
    assert first() is None


def test_memory_is_given_back_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        w = torch.ones(3, requires_grad=True)
        y = (w * w).exp()
        y.retain_grad()
        z = (y[1:] * 2).sum()
        z.backward(retain_graph=True, create_graph=True)
        (slope,) = torch.autograd.grad((w.tanh() * w).sum(), w, create_graph=True)
        nodes = [weakref.ref(t.grad_fn) for t in (y, z, slope)]
        w.grad = None
        y.grad = None
        del y, z, slope
        assert [node() for node in nodes] == [None, None, None]
    finally:
        gc.enable()


def test_what_no_rule_needs_is_not_kept() -> None:
    x = torch.ones(1000, requires_grad=True)
    y = x * 1
    inner = weakref.ref(y)
    held = weakref.ref(y.value)
    z = (y + 2).sum()
    del y
    assert inner() is None
    assert held() is None
    z.backward()
    assert x.grad.sum().item() == 1000


def test_versions_count_writes_and_are_shared_by_views() -> None:
    x = torch.zeros(4)
    part, other = x[1:3], x.detach()
    part.add_(1)
    other[0] = 5
    assert x._version == part._version == other._version == 2
    assert x.tolist() == [5.0, 1.0, 1.0, 0.0]
    assert x.data._version == 0
    x.data.add_(1)
    assert x._version == 2


def test_numpy_shares_memory_and_numpys_functions_record() -> None:
    array = np.ones(3, dtype=np.float32)
    x = torch.from_numpy(array)
    array[0] = 7
    assert x.tolist() == [7.0, 1.0, 1.0]
    assert x.numpy() is array or np.shares_memory(x.numpy(), array)
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    np.sum(np.sin(w) * np.array([1.0, 3.0], dtype=np.float32)).backward()
    assert w.grad.numpy() == pytest.approx(np.cos([1.0, 2.0]) * [1, 3], rel=1e-6)


def test_a_traced_variable_and_a_tensor_do_not_mix() -> None:
    import diffcompare as dc
    from diffcompare.errors import DiffCompareError

    with pytest.raises(DiffCompareError):
        dc.grad(lambda x: (x * torch.ones(2)).sum())(np.ones(2))


def test_sizes_types_and_devices_print_as_in_pytorch() -> None:
    x = torch.zeros(64, 512)
    assert repr(x.shape) == "torch.Size([64, 512])"
    assert x.shape.numel() == 64 * 512
    assert f"{x.dtype} {x.device} {x.type()}" == "torch.float32 cpu torch.FloatTensor"
    assert torch.float is torch.float32
    assert torch.tensor([1]).dtype is torch.int64
    assert pickle.loads(pickle.dumps(torch.float64)) is torch.float64
    with pytest.raises(RuntimeError):
        torch.zeros(2, device="cuda")


def test_the_same_seed_gives_the_same_numbers() -> None:
    torch.manual_seed(5)
    first = [torch.randn(2, 3), torch.rand(4), torch.randint(0, 9, (5,)), torch.randperm(6)]
    torch.manual_seed(5)
    for a, b in zip(first, [torch.randn(2, 3), torch.rand(4), torch.randint(9, (5,)), torch.randperm(6)], strict=True):
        assert torch.equal(a, b)
    many = torch.randn(100_000)
    assert abs(many.mean().item()) < 0.02
    assert many.std().item() == pytest.approx(1, abs=0.02)


PRINTED = [
    [1.0, 2.0, np.inf], [1.5, np.nan], [1e-5, 1.0], [1e9], [-0.0, 0.5], [np.nan], [0.0, 0.0], [1.0, 2000.0], 3.5,
    [1, 100000], [True, False], [[]], [], np.zeros(2), np.zeros((0, 3)), np.zeros((2, 2, 2)), np.arange(30.0),
    np.arange(2000.0).reshape(20, 100), np.zeros((1001, 2)), np.arange(1200), [1 + 2j, 3.5 - 1j],
    np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 3, 4),
]  # fmt: skip


@needs_torch
@pytest.mark.parametrize("data", PRINTED)
def test_tensors_print_as_in_pytorch(data: Any) -> None:
    assert repr(torch.tensor(data)) == repr(theirs().tensor(data))


@needs_torch
def test_tensors_say_what_they_require_as_in_pytorch() -> None:
    texts = []
    for T in (torch, theirs()):
        x = T.tensor(np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4), requires_grad=True)
        w = T.nn.Parameter(T.ones(2, 3))
        texts.append([repr(t) for t in (x, x * 2, x[0], w, w @ x, (w @ x)[0], x.double().sum(), x.detach())])
    assert texts[0] == texts[1]


@needs_torch
@given(arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 12)), elements=st.floats(-1e6, 1e6, width=32)))
def test_any_tensor_prints_as_in_pytorch(array: Any) -> None:
    assert repr(torch.tensor(array)) == repr(theirs().tensor(array))


@needs_torch
def test_detaching_in_place_makes_a_leaf() -> None:
    for T in (torch, theirs()):
        x = T.ones(2, requires_grad=True)
        y = x * 2
        z = y * 3
        assert y.detach_() is y
        assert y.is_leaf
        assert not y.requires_grad
        assert y.grad_fn is None
        z.sum().backward()
        assert x.grad.tolist() == [6, 6]
        assert not x.detach_().requires_grad


@needs_torch
def test_an_expanded_tensor_of_its_own_shape_is_a_view_that_can_be_written() -> None:
    for T in (torch, theirs()):
        x = T.ones(4)
        x.expand(4).add_(1)
        x.expand(1, -1).add_(1)
        assert x.tolist() == [3, 3, 3, 3]


@needs_torch
def test_quotients_rounded_down_and_remainders_have_the_types_of_pytorch() -> None:
    for T in (torch, theirs()):
        whole, real, number = T.tensor([7, -7]), T.tensor([7.5, -7.5]), T.tensor(2)
        found = [whole // 2, real // number, whole // 2.0, 9 // whole, whole % 3, real % number, whole % 2.5, 9 % real]
        assert [(str(x.dtype), x.tolist()) for x in found] == [
            ("torch.int64", [3, -4]), ("torch.float32", [3, -4]), ("torch.float32", [3, -4]), ("torch.int64", [1, -2]),
            ("torch.int64", [1, 2]), ("torch.float32", [1.5, 0.5]), ("torch.float32", [2, 0.5]),
            ("torch.float32", [1.5, -6]),
        ]  # fmt: skip
