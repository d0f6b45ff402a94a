"""How engines scale: time in runs of the function, and memory, against inputs, outputs and operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diffcompare.studies.scaling import Scaling
from diffcompare_reports.labels import End, label_ends
from diffcompare_reports.style import RULE, TEXT_WIDTH, drawn, new_figure, series_of, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT, PANEL = 4.2, 1.4  # inches
LETTERS = {"n": "n", "m": "m", "l": r"\ell"}
AXES = {"n": "inputs $n$", "m": "outputs $m$", "l": r"operations $\ell$"}
QUANTITIES = {"runs": "time / time of $f$", "peak_bytes": "peak memory in bytes"}


@drawn
def draw_scaling(study: Scaling) -> Figure:
    """A column an axis, a row a quantity, a curve an engine, with the power fitted to its largest sizes at its end."""
    figure = new_figure(TEXT_WIDTH, HEIGHT)
    panels = figure.subplots(len(QUANTITIES), len(AXES), sharey="row", sharex="col")
    for row, (quantity, title) in zip(panels, QUANTITIES.items(), strict=True):
        row[0].set_ylabel(title)
        for axes, axis in zip(row, AXES, strict=True):
            _panel(axes, study, axis, quantity)
    for axes, words in zip(panels[-1], AXES.values(), strict=True):
        axes.set_xlabel(words)
    for row, quantity in zip(panels, QUANTITIES, strict=True):
        for axes, axis in zip(row, AXES, strict=True):
            axes.set_ylim(*axes.get_ylim())
            label_ends(axes, _ends(study, axis, quantity), PANEL)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 4), frameon=False, fontsize=8)
    return figure


def _panel(axes: Axes, study: Scaling, axis: str, quantity: str) -> None:
    axes.set(xscale="log", yscale="log")
    axes.grid(axis="y", color=RULE, linewidth=0.3)
    for engine in dict.fromkeys(row.engine for row in study.rows):
        rows = [row for row in study.rows if (row.axis, row.engine) == (axis, engine)]
        colour, dash, marker = series_of(engine)
        axes.plot(
            [row.size for row in rows], [getattr(row, quantity) for row in rows],
            color=colour, linestyle=dash, marker=marker, markersize=3, linewidth=1.0, label=title_of(engine),
        )  # fmt: skip


def _ends(study: Scaling, axis: str, quantity: str) -> list[End]:
    """The fitted powers, each where its curve ends."""
    last = {row.engine: getattr(row, quantity) for row in study.rows if row.axis == axis}
    grown = [growth for growth in study.growths if (growth.axis, growth.quantity) == (axis, quantity)]
    return [
        End(last[g.engine], rf"${LETTERS[axis]}^{{{g.power.exponent:.2f}}}$", series_of(g.engine).colour) for g in grown
    ]
