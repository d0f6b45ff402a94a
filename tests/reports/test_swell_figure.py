"""The figure of expression swell: its labels say the laws, and none covers another or leaves the picture."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import pytest

import diffcompare as dc
from diffcompare.errors import DiffCompareError
from diffcompare_reports.style import styled
from diffcompare_reports.swell_figure import draw_swell

study = cache(dc.swell)


def laid_out(recurrence: str, iterations: int) -> Any:
    figure = draw_swell(study(recurrence, iterations))
    with styled():
        figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize(("recurrence", "iterations"), [
    ("logistic", 12), ("logistic", 1000), ("logistic", 2), ("sin(x + l)", 12), ("heron", 6), ("l + x", 40),
])  # fmt: skip
def test_labels_are_apart_and_inside(recurrence: str, iterations: int) -> None:
    figure = laid_out(recurrence, iterations)
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) >= 3
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    page = figure.bbox
    assert all(page.x0 <= box.x0 and page.y0 <= box.y0 and box.x1 <= page.x1 and box.y1 <= page.y1 for box in boxes)


def test_both_axes_are_logarithmic_and_the_laws_are_named() -> None:
    axes = laid_out("logistic", 12).axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    labels = "\n".join(text.get_text() for text in axes.texts)
    assert all(f"\n{name}, " in labels for name in ("exponential", "quadratic", "linear"))
    assert "8 \\, n - 10" in labels


def test_counts_beyond_the_largest_double_leave_the_other_curves_apart() -> None:
    axes = laid_out("logistic", 1000).axes[0]
    low, high = axes.get_ylim()
    assert low < 8 * 1000 - 10 < high < 1e30
    assert any("305 digits" in text.get_text() for text in axes.texts)


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(DiffCompareError, match="nothing to draw"):
        draw_swell(dc.swell("logistic", 1))
