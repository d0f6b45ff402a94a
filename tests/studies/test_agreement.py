"""All engines at one point: what is measured, what is only a convention, and what the verdict says."""

import json
import math
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines import DEFAULT, ENGINES, obstacle
from diffcompare.errors import DiffCompareError
from diffcompare.measure import MOST_DIGITS

LECTURE = ("ln(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0})
FIELDS = {"function", "variables", "point", "value", "reference", "condition", "engines", "verdict"}
ROW = {
    "engine", "available", "gradient", "error", "ulps", "digits", "evaluations", "operations", "seconds", "note"
}  # fmt: skip


def row(result: Any, engine: str) -> dict[str, Any]:
    return next(r for r in result.to_dict()["engines"] if r["engine"] == engine)


def test_the_lecture_s_function_by_every_engine() -> None:
    engines = [name for name, row in ENGINES.items() if not obstacle(row)]
    data = dc.compare(LECTURE[0], at=LECTURE[1], engines=engines).to_dict()
    assert set(data) >= FIELDS
    assert data["variables"] == ["x1", "x2"]
    assert data["reference"]["gradient"] == {"x1": "5.5", "x2": "1.71633781453677373553336082849"}
    assert [r["engine"] for r in data["engines"]] == engines
    for found in data["engines"]:
        assert set(found) == ROW
        assert found["gradient"]["x2"] == pytest.approx(2 - math.cos(5), rel=1e-6)
        assert found["error"]["x2"] == pytest.approx(found["gradient"]["x2"] - (2 - math.cos(5)), abs=3e-16)
    assert data["verdict"]["reason"]
    json.dumps(data, allow_nan=False)


def test_default_engines_and_their_costs_as_the_lecture_counts_them() -> None:
    result = dc.compare(*LECTURE)
    assert [r.engine for r in result.engines] == list(DEFAULT)
    assert row(result, "forward")["evaluations"] == 2
    assert row(result, "reverse")["evaluations"] == 1
    assert row(result, "finite-central")["evaluations"] == 4


def test_an_engine_right_to_the_last_place_wins_by_its_operations() -> None:
    engine, reason = dc.compare(*LECTURE).verdict
    assert engine in ("symbolic", "reverse")
    assert "right to the last place" in reason


def test_cancellation_is_blamed_on_the_formula_by_its_condition_number() -> None:
    result = dc.compare("(1 - cos(x))/x^2", at={"x": 1e-6})
    assert result.condition["x"] is not None
    assert result.condition["x"] > 1e20
    assert result.verdict[0] is None
    assert "condition number" in result.verdict[1]
    assert row(result, "reverse")["digits"]["x"] == 0.0


def test_rules_that_keep_their_digits_are_seen_to_keep_them() -> None:
    result = dc.compare("tanh(x)", at={"x": 15.0})
    assert row(result, "reverse")["digits"]["x"] > 15
    assert row(result, "symbolic")["digits"]["x"] < 6  # SymPy's rule is 1 - tanh(x)^2


@pytest.mark.parametrize(
    ("formula", "at"),
    [("abs(x)", {"x": 0.0}), ("relu(x)", {"x": 0.0}), ("max(x, y)", {"x": 1.0, "y": 1.0}), ("sqrt(x)", {"x": 0.0}),
     ("x^0.5", {"x": 0.0}), ("ln(x)", {"x": 0.0}), ("sin(x)/x", {"x": 0.0}), ("ln(x)", {"x": -1.0})],
)  # fmt: skip
def test_where_there_is_no_derivative_nothing_is_judged_and_every_oddity_has_its_reason(
    formula: str, at: dict[str, float]
) -> None:
    result = dc.compare(formula, at=at)
    assert result.verdict[0] is None
    assert result.to_dict()["reference"]["reasons"]
    for found in result.to_dict()["engines"]:
        assert all(entry is None for entry in found["error"].values())
        if any(isinstance(entry, str) for entry in found["gradient"].values()):
            assert found["note"], found["engine"]
    assert result.kinks or not any(found["note"].startswith("convention") for found in result.to_dict()["engines"])


def test_an_untaken_branch_with_an_infinite_slope_does_no_harm() -> None:
    result = dc.compare("where(x < 1, x, sqrt(x))", at={"x": 0.0})
    assert all(found.gradient == {"x": 1.0} for found in result.engines)


def test_an_engine_over_its_budget_is_a_row_that_says_so() -> None:
    def iterate(x: Any) -> Any:
        for _ in range(40):
            x = 4 * x * (1 - x)
        return x

    result = dc.compare(iterate, at={"x": 0.3})
    symbolic = row(result, "symbolic")
    assert (symbolic["available"], symbolic["gradient"]) == (False, {"x": None})
    assert symbolic["note"].startswith("over budget")
    assert row(result, "reverse")["available"]


def test_a_vector_and_a_function_without_variables() -> None:
    result = dc.compare(lambda x: np.sum(x**2), at={"x": [1.0, 2.0]})
    assert result.to_dict()["point"] == {"x": [1.0, 2.0]}
    assert row(result, "reverse")["gradient"] == {"x[0]": 2.0, "x[1]": 4.0}
    assert row(result, "reverse")["digits"]["x[1]"] == MOST_DIGITS
    assert dc.compare("2 + 3", at={}).verdict == (None, "the function has no variables")


def test_a_condition_is_a_step_whose_derivative_is_zero() -> None:
    result = dc.compare(lambda x: x > 0, at={"x": 1.0})
    assert all(found.gradient == {"x": 0.0} for found in result.engines)


@pytest.mark.parametrize(
    ("f", "at", "engines", "message"),
    [("[x, x]", {"x": 1.0}, DEFAULT, "one output"), ("x", {"x": 1.0}, ["forwards"], "did you mean forward?"),
     ("x", {}, DEFAULT, "x has no value")],
)  # fmt: skip
def test_what_cannot_be_compared_says_so(f: str, at: dict[str, float], engines: Any, message: str) -> None:
    with pytest.raises(DiffCompareError, match=message.replace("?", r"\?")):
        dc.compare(f, at=at, engines=engines)


def test_the_verdict_begins_with_the_derivatives_that_do_not_exist() -> None:
    engine, reason = dc.compare("abs(x)*exp(y)", at={"x": 0.0, "y": 1.0}).verdict
    assert engine is not None
    assert reason.startswith("no derivative by x is certified (abs has a kink at 0, and the point sits on it)")
