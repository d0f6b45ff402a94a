"""The pictures of results in a notebook, which studies find through the entry points `diffcompare.pictures`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from diffcompare_reports.style import rendered

# The class of a result, and the function that draws it.
DRAWINGS = {
    "Benchmark": ("benchmark_figure", "draw_benchmark"),
    "Comparison": ("comparison_figure", "draw_comparison"),
    "Cost": ("cost_figure", "draw_cost"),
    "Diagram": ("diagram_drawing", "draw_diagram"),
    "GradModes": ("grad_modes_figure", "draw_grad_modes"),
    "Scaling": ("scaling_figure", "draw_scaling"),
    "Sweep": ("step_size_figure", "draw_sweep"),
    "Swell": ("swell_figure", "draw_swell"),
    "TraceTable": ("trace_drawing", "draw_trace"),
}


def svg(result: Any) -> str:
    """A result as SVG.

    >>> import diffcompare as dc
    >>> svg(dc.trace("x^2", at={"x": 3}))[:5]
    '<?xml'
    """
    module, name = DRAWINGS[type(result).__name__]
    draw = getattr(import_module(f"diffcompare_reports.{module}"), name)
    return rendered(draw(result), "svg").decode()
