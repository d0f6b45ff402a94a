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
)

if TYPE_CHECKING:
    from diffcompare.studies.step_size import Sweep
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT, SPLIT_HEIGHT = 3.3, 2.1
Array = np.ndarray[Any, np.dtype[np.float64]]


@drawn
def draw_sweep(sweep: Sweep) -> Figure:
    """|error| against h for every scheme, with the best and the predicted step; below, the split of the first two."""
    data = sweep.to_dict()
    schemes = data["schemes"]
    split = schemes[:2]
    figure = new_figure(TEXT_WIDTH, HEIGHT + SPLIT_HEIGHT)
    upper, lower = figure.subfigures(2, 1, height_ratios=(HEIGHT, SPLIT_HEIGHT))
    limits = _limits(schemes, data["lines"])
    axes = upper.subplots()
    _frame(axes, schemes, limits)
    _total(axes, schemes, data["lines"])
    panels = lower.subplots(1, len(split), sharey=True, squeeze=False)[0]
    for panel, scheme in zip(panels, split, strict=True):
        _frame(panel, [scheme], limits)
        _split(panel, scheme)
    for panel in panels[1:]:
        panel.set_ylabel("")
    return figure


def numbers(values: Iterable[Any]) -> Array:
    """Absolute values as an array; nan where the study has none."""
    return np.abs(np.array([float("nan") if v is None else float(v) for v in values]))


def _limits(schemes: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Whole decades around everything finite that is drawn, and one more below for errors of exactly zero."""
    curves = _positive(np.concatenate([numbers(scheme["error"]) for scheme in schemes]))
    flat = _positive(numbers(line["error"] for line in lines))
    if not len(curves):
        return 1e-18, 1.0
    lowest = min(np.quantile(curves, 0.002), *flat)
    floor = math.floor(math.log10(lowest) - 0.3)
    return 10.0**floor, 10.0 ** min(math.ceil(math.log10(curves.max())), floor + 26)


def _positive(values: Array) -> Array:
    return values[np.isfinite(values) & (values > 0)]


def _frame(axes: Axes, schemes: Sequence[dict[str, Any]], limits: tuple[float, float]) -> None:
    steps = np.concatenate([numbers(scheme["h"]) for scheme in schemes])
    axes.set(xscale="log", yscale="log", xlim=(steps.min(), steps.max()), ylim=limits)
    axes.set(xlabel="step size $h$", ylabel="absolute error")


def _total(axes: Axes, schemes: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]) -> None:
    ends = []
    for scheme in schemes:
        colour = SERIES[_engine(scheme)].colour
        h, error = numbers(scheme["h"]), numbers(scheme["error"])
        axes.plot(h, error, color=colour, linewidth=0.9)
        last = _positive(error)
        if len(last):
            ends.append(End(last[-1], _legend(scheme), colour))
        _optimum(axes, scheme, colour)
    _defaults(axes, schemes)
    flat = _flat(axes, lines)
    _marks(axes, [end.y for end in flat])
    ends += flat
    label_ends(axes, ends, HEIGHT * 0.82)


def _engine(scheme: dict[str, Any]) -> str:
    name = str(scheme["scheme"])
    return name if name in SERIES and name not in ("forward",) else f"finite-{name}"


def _legend(scheme: dict[str, Any]) -> str:
    order = scheme["order"]
    power = "h" if order == 1 else f"h^{{{order}}}"
    title = ENGINES[_engine(scheme)].removesuffix(" difference")
    name = rf"{title}, $\propto {power}$" if order else title
    best = scheme["best"]
    if not best or not best["h"]:
        return name
    h, error = numbers([best["h"], best["error"]])
    return rf"{name}:" + "\n" + rf"${scientific(error)}$ at $h = {scientific(h)}$"


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
        axes.plot(h, error, marker=marker, color=darker(colour), markersize=5.5, linestyle="none", zorder=6)


def _marks(axes: Axes, flat: Sequence[float]) -> None:
    """Say once what filled and open marks are, in the corner that the curves leave free, above the flat lines."""
    low, high = np.log10(axes.get_ylim())
    foot = max(((math.log10(y) - low) / (high - low) for y in flat), default=0.0)
    options: dict[str, Any] = {"color": GREY, "marker": "o", "markersize": 5, "linestyle": "none"}
    axes.plot([], [], label="best step found", **options)
    axes.plot([], [], label="step predicted", markerfacecolor="white", **options)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.01, min(foot, 0.5) + 0.02), fontsize=SIZE, handletextpad=0.1,
        labelcolor=GREY, facecolor="white", edgecolor="none", framealpha=1, fancybox=False,
    )  # fmt: skip


def _defaults(axes: Axes, schemes: Sequence[dict[str, Any]]) -> None:
    """The steps that textbooks advise: sqrt(eps) and cbrt(eps)."""
    for power, text in ((1 / 2, r"$\sqrt{\varepsilon}$"), (1 / 3, r"$\sqrt[3]{\varepsilon}$")):
        h = np.finfo(float).eps ** power
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
        colour = SERIES[engines[0]].colour
        axes.axhline(place, color=colour, linewidth=1.3, linestyle=DASHED if error else SOLID, clip_on=False)
        names = ",\n".join(ENGINES[engine] for engine in engines)
        ends.append(End(place, f"{names}: " + (f"${scientific(error)}$" if error else "error 0"), colour))
    return ends


def _split(axes: Axes, scheme: dict[str, Any]) -> None:
    engine = _engine(scheme)
    h = numbers(scheme["h"])
    truncation, rounding = numbers(scheme["truncation"]), numbers(scheme["rounding"])
    axes.plot(h, rounding, color=GREY, linewidth=0.6)
    axes.plot(h, truncation, color=SERIES[engine].colour, linewidth=1.4)
    axes.set_title(ENGINES[engine], loc="left")
    order = scheme["order"]
    if order:
        power = "h" if order == 1 else f"h^{{{order}}}"
        _along(axes, h, truncation, 0.80, rf"truncation $\propto {power}$", darker(SERIES[engine].colour))
    _along(axes, h, rounding, 0.22, r"rounding $\propto 1/h$", INK)


def _along(axes: Axes, h: Array, error: Array, at: float, text: str, colour: str) -> None:
    """Write a text just above a curve, at that fraction of the width, along its slope."""
    centre = round(at * (len(h) - 1))
    reach = slice(max(centre - len(h) // 8, 0), centre + len(h) // 8)
    usable = np.isfinite(error[reach]) & (error[reach] > 0)
    if usable.sum() < 3:
        return
    x, y = np.log10(h[reach][usable]), np.log10(error[reach][usable])
    slope, _ = np.polyfit(x, y, 1)
    above = np.quantile(y - slope * x, 0.97) + slope * np.log10(h[centre])
    axes.text(
        h[centre], 10**above, f"{text}\n", rotation=math.degrees(math.atan2(slope * _unit(axes, "y"), _unit(axes, "x"))),
        rotation_mode="anchor", ha="center", va="center", fontsize=SIZE, linespacing=1.5, color=colour,
    )  # fmt: skip


def _unit(axes: Axes, direction: str) -> float:
    """Length of a decade on the paper, up to a common factor, in a split panel."""
    low, high = np.log10(axes.get_ylim() if direction == "y" else axes.get_xlim())
    return float((SPLIT_HEIGHT * 0.68 if direction == "y" else TEXT_WIDTH * 0.41) / (high - low))
