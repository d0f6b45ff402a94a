"""The computational graph of a trace: laid out by Graphviz's dot, drawn in the style of the book.

Graphviz only places boxes of given size, with no text in them, so it never looks for fonts; the drawing is ours and
the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diffcompare.errors import BudgetError
from diffcompare.studies.trace_table import Row, TraceTable, Update
from diffcompare_reports.style import (
    BLUE,
    DOTTED,
    GREY,
    INK,
    SOLID,
    TEXT_WIDTH,
    VERMILLION,
    darker,
    drawn,
    mathematics,
    new_figure,
    number,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINT = 72.0  # points an inch, Graphviz's unit of position
SIZE = 9.5  # points: formulas and values
SMALL = 8.0  # points: edge labels and the key
LARGEST = 400  # rows; a larger drawing cannot be read
NUMBERED = 24  # updates; beyond it the order of the sweep is left to the table
TALLEST = 8.4  # inches: a page of the book
PREFERENCE = 1.35  # a drawing from left to right may be shrunk so much before one from top to bottom is better
MARGIN, KEY = 6.0, 20.0  # points: around the drawing, and the line under it that explains it

FORWARD_TINT, REVERSE_TINT, INPUT_TINT = "#E3EFF7", "#FBE9DD", "#F1F1F1"


@dataclass(frozen=True, slots=True)
class Card:
    """What a node shows: its formula, its value, its tangent or adjoint; size in points."""

    row: Row
    formula: str
    value: str
    derivative: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge from an operand to the operation that uses it, with a label of given width in points."""

    tail: str
    head: str
    label: str
    width: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in points: the centre of each card, the curve and label of each arrow."""

    width: float
    height: float
    centres: dict[str, tuple[float, float]]
    curves: list[list[tuple[float, float]]]  # cubic Bezier points, then the tip
    labels: list[tuple[float, float] | None]


@drawn
def draw_trace(table: TraceTable) -> Figure:
    """The graph of a trace, with values and tangents (forward mode) or adjoints (reverse mode) on its nodes.

    Raises `BudgetError` for more than 400 rows.
    """
    if len(table.rows) > LARGEST:
        raise BudgetError(
            f"a drawing of {len(table.rows)} operations cannot be read; print the trace, or draw a part of the function"
        )
    cards = {row.name: _card(row, table) for row in table.rows}
    arrows = _arrows(table)
    across, down = (_layout(cards, arrows, direction) for direction in ("LR", "TB"))
    layout = across if _excess(across) <= max(PREFERENCE, _excess(down)) else down
    key = _key(table)
    figure, axes = _canvas(layout, _extent(key, SMALL)[0])
    colour = darker(BLUE if table.mode == "forward" else VERMILLION)
    for arrow, curve in zip(arrows, layout.curves, strict=True):
        _draw_arrow(axes, curve, carries=bool(arrow.label) or not table.sweep)
    for arrow, place in zip(arrows, layout.labels, strict=True):
        if arrow.label and place:
            _write(axes, *place, arrow.label, colour, SMALL, background=True)
    for name, card in cards.items():
        _draw_card(axes, card, *layout.centres[name], table, colour)
    _write(axes, layout.width / 2, -KEY / 2 - MARGIN / 2, key, GREY, SMALL)
    return figure


def dot(table: TraceTable) -> str:
    """The graph in Graphviz's DOT language, for other programs to draw.

    >>> import diffcompare as dc
    >>> print(dot(dc.trace("sin(x)", at={"x": 0})))
    digraph trace {
      rankdir=LR; node [shape=box];
      "v0" [label="v0 = x\\n0\\nadjoint 1"];
      "v1" [label="v1 = sin(v0)\\n0\\nadjoint 1", peripheries=2];
      "v0" -> "v1";
    }
    """
    kind = "tangent" if table.mode == "forward" else "adjoint"
    lines = ["digraph trace {", "  rankdir=LR; node [shape=box];"]
    for row in table.rows:
        label = _quoted(f"{row.name} = {row.formula.text}") + rf"\n{row.value:.6g}\n{kind} {row.derivative:.6g}"
        lines.append(f'  "{row.name}" [label="{label}"{", peripheries=2" if row.name == table.output else ""}];')
    lines += [f'  "{arrow.tail}" -> "{arrow.head}";' for arrow in _arrows(table)]
    return "\n".join([*lines, "}"])


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


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _card(row: Row, table: TraceTable) -> Card:
    mark = r"\dot{v}" if table.mode == "forward" else r"\bar{v}"
    formula = mathematics(f"v_{{{row.index}}} = {row.formula.latex}", f"{row.name} = {row.formula.text}")
    value = f"${number(row.value)}$"
    derivative = f"${mark}_{{{row.index}}} = {number(row.derivative)}$"
    sizes = [_extent(text, SIZE) for text in (formula, value, derivative)]
    height = max(13.0, sizes[0][1] + 5) + 13 + 16
    return Card(row, formula, value, derivative, max(w for w, _ in sizes) + 14, height)


def _arrows(table: TraceTable) -> list[Arrow]:
    """One arrow an operand; in reverse mode labelled with what it carries back, and when."""
    rows = {row.name for row in table.rows}
    carried: dict[tuple[str, str], list[tuple[int, Update]]] = {}
    for step, update in enumerate(table.sweep):
        carried.setdefault((update.name, update.source), []).append((step, update))
    arrows = []
    for row in table.rows:
        for operand in row.operands:
            if operand in rows:
                waiting = carried.get((operand, row.name))
                label = _contribution(*waiting.pop(0), len(table.sweep)) if waiting else ""
                arrows.append(Arrow(operand, row.name, label, _extent(label, SMALL)[0] if label else 0.0))
    return arrows


def _contribution(step: int, update: Update, steps: int) -> str:
    value = number(update.contribution, 4)
    signed = f"{{-}}{value[1:]}" if value.startswith("-") else f"{{+}}{value}"
    return rf"$\mathbf{{{step}}}\!:\;{signed}$" if steps <= NUMBERED else f"${signed}$"


def _key(table: TraceTable) -> str:
    if table.mode == "forward":
        seed = next(row.index for row in table.rows if row.derivative_formula.text == "1" and row.operation == "input")
        seeded = rf"$\dot{{v}}_{{{seed}}} = 1$"
        return f"In each box: formula, value, tangent.  Seed {seeded}; values and tangents flow along the arrows."
    order = "order of the update and " if len(table.sweep) <= NUMBERED else ""
    return f"In each box: formula, value, adjoint.  On each arrow: {order}contribution carried back against it."


def _layout(cards: dict[str, Card], arrows: list[Arrow], direction: str) -> Layout:
    from pygraphviz import AGraph

    graph = AGraph(directed=True, strict=False)
    graph.graph_attr.update(rankdir=direction, nodesep="0.22", ranksep="0.38", splines="true")
    graph.node_attr.update(shape="box", fixedsize="true", label="")
    for name, card in cards.items():
        graph.add_node(name, width=card.width / POINT, height=card.height / POINT)
    for place, arrow in enumerate(arrows):
        graph.add_edge(arrow.tail, arrow.head, key=str(place), **_space(arrow))
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


def _extent(text: str, size: float) -> tuple[float, float]:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    is_mathematics = text.startswith("$")
    width, height, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), is_mathematics)
    return float(width), float(height)


def _draw_card(axes: Axes, card: Card, x: float, y: float, table: TraceTable, colour: str) -> None:
    from matplotlib.patches import FancyBboxPatch, Rectangle

    is_input, is_output = card.row.operation == "input", card.row.name == table.output
    left, bottom = x - card.width / 2, y - card.height / 2
    outline: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=4", "mutation_scale": 1}
    box = FancyBboxPatch(
        (left, bottom),
        card.width,
        card.height,
        facecolor=INPUT_TINT if is_input else "white",
        edgecolor="none",
        **outline,
    )
    strip = Rectangle((left, bottom), card.width, 16, edgecolor="none", zorder=2)
    strip.set_facecolor(FORWARD_TINT if table.mode == "forward" else REVERSE_TINT)
    frame = FancyBboxPatch(
        (left, bottom), card.width, card.height, facecolor="none", edgecolor=INK, zorder=3, **outline,
        linewidth=1.6 if is_output else 0.7,
    )  # fmt: skip
    axes.add_patch(box)
    axes.add_patch(strip)
    strip.set_clip_path(box)
    axes.add_patch(frame)
    _write(axes, x, bottom + 29 + (card.height - 29) / 2, card.formula, INK, SIZE)
    _write(axes, x, bottom + 22.5, card.value, INK, SIZE)
    _write(axes, x, bottom + 8, card.derivative, colour, SIZE)


def _draw_arrow(axes: Axes, points: list[tuple[float, float]], carries: bool) -> None:
    from matplotlib.patches import FancyArrowPatch, PathPatch
    from matplotlib.path import Path

    *curve, tip = points
    style = SOLID if carries else DOTTED
    path = Path(curve, [Path.MOVETO] + [Path.CURVE4] * (len(curve) - 1))
    axes.add_patch(PathPatch(path, facecolor="none", edgecolor=GREY, linewidth=0.8, linestyle=style, zorder=1))
    axes.add_patch(
        FancyArrowPatch(curve[-1], tip, arrowstyle="-|>", mutation_scale=7, shrinkA=0, shrinkB=0, color=GREY,
                        linewidth=0.8, zorder=1)
    )  # fmt: skip


def _write(axes: Axes, x: float, y: float, text: str, colour: str, size: float, background: bool = False) -> None:
    box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"} if background else None
    axes.text(x, y, text, color=colour, fontsize=size, ha="center", va="center", zorder=4, bbox=box)
