"""The error of finite differences against the step size, and its split into truncation and rounding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompare_reports.labels import SIZE, End, label_ends, scientific
from diffcompare_reports.style import (
    DASHED,
    DOTTED,
    ENGINES,
    GREY,
    INK,
    SERIES,
    SOLID,
    TEXT_WIDTH,
    darker,
    drawn,
    new_figure,
    plain,
    series_of,
    title_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from diffcompare.studies.step_size import Sweep

HEIGHT, SPLIT_HEIGHT = 3.3, 2.1
FEW = 4  # schemes whose labels have room for their best errors
SMOOTH = 0.5  # decades that a curve may stray from a straight line where a text runs along it
Array = np.ndarray[Any, np.dtype[np.float64]]


@drawn
def draw_sweep(sweep: Sweep) -> Figure:
    """|error| against h for every scheme, with the best and the predicted step; below, the split of the first two."""
    data = sweep.to_dict()
    schemes = data["schemes"]
    split = schemes[:2]
    figure = new_figure(TEXT_WIDTH, HEIGHT + SPLIT_HEIGHT)
    figure.get_layout_engine().set(wspace=0.06)  # type: ignore[union-attr, call-arg]  # constrained, as made
    upper, lower = figure.subfigures(2, 1, height_ratios=(HEIGHT, SPLIT_HEIGHT), squeeze=False)[:, 0]
    limits = _limits(schemes, data["lines"])
    axes = upper.subplots()
    _frame(axes, schemes, limits)
    _total(axes, data)
    panels = lower.subplots(1, len(split), sharey=True, squeeze=False)[0]
    for panel, scheme in zip(panels, split, strict=True):
        _frame(panel, [scheme], limits)
        _split(panel, scheme)
    for panel in panels[1:]:
        panel.set_ylabel("")
    return figure


def numbers(values: Iterable[Any]) -> Array:
    """Absolute values as an array; nan where the study has none."""
    found: Array = np.abs(np.array([float("nan") if v is None else float(v) for v in values]))
    return found


def _limits(schemes: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Whole decades around everything finite that is drawn, and one more below for errors of exactly zero."""
    whole, rounding = (_positive(np.concatenate([numbers(s[part]) for s in schemes])) for part in ("error", "rounding"))
    curves = whole if len(whole) else rounding
    flat = _positive(numbers(line["error"] for line in lines))
    if not len(curves):
        return 1e-18, 1.0
    lowest = min([np.quantile(curves, 0.002), *flat])
    floor = math.floor(math.log10(lowest) - 0.3)
    return 10.0**floor, 10.0 ** min(math.ceil(math.log10(curves.max())), floor + 26)


def _positive(values: Array) -> Array:
    return values[np.isfinite(values) & (values > 0)]


def _frame(axes: Axes, schemes: Sequence[dict[str, Any]], limits: tuple[float, float]) -> None:
    steps = np.concatenate([numbers(scheme["h"]) for scheme in schemes])
    axes.set(xscale="log", yscale="log", xlim=(steps.min(), steps.max()), ylim=limits)
    axes.set(xlabel="step size $h$", ylabel="absolute error")


def _total(axes: Axes, data: dict[str, Any]) -> None:
    ends = []
    right = axes.get_xlim()[1]
    for scheme in data["schemes"]:
        colour = _colour(scheme)
        h, error = numbers(scheme["h"]), numbers(scheme["error"])
        axes.plot(h, error, color=colour, linewidth=0.9)
        known = np.flatnonzero(np.isfinite(error) & (error > 0))
        if len(known):
            last = known[-1]
            axes.plot([h[last], right], [error[last]] * 2, color=colour, linewidth=0.5, linestyle=DOTTED)
            ends.append(End(error[last], _legend(scheme, brief=len(data["schemes"]) > FEW), colour))
        _optimum(axes, scheme, colour)
    if not ends:
        reason = plain(f"no error to show: {data['derivative']}")
        axes.text(0.5, 0.5, reason, transform=axes.transAxes, ha="center", backgroundcolor="white")
    _defaults(axes, data["epsilon"])
    flat = _flat(axes, data["lines"])
    if ends:
        _marks(axes)
    ends += flat
    label_ends(axes, ends, HEIGHT * 0.76)


def _engine(scheme: dict[str, Any]) -> str:
    name = str(scheme["scheme"])
    return name if name == "complex-step" else f"finite-{name}"


def _colour(scheme: dict[str, Any]) -> str:
    return SERIES[_engine(scheme)].colour


def _legend(scheme: dict[str, Any], brief: bool) -> str:
    """The scheme and its power of h; unless labels must be brief, its best error too."""
    title = ENGINES[_engine(scheme)].removesuffix(" difference")
    name = title + (rf", $\propto {_power(scheme)}$" if scheme["slopes"]["truncation"] else "")
    best = scheme["best"]
    if brief or not best or not best["h"]:
        return name
    h, error = numbers([best["h"], best["error"]])
    return f"{name}:\n" + (
        rf"${scientific(error)}$ at $h = {scientific(h)}$" if error else f"0 at $h = {scientific(h)}$"
    )


def _power(scheme: dict[str, Any]) -> str:
    """The power of h with which truncation grows."""
    return "h" if scheme["order"] == 1 else f"h^{{{scheme['order']}}}"


def _optimum(axes: Axes, scheme: dict[str, Any], colour: str) -> None:
    """The best step that was found (filled) and the one that was predicted (open)."""
    best, predicted = scheme["best"], scheme["predicted"]
    marker = SERIES[_engine(scheme)].marker
    if predicted and predicted["h"] and predicted["error"]:
        point = numbers([predicted["h"], predicted["error"]])
        axes.plot(
            *point, marker=marker, color=colour, markerfacecolor="white", markersize=6, linestyle="none", zorder=5
        )
    if best and best["h"]:
        h, error = numbers([best["h"], best["error"]])
        axes.plot(
            h, error, marker=marker, color=darker(colour), markersize=6.5, markeredgecolor="white",
            markeredgewidth=0.7, linestyle="none", zorder=6,
        )  # fmt: skip


def _marks(axes: Axes) -> None:
    """Say once what filled and open marks are, within the V, where no curve is."""
    options: dict[str, Any] = {"color": GREY, "marker": "o", "markersize": 5, "linestyle": "none"}
    axes.plot([], [], label="best step found", **options)
    axes.plot([], [], label="step predicted", markerfacecolor="white", **options)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.52, 0.99), fontsize=SIZE, handletextpad=0.1, labelspacing=0.2,
        labelcolor=GREY, facecolor="white", edgecolor="none", framealpha=1, fancybox=False,
    )  # fmt: skip


def _defaults(axes: Axes, epsilon: float) -> None:
    """The steps that textbooks advise: sqrt(eps) and cbrt(eps)."""
    low, high = axes.get_xlim()
    for power, text in ((1 / 2, r"$\sqrt{\varepsilon}$"), (1 / 3, r"$\sqrt[3]{\varepsilon}$")):
        h = epsilon**power
        if not low < h < high:
            continue
        axes.axvline(h, color=GREY, linewidth=0.6, linestyle=DOTTED, zorder=0)
        axes.text(
            h, 1.0, text, transform=axes.get_xaxis_transform(), color=GREY, fontsize=SIZE, ha="center", va="bottom"
        )


def _flat(axes: Axes, lines: Sequence[dict[str, Any]]) -> list[End]:
    """Engines without a step: one flat line an error; an error of zero lies on the axis."""
    groups: dict[float, list[str]] = {}
    for line in lines:
        error = float(numbers([line["error"]])[0])
        if math.isfinite(error):
            groups.setdefault(error, []).append(line["engine"])
    low = axes.get_ylim()[0]
    ends = []
    for error, engines in groups.items():
        place = max(error, low)
        colour = series_of(engines[0]).colour
        axes.axhline(place, color=colour, linewidth=1.3, linestyle=DASHED if error else SOLID, clip_on=False)
        names = ",\n".join(title_of(engine) for engine in engines)
        ends.append(End(place, f"{names}: " + (f"${scientific(error)}$" if error else "error 0"), colour))
    return ends


def _split(axes: Axes, scheme: dict[str, Any]) -> None:
    colour = _colour(scheme)
    h = numbers(scheme["h"])
    truncation, rounding = numbers(scheme["truncation"]), numbers(scheme["rounding"])
    axes.plot(h, rounding, color=GREY, linewidth=0.6)
    axes.plot(h, truncation, color=colour, linewidth=1.4)
    axes.set_title(ENGINES[_engine(scheme)], loc="left")
    if not (np.isfinite(truncation).any() or np.isfinite(rounding).any()):
        axes.text(0.5, 0.5, "no value at any step", transform=axes.transAxes, ha="center", color=GREY)
    _along(axes, h, truncation, (0.8, 0.65, 0.5, 0.35), rf"truncation $\propto {_power(scheme)}$", darker(colour))
    growth = r" $\propto 1/h$" if abs((scheme["slopes"]["rounding"] or 0) + 1) < 0.1 else ""
    _along(axes, h, rounding, (0.22,), f"rounding{growth}", INK)


def _along(axes: Axes, h: Array, error: Array, places: Sequence[float], text: str, colour: str) -> None:
    """Write a text just above a curve, along its slope, at the first of these fractions of the width where it fits."""
    from matplotlib.patheffects import withStroke

    low, high = np.log10(axes.get_ylim())
    for at in places:
        centre = round(at * (len(h) - 1))
        reach = slice(max(centre - len(h) // 8, 0), centre + len(h) // 8)
        usable = np.isfinite(error[reach]) & (error[reach] > 0)
        if usable.sum() < 3:
            continue
        x, y = np.log10(h[reach][usable]), np.log10(error[reach][usable])
        slope, _ = np.polyfit(x, y, 1)
        rest = y - slope * x
        above = np.quantile(rest, 0.97) + slope * np.log10(h[centre])
        if low < above < high and (len(places) == 1 or np.ptp(rest) < SMOOTH):
            break
    else:
        return
    angle = math.degrees(math.atan2(slope * _unit(axes, "y"), _unit(axes, "x")))
    axes.text(
        h[centre], 10**above, f"{text}\n", rotation=angle, rotation_mode="anchor", ha="center", va="center",
        fontsize=SIZE, linespacing=1.5, color=colour, path_effects=[withStroke(linewidth=2, foreground="white")],
    )  # fmt: skip


def _unit(axes: Axes, direction: str) -> float:
    """Length of a decade on the paper, up to a common factor, in a split panel."""
    low, high = np.log10(axes.get_ylim() if direction == "y" else axes.get_xlim())
    return float((SPLIT_HEIGHT * 0.68 if direction == "y" else TEXT_WIDTH * 0.41) / (high - low))
