"""The correct digits of every engine, as proven by the certified reference."""

from __future__ import annotations

import math
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from diffcompare.measure import MOST_DIGITS
from diffcompare_reports.labels import SIZE
from diffcompare_reports.style import (
    DOTTED,
    GREY,
    RULE,
    TEXT_WIDTH,
    darker,
    drawn,
    new_figure,
    plain,
    series_of,
    title_of,
    variable,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from diffcompare.studies.agreement import Comparison

NAMED = 6  # variables with their name beside the mark; with more, the names would cover one another
APART = 0.9  # digits: marks nearer than this share a label
MARKS = "osD^vP"
LONGEST_NOTE = 76  # characters


@drawn
def draw_comparison(comparison: Comparison) -> Figure:
    """One line an engine, one mark a variable: correct digits of the derivative."""
    data = comparison.to_dict()
    variables = data["variables"]
    engines = [row for row in data["engines"] if row["available"]]
    figure = new_figure(TEXT_WIDTH, 0.75 + 0.32 * len(engines))
    axes = figure.subplots()
    for place, row in enumerate(engines):
        _row(axes, place, row, variables)
    axes.axvline(MOST_DIGITS, color=GREY, linewidth=0.7, linestyle=DOTTED)
    axes.text(MOST_DIGITS, -0.85, "double precision", color=GREY, fontsize=SIZE, ha="right", va="bottom")
    axes.set(xlim=(0, 18.0), ylim=(len(engines) - 0.5, -0.9), xlabel="correct digits of the derivative")
    axes.set_xticks(range(0, 18, 2))
    axes.set_yticks(range(len(engines)), [title_of(row["engine"]) for row in engines])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


def _row(axes: Any, place: int, row: dict[str, Any], variables: list[str]) -> None:
    colour = series_of(row["engine"]).colour
    axes.plot([0, 17.0], [place, place], color=RULE, linewidth=0.4, zorder=0)
    shown = [(name, _digits(row["digits"].get(name))) for name in variables]
    known = [(name, digits) for name, digits in shown if math.isfinite(digits)]
    if not known:
        note = shorten(row["note"] or "no answer", LONGEST_NOTE, placeholder=" …")
        axes.text(0.1, place - 0.08, plain(note), color=GREY, fontsize=SIZE, va="bottom")
        return
    worst = min(digits for _, digits in known)
    axes.plot([0, worst], [place, place], color=colour, linewidth=2.2, solid_capstyle="butt", zorder=1)
    named = len(variables) <= NAMED
    for k, (_, digits) in enumerate(known):
        axes.plot(
            digits, place, MARKS[k] if named else "|", color=darker(colour), markersize=5, zorder=3, clip_on=False
        )
    for centre, names in _together(known) if named else ():
        label = ", ".join(map(variable, names))
        axes.annotate(
            label, (centre, place), (0, 4), textcoords="offset points", ha="center", va="bottom", fontsize=SIZE - 0.5,
            bbox={"boxstyle": "square,pad=0.05", "facecolor": "white", "edgecolor": "none"},
        )  # fmt: skip
    axes.text(17.1, place, f"{worst:.1f}", color=darker(colour), fontsize=SIZE, va="center")


def _together(known: list[tuple[str, float]]) -> list[tuple[float, list[str]]]:
    """Marks so close that they share a label: the middle of each cluster, and the variables in it."""
    clusters: list[list[tuple[str, float]]] = []
    for name, digits in sorted(known, key=lambda pair: pair[1]):
        if clusters and digits - clusters[-1][-1][1] < APART:
            clusters[-1].append((name, digits))
        else:
            clusters.append([(name, digits)])
    return [(sum(d for _, d in c) / len(c), [name for name, _ in c]) for c in clusters]


def _digits(value: Any) -> float:
    return math.nan if value is None else float(value)
