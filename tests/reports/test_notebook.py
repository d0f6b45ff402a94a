"""Results in a notebook: a table of every result, a picture of those that have one."""

import pytest

import diffcompare as dc
from diffcompare_reports.notebook import DRAWINGS, svg

RESULTS = {
    "Benchmark": lambda: dc.benchmark("points", seconds=0.1),
    "Comparison": lambda: dc.compare("x^2", at={"x": 3}, engines=["reverse", "finite-central"]),
    "Cost": lambda: dc.cost("speelpenning", [1, 4], ["reverse", "finite-forward"]),
    "Diagram": lambda: dc.array_graph("x[0]*sin(y)", at={"x": [1, 2], "y": 3}),
    "GradModes": lambda: dc.modes(),
    "Scaling": lambda: dc.scaling(sizes=(10, 20, 40), engines=["reverse"]),
    "Sweep": lambda: dc.sweep("sin(x)", at={"x": 1}, schemes=["central"], steps=(1e-9, 1e-1, 40)),
    "Swell": lambda: dc.swell("sin(x + l)", 4),
    "TraceTable": lambda: dc.trace("ln(x1) + x1*x2 - sin(x2)", at={"x1": 2, "x2": 5}),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_result_shows_itself_as_a_table_and_as_a_picture(name: str) -> None:
    result = RESULTS[name]()
    assert type(result).__name__ == name
    assert result._repr_html_().startswith("<table>")
    assert result._repr_svg_().startswith("<?xml")
    assert "</svg>" in svg(result)


def test_a_result_without_a_picture_has_none() -> None:
    assert dc.steps("x^2")._repr_svg_() is None
