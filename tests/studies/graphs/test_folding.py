"""Large diagrams are folded: readable, without circles, and nothing lost."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diffcompare as dc
import diffcompare.autograd as torch
from diffcompare.studies.graphs.diagram import Box, Diagram
from diffcompare.studies.graphs.folding import READABLE, readable


def chain(x: Any) -> Any:
    for _ in range(200):
        x = np.sin(x) * 2
    return x


def recurrent(W: Any, U: Any, x: Any) -> Any:
    h = np.zeros(2)
    for t in range(80):
        h = np.tanh(W @ h + U @ x[t])
    return h


def wide(x: Any) -> Any:
    return sum(np.sin(x[i]) for i in range(200))


def separate(x: Any) -> Any:
    return [np.sin(x[i]) * 2 for i in range(200)]


def butterflies(x: Any) -> Any:
    values = [x[i] for i in range(32)]
    for step in (1, 2, 4, 8, 16):
        values = [values[i] + values[i ^ step] for i in range(32)]
    return values


CASES = [
    (chain, {"x": 1.0}), (recurrent, {"W": np.eye(2), "U": np.eye(2), "x": np.ones((80, 2))}),
    (wide, {"x": np.ones(200)}), (separate, {"x": np.ones(200)}), (butterflies, {"x": np.ones(32)}),
]  # fmt: skip


def assert_sound(diagram: Diagram, folded: Diagram) -> None:
    """No circle, every arrow between boxes that exist, the same results, every operation counted once."""
    names = {box.name for box in folded.boxes}
    assert len(names) == len(folded.boxes)
    assert {name for arrow in folded.arrows for name in arrow} <= names
    before: dict[str, set[str]] = {}
    for tail, head in folded.arrows:
        assert tail != head
        before.setdefault(head, set()).add(tail)
    list(TopologicalSorter(before).static_order())  # raises CycleError
    assert counted(folded) == sum(box.kind == "operation" for box in diagram.boxes)


def counted(folded: Diagram) -> int:
    texts = [text for box in folded.boxes if box.kind == "group" for text in (box.title, *box.notes)]
    in_groups = sum(int(text.split()[0]) for text in texts if text.split(" ", 1)[-1] in ("operation", "operations"))
    return in_groups + sum(box.kind == "operation" for box in folded.boxes)


@pytest.mark.parametrize(("f", "at"), CASES)
def test_a_large_array_graph_is_folded_to_a_readable_one(f: Any, at: dict[str, Any]) -> None:
    diagram = dc.array_graph(f, at)
    assert len(diagram.boxes) > READABLE
    folded = readable(diagram)
    assert 5 <= len(folded.boxes) <= READABLE
    assert any(box.root for box in folded.boxes)
    assert_sound(diagram, folded)


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    """Any DAG of variables, then operations that each use some boxes before them."""
    sources, operations = draw(st.integers(1, 30)), draw(st.integers(1, 60))
    boxes = [Box(f"x{k}", "input", f"x{k}", ()) for k in range(sources)]
    arrows = []
    for k in range(operations):
        operands = draw(st.sets(st.integers(0, sources + k - 1), min_size=1, max_size=3))
        arrows += [(boxes[j].name, f"v{k}") for j in operands]
        boxes.append(Box(f"v{k}", "operation", f"v{k}", (), "add"))
    used = {tail for tail, _ in arrows}
    boxes = [box for box in boxes if box.kind == "operation" or box.name in used]
    return Diagram("array graph", tuple(boxes), tuple(arrows))


@given(diagrams(), st.integers(2, 20))
def test_any_graph_is_folded_without_a_circle(diagram: Diagram, most: int) -> None:
    folded = readable(diagram, most)
    assert len(folded.boxes) <= max(most, 2)
    assert_sound(diagram, folded)


def deep_network() -> Any:
    block = [torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU()) for _ in range(12)]
    block[0].requires_grad_(False)
    return torch.nn.Sequential(*block)


def test_modules_are_folded_one_box_a_call_with_counts() -> None:
    diagram = dc.autograd_graph(deep_network(), torch.ones(2, 4))
    folded = readable(diagram)
    assert [box.title for box in folded.boxes][:4] == ["0.0: Linear", "0.1: ReLU", "1.0: Linear", "1.1: ReLU"]
    assert len(folded.boxes) == 24
    assert folded.boxes[0].notes == ("3 operations", "20 parameters, frozen", "1 input")
    assert folded.boxes[2].notes == ("3 operations", "20 parameters")
    assert [box.frozen for box in folded.boxes] == [True, True] + [False] * 22
    assert_sound(diagram, folded)


def test_outer_modules_are_folded_where_inner_ones_are_too_many() -> None:
    diagram = dc.autograd_graph(deep_network(), torch.ones(2, 4))
    folded = readable(diagram, 20)
    assert [box.title for box in folded.boxes][:2] == ["0: Sequential", "1: Sequential"]
    assert_sound(diagram, folded)
    assert len(readable(diagram, 6).boxes) <= 6


def test_frozen_parameters_are_seen_where_gradients_go_through() -> None:
    net = deep_network()
    net[3].requires_grad_(False)
    folded = readable(dc.autograd_graph(net, torch.ones(2, 4)))
    assert [box.title for box in folded.boxes if box.fixed] == ["3.0: Linear"]


def test_variables_of_every_step_are_drawn_at_the_first_and_named_at_the_others() -> None:
    diagram = dc.array_graph(*CASES[1])
    folded = readable(diagram)
    titles = {box.name: box.title for box in folded.boxes}
    assert sorted(titles[tail] for tail, _ in folded.arrows if titles[tail] in ("W", "U", "x")) == ["U", "W", "x"]
    first, *others = [box for box in folded.boxes if box.kind == "group"]
    assert not first.named
    assert all(set(box.named) == {"W", "U", "x"} for box in others)


def test_a_readable_diagram_is_left_alone() -> None:
    diagram = dc.array_graph("x + y", {"x": 1, "y": 2})
    assert readable(diagram) is diagram
