"""The cost of a gradient against the number of inputs: by exact operation counts, and by time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from diffcompare.studies.cost import Cost, CostRow
from diffcompare_reports.labels import End, label_ends
from diffcompare_reports.style import RULE, TEXT_WIDTH, drawn, new_figure, series_of, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT, OF_ENGINE = 2.75, 0.45  # inches: of a figure at least, and of it for each curve that is labelled
FEW = 5  # curves


@drawn
def draw_cost(cost: Cost) -> Figure:
    """Operations in units of the function's own, and seconds, against n; one curve an engine."""
    height = max(HEIGHT, OF_ENGINE * len({row.engine for row in cost.rows}))
    figure = new_figure(TEXT_WIDTH, height)
    left, right = figure.subplots(1, 2)
    _panel(left, cost, "ratio_to_function", height, "operations / operations of $f$")
    _panel(right, cost, "seconds", height, "seconds for one gradient")
    return figure


def _panel(axes: Axes, cost: Cost, quantity: str, height: float, title: str) -> None:
    axes.set(xscale="log", yscale="log", xlabel="number of inputs $n$")
    axes.set_title(title, loc="left")
    axes.grid(axis="y", color=RULE, linewidth=0.3)
    ends = []
    for engine in dict.fromkeys(row.engine for row in cost.rows):
        rows = [row for row in cost.rows if row.engine == engine]
        colour, dash, marker = series_of(engine)
        values = [
            getattr(row, quantity) or math.nan for row in rows
        ]  # no operations at all have no place on a log axis
        axes.plot(
            [row.n for row in rows],
            values,
            color=colour,
            linestyle=dash,
            marker=marker,
            markersize=3.5,
            clip_on=False,
        )
        if values[-1] > 0:
            ends.append(End(values[-1], _label(rows[-1], quantity, cost), colour))
    axes.set_xlim(min(cost.sizes) / 1.15, max(cost.sizes) * 1.15)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 2 if len(ends) > FEW else high)  # many labels need room under the title
    label_ends(axes, ends, height * 0.7)


def _label(row: CostRow, quantity: str, cost: Cost) -> str:
    """The engine, with its last value where the curve stops short of the largest size."""
    short = "" if row.n == max(cost.sizes) else f" (to $n$ = {row.n})"
    if quantity == "ratio_to_function":
        ratio = row.ratio_to_function or math.nan
        return rf"{title_of(row.engine)}{short}: {ratio:{'.0f' if ratio >= 1000 else '.3g'}}$\times$"
    return f"{title_of(row.engine)}{short}"
