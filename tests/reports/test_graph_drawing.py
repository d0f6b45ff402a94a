"""Graphs are drawn with every box apart from the others, its text inside it, and what is frozen in grey."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text

import diffcompare as dc
import diffcompare.autograd as torch
from diffcompare.studies.graphs.diagram import Diagram
from diffcompare.studies.graphs.folding import readable
from diffcompare_reports.diagram_drawing import dot, draw_diagram
from diffcompare_reports.style import BLUE, GREY, INK, styled


def linear() -> Any:
    return torch.nn.Linear(8, 8)


def network(layers: int) -> Any:
    return torch.nn.Sequential(
        *(make() for _ in range(layers) for make in (lambda: torch.nn.Linear(8, 8), torch.nn.ReLU))
    )


def frozen_network() -> Diagram:
    net = network(2)
    net[0].requires_grad_(False)
    return dc.autograd_graph(net, torch.ones(2, 8))


def softmax(X: Any, W: Any) -> Any:
    scores = np.exp(X @ W - np.max(X @ W, axis=1, keepdims=True))
    return scores / np.sum(scores, axis=1, keepdims=True)


def repeated(x: Any, W: Any) -> Any:
    for _ in range(100):
        x = np.tanh(W @ x)
    return x


def recurrent(W: Any, U: Any, x: Any) -> Any:
    h = np.zeros(2)
    for t in range(80):
        h = np.tanh(W @ h + U @ x[t])
    return h


class Recurrent(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.enter, self.stay, self.leave = torch.nn.Linear(3, 4), torch.nn.Linear(4, 4), torch.nn.Linear(4, 1)

    def forward(self, x: Any) -> Any:
        h, total = torch.zeros(2, 4), 0.0
        for t in range(12):
            h = torch.tanh(self.enter(x[t]) + self.stay(h))
            total = total + self.leave(h).sum()
        return total


def frozen_inside() -> Diagram:
    net = network(20)
    net[0].requires_grad_(False)
    net[6].requires_grad_(False)
    return dc.autograd_graph(net, torch.ones(2, 8))


class Underscored(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer_0 = torch.nn.Linear(2, 2)

    def forward(self, some_input: Any) -> Any:
        return self.layer_0(some_input)


DIAGRAMS = {
    "three boxes": lambda: dc.array_graph("x + y", {"x": 1, "y": 2}),
    "array graph": lambda: dc.array_graph(softmax, {"X": np.ones((3, 4)), "W": np.ones((4, 2))}),
    "frozen": frozen_network,
    "twenty": lambda: dc.autograd_graph(network(3), torch.ones(2, 8)),
    "sixty": lambda: dc.autograd_graph(network(9), torch.ones(2, 8)),
    "folded by modules": lambda: dc.autograd_graph(network(20), torch.ones(2, 8)),
    "folded by levels": lambda: dc.array_graph(repeated, {"x": np.ones(3), "W": np.eye(3)}),
    "frozen inside": frozen_inside,
    "recurrent": lambda: dc.array_graph(recurrent, {"W": np.eye(2), "U": np.eye(2), "x": np.ones((80, 2))}),
    "recurrent module": lambda: dc.autograd_graph(Recurrent(), torch.ones(12, 2, 3)),
    "underscores": lambda: dc.autograd_graph(Underscored(), torch.ones(2, 2)),
}


def drawn(diagram: Diagram) -> tuple[Any, list[FancyBboxPatch]]:
    """The figure and the frames of its boxes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = draw_diagram(diagram)
    with styled():
        FigureCanvasAgg(figure).draw()
    return figure, [box for box in figure.findobj(FancyBboxPatch) if to_hex(box.get_edgecolor(), True)[-2:] != "00"]


@pytest.mark.parametrize("name", DIAGRAMS)
def test_boxes_are_apart_and_hold_their_text(name: str) -> None:
    diagram = DIAGRAMS[name]()
    shown = readable(diagram)
    figure, frames = drawn(diagram)
    places = [frame.get_window_extent() for frame in frames]
    assert len(places) == len(shown.boxes)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(places, 2))
    texts = [text.get_window_extent() for text in figure.findobj(Text) if text.get_text()]
    inside = [sum(p.x0 <= t.x0 and t.x1 <= p.x1 and p.y0 <= t.y0 and t.y1 <= p.y1 for p in places) for t in texts]
    assert Counter(inside) == {1: len(texts) - 1, 0: 1}  # all but the key
    assert all(t.x0 >= 0 and t.x1 <= figure.bbox.x1 and t.y0 >= 0 and t.y1 <= figure.bbox.y1 for t in texts)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(texts, 2))


@pytest.mark.parametrize("name", DIAGRAMS)
def test_every_arrow_is_drawn_and_frozen_boxes_are_greyed(name: str) -> None:
    diagram = DIAGRAMS[name]()
    shown = readable(diagram)
    figure, frames = drawn(diagram)
    assert len(figure.findobj(FancyArrowPatch)) == len(shown.arrows)
    colours = Counter(to_hex(frame.get_edgecolor()).lower() for frame in frames)
    frozen = sum(box.frozen for box in shown.boxes)
    fixed = sum(box.fixed for box in shown.boxes)
    assert fixed == (name == "frozen inside")
    assert colours == +Counter({GREY: frozen, BLUE.lower(): fixed, INK: len(shown.boxes) - frozen - fixed})
    assert sum(frame.get_linestyle() != "-" for frame in frames) == frozen
    assert sum(frame.get_linewidth() > 1 for frame in frames) == sum(box.root for box in shown.boxes)


@pytest.mark.parametrize("name", ["recurrent", "recurrent module"])
def test_a_loop_over_shared_variables_fits_a_page(name: str) -> None:
    assert max(drawn(DIAGRAMS[name]())[0].get_size_inches()) < 13


def test_the_key_explains_what_occurs() -> None:
    keys = {name: drawn(DIAGRAMS[name]())[0].axes[0].texts[-1].get_text() for name in ("array graph", "frozen")}
    assert keys["array graph"] == "In each box: the operation and the shape."
    assert "Dashed" in keys["frozen"]
    assert "Orange" in keys["frozen"]
    assert "Blue edge" in drawn(DIAGRAMS["frozen inside"]())[0].axes[0].texts[-1].get_text()


def test_dot_text_has_every_box_and_arrow() -> None:
    diagram = DIAGRAMS["folded by levels"]()
    text = dot(diagram)
    assert text.count("[label=") == len(diagram.boxes)
    assert text.count("->") == len(diagram.arrows)
    assert '"v1" [label="v1 = ' in text
