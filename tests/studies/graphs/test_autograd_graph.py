"""The autograd DAG: what PyTorch records is there, and what it leaves out is frozen."""

from __future__ import annotations

import re
from typing import Any

import pytest

import diffcompare as dc
import diffcompare.autograd as ours
from diffcompare.errors import DiffCompareError
from diffcompare.studies.graphs.diagram import Diagram
from tests.autograd.libraries import needs_torch, theirs


class Twice(ours.nn.Module):
    """A layer called twice, and another one; the value between them retains its gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = ours.nn.Linear(4, 4)
        self.last = ours.nn.Linear(4, 2, bias=False)
        self.register_buffer("between", ours.zeros(1))

    def forward(self, x: Any) -> Any:
        x = ours.relu(self.shared(ours.tanh(self.shared(x))))
        if x.requires_grad:
            x.retain_grad()
        self.between = x
        return self.last(x)


def titles(graph: Diagram, **wanted: bool) -> list[str]:
    return [box.title for box in graph.boxes if all(getattr(box, name) == value for name, value in wanted.items())]


def network(library: Any) -> Any:
    return library.nn.Sequential(
        library.nn.Linear(4, 3), library.nn.ReLU(), library.nn.Linear(3, 3), library.nn.Tanh(), library.nn.Linear(3, 1)
    )


@needs_torch
@pytest.mark.parametrize("frozen", [(), ("0",), ("2",), ("4",), ("0", "2"), ("2", "4")])
@pytest.mark.parametrize("input_grad", [False, True])
def test_leaves_that_gather_a_gradient_are_pytorchs(frozen: tuple[str, ...], input_grad: bool) -> None:
    torch, found = theirs(), {}
    for library in (ours, torch):
        net = network(library)
        for path in frozen:
            net.get_submodule(path).requires_grad_(False)
        x = library.ones(2, 4).requires_grad_(input_grad)
        if library is ours:
            graph = dc.autograd_graph(net, x)
            found[ours] = set(titles(graph, keeps_grad=True))
            assert {*titles(graph, kind="parameter"), "input"} == {*dict(net.named_parameters()), "input"}
        else:
            names = {id(p): name for name, p in net.named_parameters()} | {id(x): "input"}
            found[torch] = {names[id(leaf)] for leaf in leaves_of(net(x).grad_fn)}
    assert found[ours] == found[torch]


def leaves_of(node: Any) -> list[Any]:
    """The leaves behind one of PyTorch's nodes."""
    below = [leaf for edge, _ in node.next_functions if edge is not None for leaf in leaves_of(edge)]
    return [node.variable] if hasattr(node, "variable") else below


def test_operations_before_the_first_gradient_are_frozen_and_those_after_it_recorded() -> None:
    net = network(ours)
    net[0].requires_grad_(False)
    graph = dc.autograd_graph(net, ours.ones(2, 4))
    greyed = [box for box in graph.boxes if box.frozen]
    assert [box.title for box in greyed] == [
        "input", "0.weight", "TBackward0", "MmBackward0", "0.bias", "AddmmBackward0", "ReluBackward0"
    ]  # fmt: skip
    recorded = dc.autograd_graph(net(ours.ones(2, 4)))
    assert len(recorded.boxes) == len(graph.boxes) - len(greyed)


def test_module_and_its_input_stay_as_they_are() -> None:
    net, x = Twice(), ours.ones(3, 4)
    net.shared.requires_grad_(False)
    graph = dc.autograd_graph(net, x)
    assert titles(graph, kind="parameter") == ["shared.weight", "shared.bias", "last.weight"]
    assert [p.requires_grad for p in net.parameters()] == [False, False, True]
    assert not x.requires_grad
    assert net.between.shape == (1,)
    assert all(module.__dict__["_hooks"].empty() for module in net.modules())


def test_parameters_stay_frozen_where_the_module_fails() -> None:
    net = Twice().requires_grad_(False)
    with pytest.raises(RuntimeError):
        dc.autograd_graph(net, ours.ones(3, 5))
    assert not any(p.requires_grad for p in net.parameters())
    assert all(module.__dict__["_hooks"].empty() for module in net.modules())


def test_inputs_may_be_written_in_place_and_are_not_changed() -> None:
    x = -ours.ones(2)
    graph = dc.autograd_graph(ours.nn.Sequential(ours.nn.ReLU(inplace=True)), x)
    assert titles(graph) == ["input", "ReluBackward0"]
    assert x.tolist() == [-1.0, -1.0]


def test_a_module_called_twice_has_two_calls_and_one_parameter() -> None:
    graph = dc.autograd_graph(Twice(), ours.ones(3, 4))
    assert {box.calls for box in graph.boxes if box.calls} == {
        ("shared: Linear",), ("shared: Linear, call 2",), ("last: Linear",)
    }  # fmt: skip
    (weight,) = [box.name for box in graph.boxes if box.title == "shared.weight"]
    assert [tail for tail, _ in graph.arrows].count(weight) == 2


def test_a_value_that_retains_its_gradient_is_marked() -> None:
    graph = dc.autograd_graph(Twice(), ours.ones(3, 4))
    assert titles(graph, keeps_grad=True, kind="operation") == ["ReluBackward0"]


@pytest.mark.parametrize("mode", [ours.no_grad, ours.inference_mode])
def test_a_module_has_its_graph_in_any_grad_mode(mode: Any) -> None:
    net = network(ours)
    with mode():
        assert titles(dc.autograd_graph(net, ours.ones(2, 4)), root=True) == ["AddmmBackward0"]
        assert not ours.is_grad_enabled()


def test_a_tensor_shows_what_was_recorded_and_the_names_that_it_is_given() -> None:
    x, w, frozen = ours.ones(2, 3), ours.ones(3, 3, requires_grad=True), ours.ones(3, 1)
    y = ((x @ w) @ frozen).sum()
    assert [(box.title, box.shape) for box in dc.autograd_graph(y).boxes] == [
        ("Tensor", (3, 3)), ("MmBackward0", (2, 3)), ("MmBackward0", (2, 1)), ("SumBackward0", ())
    ]  # fmt: skip
    graph = dc.autograd_graph(y, names={"x": x, "w": w, "frozen": frozen})
    assert titles(graph, frozen=True) == ["x", "frozen"]
    assert titles(graph, keeps_grad=True) == ["w"]


def test_a_graph_that_backward_has_freed_is_still_there() -> None:
    w = ours.ones(3, requires_grad=True)
    y = (w * w).sum()
    y.backward()
    assert titles(dc.autograd_graph(y, names={"w": w})) == ["w", "MulBackward0", "SumBackward0"]


def test_a_leaf_is_its_own_graph() -> None:
    (box,) = dc.autograd_graph(ours.ones(2, requires_grad=True)).boxes
    assert (box.kind, box.root, box.keeps_grad) == ("input", True, True)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((ours.ones(2),), {}, "nothing was recorded"),
        ((ours.ones(2, requires_grad=True), 1), {}, "give a tensor alone"),
        ((3,), {}, "a int has no autograd graph"),
        ((ours.nn.ReLU(), ours.ones(2)), {"names": {}}, "leave out names="),
    ],
)
def test_what_has_no_graph_says_why(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(DiffCompareError, match=re.escape(message)):
        dc.autograd_graph(*arguments, **options)
