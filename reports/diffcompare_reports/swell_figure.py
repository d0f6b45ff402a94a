"""Expression swell: operations of the derivative against n, for the four ways to hold it, with their growth laws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from diffcompare.errors import DiffCompareError
from diffcompare.studies.swell import REPRESENTATIONS, Swell
from diffcompare.studies.swell.growth import Law
from diffcompare_reports.labels import End, label_ends
from diffcompare_reports.style import (
    BLUE,
    DASHED,
    DOTTED,
    GREEN,
    INK,
    RULE,
    SOLID,
    TEXT_WIDTH,
    VERMILLION,
    Series,
    drawn,
    mathematics,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 3.1
HEADROOM = 3  # the axis ends at this power of the largest count that is not the tree's
POINTS = 24  # of a curve; of more, some are drawn, evenly spaced on the log axis
SERIES = {
    "tree": Series(INK, SOLID, "o"),
    "cse": Series(GREEN, DASHED, "^"),
    "graph": Series(BLUE, SOLID, "s"),
    "adjoint": Series(VERMILLION, DOTTED, "o"),
}
SIZES = {"graph": 6.0, "adjoint": 2.8}  # of the marks: where these two coincide, one is seen inside the other
Logarithms = dict[int, float]  # decimal, by n: a count may lie far beyond the largest double


@drawn
def draw_swell(swell: Swell) -> Figure:
    """Counts as marks, their growth laws as lines, on log axes; a tree that grows fast leaves the picture.

    Raises `DiffCompareError` where no count is positive.
    """
    found = {name: _logarithms(swell.sizes(name)) for name in REPRESENTATIONS}
    curves = {name: curve for name, curve in found.items() if curve}
    if not curves:
        raise DiffCompareError("there is nothing to draw, as no derivative takes an operation; ask for more iterations")
    figure = new_figure(TEXT_WIDTH, HEIGHT)
    axes = figure.subplots()
    top, last = _top(curves), len(swell.rows)
    axes.set(xscale="log", yscale="log", xlabel="$n$", ylabel="operations of the derivative of $l_n$")
    axes.set(xlim=(1.9, 1.05 * last) if last > 2 else (1.5, 3), ylim=(1, 10**top))
    axes.set_xticks(_ticks(last), [f"${n}$" for n in _ticks(last)])
    axes.minorticks_off()
    axes.grid(axis="y", color=RULE, linewidth=0.3)
    ends = []
    for name, curve in curves.items():
        law = swell.laws[name]
        line = _line(law, curve, last)
        _draw(axes, name, curve, line, top)
        ends.append(End(10 ** min(line[max(line)], top), _label(name, law, curve, last, top), SERIES[name].colour))
    label_ends(axes, ends, HEIGHT * 0.82)
    return figure


def _logarithms(sizes: dict[int, int]) -> Logarithms:
    return {n: math.log10(size) for n, size in sizes.items() if size > 0}


def _top(curves: dict[str, Logarithms]) -> float:
    """A little above the largest count, but not so far up that the other curves lie flat."""
    highest = {name: max(curve.values()) for name, curve in curves.items()}
    others = [value for name, value in highest.items() if name != "tree"]
    return max(1.0, min(max(highest.values()), HEADROOM * max(others, default=math.inf)) + 0.15)


def _ticks(last: int) -> list[int]:
    steps = (2, 3, 4, 6, 8, 12, 16) if last <= 20 else [k * 10**e for e in range(6) for k in (1, 2, 5)]
    return [n for n in steps if 2 <= n <= max(last, 2)]


def _line(law: Law | None, curve: Logarithms, last: int) -> Logarithms:
    """The counts as far as no law holds, from there the law to the last n."""
    if law is None:
        return curve
    before = {n: size for n, size in curve.items() if n < law.start}
    return before | {n: law.log10(n) for n in _spaced(range(law.start, last + 1), 10 * POINTS)}


def _spaced(numbers: Sequence[int], most: int) -> list[int]:
    """At most so many of the rising numbers, evenly spaced by their logarithms, the first and the last among them."""
    low, high = math.log(numbers[0]), math.log(numbers[-1])
    marks = (math.exp(low + (high - low) * k / (most - 1)) for k in range(most))
    return sorted({min(max(round(mark), numbers[0]), numbers[-1]) for mark in marks})


def _draw(axes: Axes, name: str, curve: Logarithms, line: Logarithms, top: float) -> None:
    colour, dash, marker = SERIES[name]
    # Above the picture the height no longer matters, only that 10 to its power is still a double.
    axes.plot(list(line), [10 ** min(y, top + 9) for y in line.values()], color=colour, linestyle=dash, linewidth=1.1)
    shown = [n for n in _spaced(list(curve), POINTS) if curve[n] <= top]
    fill = "none" if name == "graph" else colour
    axes.plot(
        shown, [10 ** curve[n] for n in shown], linestyle="none", marker=marker, color=colour, markerfacecolor=fill,
        markersize=SIZES.get(name, 4.0), clip_on=False, zorder=4,
    )  # fmt: skip


def _label(name: str, law: Law | None, curve: Logarithms, last: int, top: float) -> str:
    """The representation, its law, and where its counts leave the picture or end."""
    words = REPRESENTATIONS[name][0]
    end = max(curve)
    if law is not None:
        about = "" if law.exact else r"$\approx\,$"
        words += f":\n{law.name}, {about}{mathematics(law.formula.latex, law.formula.text)}"
    if curve[end] > top:
        words += f"\n({math.floor(curve[end]) + 1} digits at $n = {end}$)"
    return words + (f"\n(counted to $n = {end}$)" if end < last else "")
