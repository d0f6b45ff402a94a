"""Our speed beside others: one ratio a line on a log axis, with the spread of the turns and the ratio to reach."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from diffcompare.studies.benchmark import Benchmark, BenchmarkRow
from diffcompare.studies.benchmark.cases import CASES
from diffcompare_reports.style import BLUE, GREY, INK, RULE, TEXT_WIDTH, VERMILLION, drawn, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE, MARGIN = 0.17, 0.75  # inches of height: of a line, and around all of them
SMALL = 7.5
MARKS = {"reached": (BLUE, "o"), "not reached": (VERMILLION, "D"), "to be reached": (INK, "|")}
POWER = re.compile(r"(\w+)([_^])(\w+)")  # in a title, to be set as mathematics


@drawn
def draw_benchmark(study: Benchmark) -> Figure:
    """Ours in units of each thing that it is measured against; a claim holds where the point is left of its tick."""
    rows = [row for row in study.rows if row.ratio is not None]
    places, y = [], 0.0
    for before, row in zip([None, *rows], rows, strict=False):
        y += 1.0 if before is None or before.case == row.case else 2.4
        places.append(y)
    figure = new_figure(TEXT_WIDTH, MARGIN + LINE * (y + 1.5))
    axes = figure.subplots()
    axes.set(xscale="log", ylim=(y + 0.8, -1.0), xlabel="ratio of costs, ours to the other's")
    axes.axvline(1.0, color=GREY, linewidth=0.6)
    axes.grid(axis="x", color=RULE, linewidth=0.3)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_yticks(places, [_label(row, rows) for row in rows], fontsize=SMALL)
    for place, row in zip(places, rows, strict=True):
        _line(axes, place, row)
    _titles(axes, places, rows)
    for label, (colour, marker) in MARKS.items():
        axes.plot([], [], color=colour, marker=marker, linestyle="none", markersize=5, label=label)
    figure.legend(loc="outside upper right", ncols=len(MARKS), frameon=False, fontsize=SMALL, handletextpad=0.1)
    return figure


def _line(axes: Axes, place: float, row: BenchmarkRow) -> None:
    colour, marker = MARKS["reached" if row.met else "not reached"]
    spread: list[Any] = [row.low, row.high]
    axes.plot(spread, [place, place], color=colour, linewidth=2.4, alpha=0.45, solid_capstyle="butt")
    axes.plot([row.ratio or math.nan], [place], color=colour, marker=marker, markersize=4)
    axes.plot(row.target, place, color=INK, marker="|", markersize=8, markeredgewidth=1.2)


def _titles(axes: Axes, places: list[float], rows: list[BenchmarkRow]) -> None:
    """What each case computes, above its lines."""
    seen: set[str] = set()
    for place, row in zip(places, rows, strict=True):
        if row.case not in seen:
            seen.add(row.case)
            title, at = _typeset(CASES[row.case].title), ("figure fraction", "data")
            axes.annotate(title, (0.01, place - 0.95), xycoords=at, fontsize=SMALL, va="center", in_layout=False)


def _label(row: BenchmarkRow, rows: list[BenchmarkRow]) -> str:
    """What the row is measured against; of a case with several subjects, also which of them it is."""
    subjects = {other.subject for other in rows if other.case == row.case}
    return _typeset(row.against if len(subjects) == 1 else f"{row.subject} / {row.against}")


def _typeset(text: str) -> str:
    """Powers raised, and indices lowered."""
    return POWER.sub(r"$\1\2{\3}$", text)
