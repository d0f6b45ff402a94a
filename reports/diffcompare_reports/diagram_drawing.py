"""Array graphs and autograd DAGs, drawn as the graph of a trace is; what is too large to read is folded first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diffcompare.studies.graphs.diagram import Box, Diagram
from diffcompare.studies.graphs.folding import readable
from diffcompare_reports.graph_drawing import (
    FORWARD_TINT,
    INPUT_TINT,
    REVERSE_TINT,
    SIZE,
    SMALL,
    Arrow,
    Card,
    Line,
    card,
    dot_text,
    draw_graph,
    extent,
)
from diffcompare_reports.style import BLUE, DOTTED, GREY, INK, SOLID, VERMILLION, darker, drawn, mathematics, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GAP = 0.25  # inches
MOST_NAMES = 4  # of variables in a box
STRAIGHT = {"operation": 6, "group": 6}  # arrows between operations rather than from variables


@drawn
def draw_diagram(diagram: Diagram) -> Figure:
    """The boxes of an array graph or an autograd DAG with their shapes; of more than 60, groups of neighbours."""
    shown = readable(diagram)
    return draw_graph({box.name: _card(box) for box in shown.boxes}, _arrows(shown), _key(shown), GAP)


def dot(diagram: Diagram) -> str:
    """The whole graph in Graphviz's DOT language, for other programs to draw.

    >>> import diffcompare as dc
    >>> print(dot(dc.array_graph(lambda x: x @ x, at={"x": [1, 2]})))
    digraph arrays {
      rankdir=LR; node [shape=box];
      "x" [label="x\\n2"];
      "v1" [label="v1 = x @ x\\na number", peripheries=2];
      "x" -> "v1";
      "x" -> "v1";
    }
    """
    labels = {box.name: (box.title, " x ".join(map(str, box.shape)) or "a number") for box in diagram.boxes}
    return dot_text("arrays", labels, {box.name for box in diagram.boxes if box.root}, _arrows(diagram))


def _arrows(diagram: Diagram) -> list[Arrow]:
    boxes = {box.name: box for box in diagram.boxes}
    return [
        Arrow(tail, head, style=DOTTED if boxes[tail].frozen else SOLID, weight=STRAIGHT.get(boxes[tail].kind, 1))
        for tail, head in diagram.arrows
    ]


def _card(box: Box) -> Card:
    """Title, what a group holds, and the shape, in a strip where a gradient is kept."""
    ink = GREY if box.frozen or box.fixed else INK
    title = mathematics(box.latex, box.title) if box.latex else words(box.title)
    lines = [Line(title, ink, max(14.0, extent(title, SIZE)[1] + 6))]
    lines += [Line(words(", ".join(box.notes)), ink, 11.0, SMALL)] * bool(box.notes)
    lines += [Line(words(_using(box.named)), GREY, 11.0, SMALL)] * bool(box.named)
    lines.append(Line(_shape(box), darker(VERMILLION) if box.keeps_grad else ink, 15.0, SMALL))
    greyed = box.frozen or box.fixed
    fill = {"operation": "white", "group": INPUT_TINT if greyed else FORWARD_TINT}.get(box.kind, INPUT_TINT)
    edge = GREY if box.frozen else BLUE if box.fixed else INK
    strip = REVERSE_TINT if box.keeps_grad else None
    return card(lines, fill=fill, strip=strip, heavy=box.root, dashed=box.frozen, edge=edge)


def _using(names: Sequence[str]) -> str:
    """What a box uses, in one line."""
    return "with " + ", ".join(names[:MOST_NAMES]) + f" and {len(names) - MOST_NAMES} more" * (len(names) > MOST_NAMES)


def _shape(box: Box) -> str:
    return "$" + r" \times ".join(map(str, box.shape)) + "$" if box.shape else "a number"


def _key(diagram: Diagram) -> str:
    """What the looks of the boxes mean, of those that occur."""
    array, boxes = diagram.kind == "array graph", diagram.boxes
    parts = ["In each box: the operation and the shape." if array else "In each box: name or function, and shape."]
    if any(box.kind == "group" for box in boxes):
        parts.append("Blue: several operations.")
    if any(box.keeps_grad for box in boxes):
        parts.append("Orange: its grad is kept.")
    if any(box.frozen for box in boxes):
        parts.append("Dashed: no gradient goes through.")
    if any(box.fixed for box in boxes):
        parts.append("Blue edge: frozen, but gradients go through.")
    if any(box.named for box in boxes):
        parts.append("With: used too, arrow left out.")
    return "  ".join(parts)
