"""Modules beside PyTorch's: registration, walks, text, state, hooks, layers and losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import diffcompare.autograd as torch
from diffcompare.autograd import nn
from tests.autograd.libraries import needs_torch, ours, quietly, same, theirs


def network(T: Any) -> Any:
    """A module of modules with a parameter, a buffer and a shared part."""

    class Block(T.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = T.nn.Parameter(T.tensor([2.0, 3.0]))
            self.register_buffer("offset", T.tensor([1.0, 1.0]))
            self.register_buffer("passing", T.zeros(1), persistent=False)
            self.register_parameter("none", None)

        def forward(self, x: Any) -> Any:
            return x * self.scale + self.offset

        def extra_repr(self) -> str:
            return "two"

    class Net(T.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = T.nn.Linear(3, 2)
            self.inner = T.nn.Sequential(Block(), T.nn.Tanh(), T.nn.ModuleList([Block(), Block()])[0])
            self.again = self.first
            self.items = T.nn.ModuleDict({"a": T.nn.ReLU(), "b": T.nn.Flatten()})

        def forward(self, x: Any) -> Any:
            return self.inner(self.first(x))

    net = Net()
    with T.no_grad():
        net.first.weight.copy_(T.tensor(np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)))
        net.first.bias.zero_()
    return net


WALKS: dict[str, Callable[[Any], Any]] = {
    "repr": repr,
    "children": lambda net: [type(m).__name__ for m in net.children()],
    "named_children": lambda net: [(n, type(m).__name__) for n, m in net.named_children()],
    "modules": lambda net: [type(m).__name__ for m in net.modules()],
    "named_modules": lambda net: [(n, repr(m)) for n, m in net.named_modules()],
    "named_modules twice": lambda net: [n for n, _ in net.named_modules(remove_duplicate=False, prefix="net")],
    "named_parameters": lambda net: [(n, p.tolist()) for n, p in net.named_parameters()],
    "own parameters": lambda net: [n for n, _ in net.named_parameters(recurse=False)],
    "named_buffers": lambda net: [(n, b.tolist()) for n, b in net.named_buffers()],
    "state_dict": lambda net: [(n, t.tolist(), t.requires_grad) for n, t in net.state_dict().items()],
    "eval": lambda net: [m.training for m in net.eval().modules()],
    "frozen": lambda net: [p.requires_grad for p in net.requires_grad_(False).parameters()],
    "get_submodule": lambda net: repr(net.get_submodule("inner.0")),
    "apply": lambda net: _applied(net),
    "double": lambda net: [str(t.dtype) for t in net.double().state_dict().values()],
    "setattr": lambda net: _reassigned(net),
}  # fmt: skip


def _applied(net: Any) -> list[str]:
    names: list[str] = []
    net.apply(lambda module: names.append(type(module).__name__))
    return names


def _reassigned(net: Any) -> Any:
    block = net.inner[0]
    block.offset = None
    block.scale = None
    del net.items
    net.number = 3
    return [n for n, _ in net.named_parameters()], [n for n, _ in net.named_buffers()], repr(net), net.number


@needs_torch
@pytest.mark.parametrize("name", WALKS)
def test_modules_are_walked_as_in_pytorch(name: str) -> None:
    assert WALKS[name](network(ours)) == WALKS[name](network(theirs()))


@needs_torch
@pytest.mark.parametrize("build", [
    lambda T: T.nn.Sequential(),
    lambda T: T.nn.ModuleList([T.nn.Linear(2, 3), T.nn.Linear(2, 3), T.nn.ReLU()]),
    lambda T: T.nn.ModuleList(),
    lambda T: T.nn.ModuleDict({"x": T.nn.Sequential(T.nn.Linear(2, 2), T.nn.Sequential(T.nn.Tanh()))}),
    lambda T: T.nn.ParameterList([T.ones(2, 3), T.nn.Parameter(T.ones(3))]),
    lambda T: T.nn.ParameterDict({"a": T.ones(2, 3), "b": T.nn.Parameter(T.tensor(3.0))}),
    lambda T: [T.nn.CrossEntropyLoss(), T.nn.MSELoss(), T.nn.Flatten(), T.nn.ReLU(True)],
    lambda T: [T.nn.Softmax(1), T.nn.Identity()],
    lambda T: T.nn.Linear(4, 3, bias=False),
])  # fmt: skip
def test_modules_print_as_in_pytorch(build: Callable[[Any], Any]) -> None:
    assert repr(build(ours)) == repr(build(theirs()))


def containers(T: Any) -> list[Any]:
    a, b, c = T.nn.ReLU(), T.nn.Tanh(), T.nn.Sigmoid()
    chain = T.nn.Sequential(a, b)
    chain.append(c)
    chain.insert(1, T.nn.Identity())
    del chain[0]
    chain[-1] = T.nn.Softmax(0)
    parts = T.nn.ModuleList([a]).extend([b, c])
    names = T.nn.ModuleDict({"a": a})
    names.update({"b": b})
    names.pop("a")
    numbers = T.nn.ParameterList([T.ones(1)]).append(T.ones(2))
    return [
        repr(chain), len(chain), repr(chain[1:]), repr(parts), parts[-1] is c,
        [parts[i] is m for i, m in enumerate((a, b, c))],
        list(names.keys()), "b" in names, len(names), len(numbers), [p.requires_grad for p in numbers],
    ]  # fmt: skip


@needs_torch
def test_containers_behave_as_in_pytorch() -> None:
    assert containers(ours) == containers(theirs())


def test_a_sequence_may_have_names() -> None:
    net = nn.Sequential({"linear": nn.Linear(2, 2), "act": nn.ReLU()})
    assert [name for name, _ in net.named_children()] == ["linear", "act"]
    assert net.act is net[1]


def hooked(T: Any) -> list[Any]:
    """What hooks see, before and after, forward and backward; and that what they return counts."""
    layer = T.nn.Linear(2, 2, bias=False)
    with T.no_grad():
        layer.weight.copy_(T.tensor([[1.0, 2.0], [3.0, 4.0]]))
    x = T.tensor([[1.0, -1.0]], requires_grad=True)
    said: list[Any] = []
    handles = [
        layer.register_forward_pre_hook(lambda m, args: said.append(args[0].tolist()) or (args[0] * 2,)),
        layer.register_forward_hook(lambda m, args, out: said.append((args[0].tolist(), out.tolist())) or out + 1),
        layer.register_forward_hook(lambda m, args, kwargs, out: said.append(dict(kwargs)), with_kwargs=True),
        layer.register_full_backward_pre_hook(lambda m, grads: said.append(grads[0].tolist()) or (grads[0] * 10,)),
        layer.register_full_backward_hook(
            lambda m, gi, go: said.append((gi[0].tolist(), go[0].tolist())) or (gi[0] + 1,)
        ),
    ]
    for _ in range(2):
        layer(x).sum().backward()
    said += [x.grad.tolist(), layer.weight.grad.tolist()]
    for handle in handles:
        handle.remove()
    said.append(layer(x).tolist())
    layer.register_full_backward_hook(lambda m, gi, go: said.append((gi[0] is None, go[0].tolist())))
    layer(x.detach()).sum().backward()
    return said


@needs_torch
def test_hooks_see_and_change_what_they_do_in_pytorch() -> None:
    assert quietly(lambda: hooked(ours)) == quietly(lambda: hooked(theirs()))


@needs_torch
def test_backward_hooks_of_several_arguments_and_results() -> None:
    found = []
    for T in (ours, theirs()):

        class Pair(T.nn.Module):
            def forward(self, x: Any, y: Any) -> Any:
                return x * y, x + y

        pair, said = Pair(), []
        pair.register_full_backward_hook(
            lambda m, gi, go, said=said: said.append([None if g is None else g.tolist() for g in (*gi, *go)])
        )
        x, y = T.tensor([2.0], requires_grad=True), T.tensor([5.0], requires_grad=True)
        product, total = pair(x, y)
        (product * total).sum().backward()
        _, total = pair(x, y)
        total.sum().backward()
        found.append([said, x.grad.tolist(), y.grad.tolist()])
    assert found[0] == found[1]


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "cross entropy": lambda T, x: T.nn.CrossEntropyLoss()(x, T.tensor([2, 0, 3])),
    "cross entropy, sum": lambda T, x: T.nn.CrossEntropyLoss(reduction="sum")(x, T.tensor([2, 0, 3])),
    "cross entropy, each": lambda T, x: T.nn.functional.cross_entropy(x, T.tensor([2, 0, 3]), reduction="none"),
    "cross entropy, one left out": lambda T, x: T.nn.functional.cross_entropy(x, T.tensor([2, -100, 3])),
    "cross entropy of probabilities": lambda T, x: T.nn.functional.cross_entropy(x, T.softmax(x.detach() * 2, 1)),
    "cross entropy of one sample": lambda T, x: T.nn.functional.cross_entropy(x[0], T.tensor(1)),
    "cross entropy of large scores": lambda T, x: T.nn.functional.cross_entropy(x * 1000, T.tensor([2, 0, 3])),
    "cross entropy over places": lambda T, x: T.nn.functional.cross_entropy(
        x.reshape(1, 4, 3), T.tensor([[2, 0, 3]])
    ),
    "nll": lambda T, x: T.nn.functional.nll_loss(T.nn.functional.log_softmax(x, 1), T.tensor([2, 0, 3])),
    "mse": lambda T, x: T.nn.MSELoss()(x, T.ones(3, 4, dtype=x.dtype)),
    "mse, sum": lambda T, x: T.nn.functional.mse_loss(x, x.detach() * 2, reduction="sum"),
    "softmax": lambda T, x: T.nn.Softmax(1)(x),
    "log softmax": lambda T, x: T.nn.functional.log_softmax(x, 0),
    "tanh": lambda T, x: T.nn.Tanh()(x),
    "sigmoid": lambda T, x: T.nn.functional.sigmoid(x),
    "relu": lambda T, x: T.nn.ReLU()(x),
    "relu in place": lambda T, x: T.nn.ReLU(inplace=True)(x * 1),
    "softplus": lambda T, x: T.nn.functional.softplus(x),
    "flatten": lambda T, x: T.nn.Flatten(0)(x),
    "linear": lambda T, x: T.nn.functional.linear(x, T.ones(2, 4, dtype=x.dtype), T.ones(2, dtype=x.dtype)),
}  # fmt: skip


@needs_torch
@pytest.mark.parametrize("name", LOSSES)
def test_layers_and_losses_are_those_of_pytorch(name: str) -> None:
    data = np.random.default_rng(1).standard_normal((3, 4))
    found = []
    for T in (ours, theirs()):
        x = T.tensor(data, requires_grad=True)
        result = LOSSES[name](T, x)
        (slope,) = T.autograd.grad((result * result).sum(), x, create_graph=True)
        found.append([result, slope, *T.autograd.grad((slope * slope).sum(), x)])
    for a, b in zip(*found, strict=True):
        same(a, b, 1e-10)


def test_a_linear_layer_starts_inside_the_lectures_bounds() -> None:
    layer = nn.Linear(100, 1000)
    for parameter in (layer.weight, layer.bias):
        values = parameter.detach().numpy()
        assert abs(values).max() <= 0.1
        assert values.std() == pytest.approx(0.1 / math.sqrt(3), rel=0.1)
        assert values.dtype == np.float32
    assert nn.Linear(2, 3, dtype=torch.float64).weight.dtype is torch.float64


@needs_torch
def test_initialisers_fill_as_widely_as_in_pytorch() -> None:
    for name in ("kaiming_uniform_", "kaiming_normal_", "xavier_uniform_", "xavier_normal_", "uniform_", "normal_"):
        spreads = [getattr(T.nn.init, name)(T.empty(200, 300)).std().item() for T in (ours, theirs())]
        assert spreads[0] == pytest.approx(spreads[1], rel=0.02), name
    for name in ("linear", "tanh", "relu", "leaky_relu", "sigmoid"):
        assert nn.init.calculate_gain(name) == theirs().nn.init.calculate_gain(name)
    assert nn.init.zeros_(torch.empty(2)).tolist() == [0.0, 0.0]
    assert nn.init.ones_(torch.empty(2)).tolist() == [1.0, 1.0]


def test_a_state_goes_into_another_module() -> None:
    source, target = nn.Linear(3, 2), nn.Linear(3, 2)
    assert repr(target.load_state_dict(source.state_dict())) == "<All keys matched successfully>"
    assert torch.equal(source.weight, target.weight)
    keys = target.load_state_dict({"weight": source.weight, "more": 1}, strict=False)
    assert keys.missing_keys == ["bias"]
    assert keys.unexpected_keys == ["more"]
    source.state_dict()["weight"].zero_()
    assert source.weight.abs().sum().item() == 0


def test_the_adjoints_of_a_linear_layer_are_the_lectures_products_bit_for_bit() -> None:
    hidden, layer = torch.randn(64, 512, requires_grad=True), nn.Linear(512, 512, bias=False)
    out = layer(hidden)
    out.retain_grad()
    nn.functional.cross_entropy(nn.Linear(512, 10, bias=False)(out.relu()), torch.randint(0, 10, (64,))).backward()
    assert (hidden.grad - out.grad @ layer.weight).abs().sum().item() == 0.0
    assert (layer.weight.grad.T - hidden.T @ out.grad).abs().sum().item() == 0.0


def test_frozen_parts_get_no_gradient_and_pass_it_on() -> None:
    net = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1))
    net[2].requires_grad_(False)
    net(torch.ones(3)).backward()
    assert net[2].weight.grad is None
    assert net[0].weight.grad is not None
    net.zero_grad(set_to_none=False)
    assert net[0].weight.grad.abs().sum().item() == 0
    net.zero_grad()
    assert net[0].weight.grad is None
