"""The three grad modes side by side: the median time with its spread, and the peak memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diffcompare_reports.labels import SIZE
from diffcompare_reports.style import BLUE, GREEN, INK, TEXT_WIDTH, VERMILLION, darker, drawn, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from diffcompare.studies.grad_modes import GradModes

HEIGHT = 1.55
COLOURS = {"default": VERMILLION, "no-grad": BLUE, "inference": GREEN}
ROOM = 1.25  # of the axis in units of the longest bar: the values stand behind
SCALES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"))


@drawn
def draw_grad_modes(study: GradModes) -> Figure:
    """A bar a mode for the median time, with a line over the middle half of the turns, and one for the peak memory."""
    figure = new_figure(TEXT_WIDTH, HEIGHT)
    figure.get_layout_engine().set(wspace=0.06)  # type: ignore[union-attr, call-arg]  # constrained, as made
    left, right = figure.subplots(1, 2, sharey=True)
    times = [(low, row.seconds, high) for row in study.rows for low, high in [row.middle_half]]
    _panel(left, study, "time of a forward pass", "s", times)
    _panel(right, study, "peak memory", "B", [(float(row.peak_bytes),) * 3 for row in study.rows])
    left.set_yticks(range(len(study.rows)), [row.mode for row in study.rows])
    left.set_ylim(len(study.rows) - 0.45, -0.55)
    return figure


def _panel(axes: Axes, study: GradModes, title: str, unit: str, values: Sequence[tuple[float, float, float]]) -> None:
    """A bar a mode, with its spread and at the right its value, in the unit that suits the default mode."""
    scale, prefix = _scale(values[0][1])
    axes.set_title(title, loc="left")
    axes.set(xlabel=f"{prefix}{unit}", xlim=(0, ROOM * max(high for _, _, high in values) / scale))
    axes.tick_params(axis="y", length=0)
    for place, (row, (low, value, high)) in enumerate(zip(study.rows, values, strict=True)):
        colour = COLOURS[row.mode]
        axes.barh(place, value / scale, height=0.5, color=colour)
        if low < high:
            axes.plot([low / scale, high / scale], [place, place], color=INK, linewidth=1.0)
        axes.text(
            1.0, place, f"{value / scale:.3g}", transform=axes.get_yaxis_transform(),
            color=darker(colour), fontsize=SIZE, ha="right", va="center",
        )  # fmt: skip


def _scale(value: float) -> tuple[float, str]:
    """The unit that a value is read in.

    >>> _scale(50_336_908.0), _scale(0.0011)
    ((1000000.0, 'M'), (0.001, 'm'))
    """
    return next((row for row in SCALES if value >= row[0]), SCALES[-1])
