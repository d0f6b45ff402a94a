"""Direct labels: names beside the ends of curves, spread so that none covers another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from diffcompare_reports.style import darker

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE = 1.25  # height of a line of text in units of its size
SIZE = 8.5
LEADER = 0.05  # width of the strip between a curve's end and its label, in axes


class End(NamedTuple):
    """The right end of a curve and what is to be written there."""

    y: float
    text: str
    colour: str


def label_ends(axes: Axes, ends: Sequence[End], height: float) -> None:
    """Write the labels to the right of axes of fixed limits, `height` inches tall; a fine line leads to each."""
    low, high = (_scaled(axes, y) for y in axes.get_ylim())
    ends = sorted(ends, key=lambda end: end.y)
    wanted = [min(max((_scaled(axes, end.y) - low) / (high - low), 0.0), 1.0) for end in ends]
    gaps = [SIZE * LINE / (72 * height) * (1 + end.text.count("\n")) for end in ends]
    for end, at, place in zip(ends, wanted, spread(wanted, gaps), strict=True):
        axes.plot(
            [1.0, 1 + 0.7 * LEADER],
            [at, place],
            transform=axes.transAxes,
            color=end.colour,
            linewidth=0.5,
            clip_on=False,
        )
        axes.text(
            1 + LEADER, place, end.text, transform=axes.transAxes,
            color=darker(end.colour), fontsize=SIZE, va="center", linespacing=1.05,
        )  # fmt: skip


def spread(wanted: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Places near the wanted ones (ascending, 0 to 1) whose neighbours are far enough apart for both.

    >>> [round(place, 2) for place in spread([0.5, 0.5, 0.9], [0.1, 0.1, 0.1])]
    [0.45, 0.55, 0.9]
    """
    groups: list[tuple[float, list[int]]] = []  # centre of a stack of touching labels, and its members
    for i, place in enumerate(wanted):
        groups.append((place, [i]))
        while len(groups) > 1:
            (below, lower), (above, upper) = groups[-2:]
            reach = (sum(gaps[k] for k in lower) + sum(gaps[k] for k in upper)) / 2
            if above - below >= reach - 1e-12:
                break
            members = lower + upper
            groups[-2:] = [(sum(wanted[k] for k in members) / len(members), members)]
    places = [0.0] * len(wanted)
    for centre, members in groups:
        foot = centre - sum(gaps[k] for k in members) / 2
        for k in members:
            places[k] = foot + gaps[k] / 2
            foot += gaps[k]
    return places


def scientific(value: float) -> str:
    """A positive number as mathematics without dollar signs: 10^-8, 2 x 10^-8.

    >>> scientific(1e-8), scientific(4.9e-8)
    ('10^{-8}', '4.9\\\\times 10^{-8}')
    """
    mantissa, exponent = f"{value:.1e}".split("e")
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1.0" else rf"{mantissa.removesuffix('.0')}\times {power}"


def _scaled(axes: Axes, y: float) -> float:
    return math.log10(y) if axes.get_yscale() == "log" else y
