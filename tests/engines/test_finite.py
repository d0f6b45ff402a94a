"""Finite differences and the complex step as engines: counts, edges, kinks and several outputs."""

from __future__ import annotations

import math

import pytest

import diffcompare as dc
from diffcompare.engines import derivatives
from diffcompare.errors import DiffCompareError

THREE = {"x": 1.0, "y": 2.0, "z": 3.0}


@pytest.mark.parametrize(
    ("engine", "evaluations"),
    [("finite-forward", 4), ("finite-backward", 4), ("finite-central", 6), ("finite-central4", 12),
     ("finite-central6", 18), ("finite-central8", 24), ("complex-step", 3)],
)  # fmt: skip
def test_a_gradient_costs_what_the_lecture_says(engine: str, evaluations: int) -> None:
    found = derivatives(dc.function("x*y + sin(z)"), THREE, engine)
    assert found.evaluations == evaluations
    assert found.operations == 3 * evaluations
    assert found.jacobian[0] == pytest.approx([2, 1, math.cos(3)], rel=1e-6)


@pytest.mark.parametrize("engine", ["finite-forward", "finite-central4", "finite-adaptive", "complex-step"])
def test_several_outputs(engine: str) -> None:
    found = derivatives(dc.function("[x*y, exp(x), y^2]"), {"x": 0.5, "y": 2.0}, engine)
    expected = [[2.0, 0.5], [math.exp(0.5), 0.0], [0.0, 4.0]]
    assert found.jacobian.tolist() == [pytest.approx(row, rel=1e-6, abs=1e-9) for row in expected]


@pytest.mark.parametrize("engine", ["finite-forward", "finite-central", "finite-central8", "finite-adaptive"])
def test_differences_turn_one_sided_at_an_edge_and_say_so(engine: str) -> None:
    right = derivatives(dc.function("exp(x) + 0*sqrt(x)"), {"x": 0.0}, engine)
    left = derivatives(dc.function("exp(x) + 0*sqrt(1 - x)"), {"x": 1.0}, engine)
    assert right.jacobian[0, 0] == pytest.approx(1.0, rel=1e-6)
    assert left.jacobian[0, 0] == pytest.approx(math.e, rel=1e-6)
    assert "edge" in left.note or "one-sided" in left.note


@pytest.mark.parametrize(("formula", "x"), [("ln(x)", -1.0), ("arcsin(x)", 2.0), ("abs(x)", 0.0), ("sqrt(x)", 0.0)])
def test_the_complex_step_refuses_where_the_function_is_not_analytic(formula: str, x: float) -> None:
    found = derivatives(dc.function(formula), {"x": x}, "complex-step")
    assert math.isnan(found.jacobian[0, 0])
    assert found.note.startswith("not analytic here")


def test_the_complex_step_needs_no_relation_between_step_and_point() -> None:
    gradient = dc.gradient("sin(x)", at={"x": 1e10}, engine="complex-step")
    assert gradient["x"] == pytest.approx(math.cos(1e10), rel=1e-15)


def test_a_kink_is_not_answered_by_the_adaptive_engine() -> None:
    found = derivatives(dc.function("abs(x)"), {"x": 0.0}, "finite-adaptive")
    assert math.isnan(found.jacobian[0, 0])
    assert "left derivative -1, right derivative 1" in found.note


def test_code_that_cannot_be_traced_can_still_be_differenced() -> None:
    gradient = dc.gradient(lambda x: math.sin(x), at={"x": 1.0}, engine="finite-adaptive")
    assert gradient["x"] == pytest.approx(math.cos(1.0), rel=1e-12)


@pytest.mark.parametrize("scheme", ["forward", "central", "central4"])
def test_the_step_is_a_number_or_a_rule(scheme: str) -> None:
    at, truth = {"x": 1e-3}, 1e3
    errors = {
        h: abs(dc.gradient("ln(x)", at=at, engine=f"finite-{scheme}", h=h)["x"] - truth)
        for h in ("relative", "estimated", 1e-9)
    }
    assert max(errors.values()) < 1e-2
    wide = dc.gradient("ln(x)", at=at, engine=f"finite-{scheme}", h=2e-4)["x"]
    assert abs(wide - truth) > max(errors["relative"], errors["estimated"])


@pytest.mark.parametrize(
    ("engine", "h", "message"),
    [
        ("finite-central", "clever", "no step rule clever"),
        ("finite-central", 0.0, "positive finite number"),
        ("reverse", 1e-6, "reverse takes no step h"),
        ("finite-adaptive", 1e-6, "takes no step h"),
    ],
)
def test_a_step_that_does_not_fit_says_so(engine: str, h: float | str, message: str) -> None:
    with pytest.raises(DiffCompareError, match=message):
        dc.gradient("x^2", at={"x": 1.0}, engine=engine, h=h)
