"""Figures are legible to everybody, stand in their own size, and the same data give the same bytes."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines import ENGINES as KNOWN
from diffcompare.expression.catalog import CATALOG
from diffcompare.studies.benchmark import Benchmark, BenchmarkRow
from diffcompare_reports.benchmark_figure import draw_benchmark
from diffcompare_reports.comparison_figure import draw_comparison
from diffcompare_reports.cost_figure import draw_cost
from diffcompare_reports.grad_modes_figure import draw_grad_modes
from diffcompare_reports.scaling_figure import draw_scaling
from diffcompare_reports.step_size_figure import draw_sweep
from diffcompare_reports.style import (
    ENGINES,
    GREY,
    INK,
    PLUG_IN,
    SERIES,
    TEXT_WIDTH,
    darker,
    rendered,
    series_of,
    styled,
    title_of,
)
from diffcompare_reports.swell_figure import draw_swell
from diffcompare_reports.trace_drawing import dot, draw_trace

LECTURE = ("ln(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0})
CLASSIC = (CATALOG["logistic"].source, CATALOG["logistic"].at)
OURS = [name for name, row in KNOWN.items() if not row.guest]

ROWS = [
    ("lecture", "compiled", "Python by hand", 1.3, 1.2, 1.4, 1.5, True, 9, 2.6e-7, 2e-7, ""),
    ("lecture", "compiled", "jax.jit", None, None, None, 0.04, None, 0, None, None, "jax is not installed"),
    ("tape-memory", "one shot", "1 byte an operation", 210.0, 205.0, 220.0, 200.0, False, 9, 210.0, 1.0, ""),
]

FIGURES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "trace": (lambda: dc.trace(*LECTURE), draw_trace),
    "comparison": (lambda: dc.compare(*LECTURE), draw_comparison),
    "sweep": (lambda: dc.sweep(*CLASSIC, steps=(1e-16, 1e-1, 100)), draw_sweep),
    "swell": (lambda: dc.swell("logistic", iterations=6), draw_swell),
    "benchmark": (lambda: Benchmark({}, tuple(BenchmarkRow(*row) for row in ROWS)), draw_benchmark),
    "scaling": (lambda: dc.scaling(sizes=(10, 20, 40)), draw_scaling),
    "cost": (lambda: dc.cost("speelpenning", (1, 10)), draw_cost),
    "cost of many engines": (lambda: dc.cost("speelpenning", (1, 10), OURS), draw_cost),
    "grad modes": (lambda: dc.modes(), draw_grad_modes),
}

# How people without one kind of cone see linear RGB: Machado, Oliveira, Fernandes, IEEE TVCG 15(6), 2009.
SIGHT = {
    "full": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
}  # fmt: skip


def linear(colour: str) -> np.ndarray[Any, Any]:
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def lab(rgb: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.maximum(matrix @ rgb / [0.9505, 1.0, 1.089], 0))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("name", FIGURES)
def test_same_data_give_the_same_bytes(name: str) -> None:
    study, draw = FIGURES[name]
    data = study()
    first, second = rendered(draw(data), "svg"), rendered(draw(data), "svg")
    assert first == second


@pytest.mark.parametrize("name", sorted({*FIGURES} - {"trace"}))  # a drawing has the size of its boxes
def test_figure_fits_the_text_in_its_own_size(name: str) -> None:
    study, draw = FIGURES[name]
    width, _ = draw(study()).get_size_inches()
    assert width <= TEXT_WIDTH + 1e-9


@pytest.mark.parametrize("name", FIGURES)
def test_every_label_lies_within_the_figure(name: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    study, draw = FIGURES[name]
    figure = draw(study())
    with styled():
        FigureCanvasAgg(figure).draw()
    box, left_out = figure.bbox.padded(1), labels_beyond_the_axes(figure)
    shown = [text for text in figure.findobj(Text) if text.get_text().strip() and text not in left_out]
    ends = [(text.get_text(), text.get_window_extent()) for text in shown if text.get_visible()]
    outside = [t for t, end in ends if end.x0 < box.x0 or end.x1 > box.x1 or end.y0 < box.y0 or end.y1 > box.y1]
    assert len(ends) > 5
    assert outside == []


def test_no_label_of_many_engines_covers_a_title() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    study, draw = FIGURES["cost of many engines"]
    figure = draw(study())
    with styled():
        FigureCanvasAgg(figure).draw()
        for axes in figure.get_axes():
            title = axes._left_title.get_window_extent()
            assert len(axes.texts) > 8
            assert not any(title.overlaps(text.get_window_extent()) for text in axes.texts)


def labels_beyond_the_axes(figure: Any) -> list[Any]:
    """The labels of ticks beyond the limits of an axis; they are never drawn."""
    axes = [axis for panel in figure.get_axes() for axis in (panel.xaxis, panel.yaxis)]
    return [
        label
        for axis in axes
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
        for label in (tick.label1, tick.label2)
    ]


@pytest.mark.parametrize("colour", sorted({*(darker(s.colour) for s in SERIES.values()), INK, GREY}))
def test_text_is_legible_on_white_paper_in_grey_print(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize("sight", SIGHT)
def test_default_engines_are_told_apart_by_any_eye(sight: str) -> None:
    shown = [
        SERIES[name] for name in ("forward", "reverse", "symbolic", "finite-central", "finite-adaptive", "complex-step")
    ]
    for one, other in itertools.combinations(shown, 2):
        colours = [lab(np.clip(SIGHT[sight] @ linear(series.colour), 0, 1)) for series in (one, other)]
        assert np.linalg.norm(colours[0] - colours[1]) > 10
        assert (one.dash, one.marker) != (other.dash, other.marker)  # in grey, and where colours come close


def test_every_series_has_a_title() -> None:
    assert set(SERIES) == set(ENGINES) == set(KNOWN)
    assert (series_of("mine"), title_of("mine")) == (PLUG_IN, "mine")


def test_dot_text_names_the_lectures_variables() -> None:
    text = dot(dc.trace(*LECTURE))
    assert '"v-1" -> "v1"' in text
    assert text.count("->") == 8
