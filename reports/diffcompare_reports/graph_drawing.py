"""Graphs: laid out by Graphviz's dot, drawn in the style of the book.

Graphviz only places boxes of given size, with no text in them, so it never looks for fonts; the drawing is ours and
the same on every machine.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from diffcompare_reports.style import DASHED, GREY, INK, SOLID, TEXT_WIDTH, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINT = 72.0  # points an inch, Graphviz's unit of position
SIZE = 9.5  # points: formulas and values
SMALL = 8.0  # points: edge labels and the key
TALLEST = 8.4  # inches: a page of the book
PREFERENCE = 1.35  # a drawing from left to right may be shrunk so much before one from top to bottom is better
MARGIN, KEY = 6.0, 20.0  # points: around the drawing, and the line under it that explains it
PADDING = 14.0  # points: beside the text in a box

FORWARD_TINT, REVERSE_TINT, INPUT_TINT = "#E3EFF7", "#FBE9DD", "#F1F1F1"


class Line(NamedTuple):
    """A line of text in a box, and the height that it takes in points."""

    text: str
    colour: str
    height: float
    size: float = SIZE


@dataclass(frozen=True, slots=True)
class Card:
    """What a box shows, from top to bottom, and how; its size in points."""

    lines: tuple[Line, ...]
    width: float
    fill: str = "white"
    strip: str | None = None  # the tint behind the last line
    heavy: bool = False
    dashed: bool = False
    edge: str = INK

    @property
    def height(self) -> float:
        """All lines together."""
        return sum(line.height for line in self.lines)


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge from an operand to the operation that uses it, with a label of given width in points."""

    tail: str
    head: str
    label: str = ""
    width: float = 0.0
    style: Any = SOLID
    weight: int = 1  # how straight and short it is to be


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in points: the centre of each card, the curve and label of each arrow."""

    width: float
    height: float
    centres: dict[str, tuple[float, float]]
    curves: list[list[tuple[float, float]]]  # cubic Bezier points, then the tip
    labels: list[tuple[float, float] | None]


def card(lines: Sequence[Line], **look: Any) -> Card:
    """A card as wide as its lines need."""
    return Card(tuple(lines), max(extent(line.text, line.size)[0] for line in lines) + PADDING, **look)


def draw_graph(
    cards: Mapping[str, Card], arrows: Sequence[Arrow], key: str, gap: float, label_colour: str = INK
) -> Figure:
    """The cards joined by the arrows, from left to right or from top to bottom, and under them the key.

    `gap`, in inches, is between a card and the next along the arrows.
    """
    across, down = (_layout(cards, arrows, direction, gap) for direction in ("LR", "TB"))
    layout = across if _excess(across) <= max(PREFERENCE, _excess(down)) else down
    figure, axes = _canvas(layout, extent(key, SMALL)[0])
    for arrow, curve in zip(arrows, layout.curves, strict=True):
        _draw_arrow(axes, curve, arrow.style)
    for arrow, place in zip(arrows, layout.labels, strict=True):
        if arrow.label and place:
            _write(axes, *place, arrow.label, label_colour, SMALL, background=True)
    for name, one in cards.items():
        _draw_card(axes, one, *layout.centres[name])
    _write(axes, layout.width / 2, -KEY / 2 - MARGIN / 2, key, GREY, SMALL)
    return figure


def dot_text(name: str, labels: Mapping[str, tuple[str, ...]], roots: Container[str], arrows: Sequence[Arrow]) -> str:
    """The graph in Graphviz's DOT language: the lines of text in each box, and the arrows."""
    lines = [f"digraph {name} {{", "  rankdir=LR; node [shape=box];"]
    for node, label in labels.items():
        text = r"\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in label)
        lines.append(f'  "{node}" [label="{text}"{", peripheries=2" if node in roots else ""}];')
    return "\n".join([*lines, *(f'  "{arrow.tail}" -> "{arrow.head}";' for arrow in arrows), "}"])


def extent(text: str, size: float) -> tuple[float, float]:
    """Width and height of a text in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    is_mathematics = text.startswith("$")
    width, height, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), is_mathematics)
    return float(width), float(height)


def _canvas(layout: Layout, key_width: float) -> tuple[Figure, Axes]:
    """A figure and axes that fill it, of just the size that the drawing and its key need, in points."""
    width = max(layout.width, key_width) + 2 * MARGIN
    height = layout.height + 2 * MARGIN + KEY
    left = (layout.width - width) / 2
    figure = new_figure(width / POINT, height / POINT)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(left, left + width), ylim=(-MARGIN - KEY, layout.height + MARGIN))
    axes.set_axis_off()
    return figure, axes


def _layout(cards: Mapping[str, Card], arrows: Sequence[Arrow], direction: str, gap: float) -> Layout:
    from pygraphviz import AGraph

    graph = AGraph(directed=True, strict=False)
    graph.graph_attr.update(rankdir=direction, nodesep="0.22", ranksep=str(gap), splines="true")
    graph.node_attr.update(shape="box", fixedsize="true", label="")
    for name, one in cards.items():
        graph.add_node(name, width=one.width / POINT, height=one.height / POINT)
    for place, arrow in enumerate(arrows):
        graph.add_edge(arrow.tail, arrow.head, key=str(place), weight=arrow.weight, **_space(arrow))
    graph.layout(prog="dot")
    edges = [graph.get_edge(arrow.tail, arrow.head, str(place)) for place, arrow in enumerate(arrows)]
    _, _, width, height = map(float, graph.graph_attr["bb"].split(","))
    centres = {name: _place(graph.get_node(name).attr["pos"]) for name in cards}
    labels = [_place(edge.attr["lp"]) if edge.attr["lp"] else None for edge in edges]
    return Layout(width, height, centres, [_curve(edge.attr["pos"]) for edge in edges], labels)


def _space(arrow: Arrow) -> dict[str, str]:
    """Room for the label: a table of fixed size with nothing in it."""
    if not arrow.label:
        return {}
    size = f'FIXEDSIZE="TRUE" WIDTH="{arrow.width + 6:.0f}" HEIGHT="13"'
    return {"label": f'<<TABLE BORDER="0" {size}><TR><TD></TD></TR></TABLE>>'}


def _place(text: str) -> tuple[float, float]:
    x, y = text.split(",")
    return float(x), float(y)


def _curve(text: str) -> list[tuple[float, float]]:
    """Dot's "e,x,y p0 p1 p2 p3 ..." as Bezier points followed by the tip of the arrow."""
    tip, *points = text.split()
    return [*map(_place, points), _place(tip.removeprefix("e,"))]


def _excess(layout: Layout) -> float:
    """How many times the drawing is larger than a page of the book."""
    return max(layout.width / (TEXT_WIDTH * POINT), layout.height / (TALLEST * POINT))


def _draw_card(axes: Axes, one: Card, x: float, y: float) -> None:
    from matplotlib.patches import FancyBboxPatch, Rectangle

    left, bottom = x - one.width / 2, y - one.height / 2
    outline: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=4", "mutation_scale": 1}
    box = FancyBboxPatch((left, bottom), one.width, one.height, facecolor=one.fill, edgecolor="none", **outline)
    axes.add_patch(box)
    if one.strip:
        strip = Rectangle((left, bottom), one.width, one.lines[-1].height, edgecolor="none", zorder=2)
        strip.set_facecolor(one.strip)
        axes.add_patch(strip)
        strip.set_clip_path(box)
    frame = FancyBboxPatch(
        (left, bottom), one.width, one.height, facecolor="none", edgecolor=one.edge, zorder=3,
        linewidth=1.6 if one.heavy else 0.7, linestyle=DASHED if one.dashed else SOLID, **outline,
    )  # fmt: skip
    axes.add_patch(frame)
    top = bottom + one.height
    for line in one.lines:
        _write(axes, x, top - line.height / 2, line.text, line.colour, line.size)
        top -= line.height


def _draw_arrow(axes: Axes, points: list[tuple[float, float]], style: Any) -> None:
    from matplotlib.patches import FancyArrowPatch, PathPatch
    from matplotlib.path import Path

    *curve, tip = points
    path = Path(curve, [Path.MOVETO] + [Path.CURVE4] * (len(curve) - 1))
    axes.add_patch(PathPatch(path, facecolor="none", edgecolor=GREY, linewidth=0.8, linestyle=style, zorder=1))
    axes.add_patch(
        FancyArrowPatch(curve[-1], tip, arrowstyle="-|>", mutation_scale=7, shrinkA=0, shrinkB=0, color=GREY,
                        linewidth=0.8, zorder=1)
    )  # fmt: skip


def _write(axes: Axes, x: float, y: float, text: str, colour: str, size: float, background: bool = False) -> None:
    box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"} if background else None
    axes.text(x, y, text, color=colour, fontsize=size, ha="center", va="center", zorder=4, bbox=box)
