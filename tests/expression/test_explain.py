"""Kinks and the first number that is not finite, named as they stand in the formula."""

import pytest

import diffcompare as dc
from diffcompare.expression.explain import explain, kinks, not_finite


@pytest.mark.parametrize(
    ("formula", "at", "reason"),
    [
        ("1 + ln(x)", {"x": 0.0}, "ln(x)"),
        ("sqrt(x) + 1", {"x": -1.0}, "sqrt(x) is outside its domain at -1: x >= 0"),
        ("x/(x - 1)", {"x": 1.0}, "x/(x - 1) divides by 0"),
        ("sin(x)/x", {"x": 0.0}, "sin(x)/x is 0/0"),
        ("exp(1000*x)", {"x": 1.0}, "too large for a double"),
        ("x + sqrt(x)", {"x": 0.0}, "sqrt(x) has no finite slope at 0"),
    ],
)
def test_the_first_number_that_is_not_finite(formula: str, at: dict[str, float], reason: str) -> None:
    found = not_finite(dc.function(formula).trace(at))
    assert found is not None
    assert reason in found


def test_nothing_to_explain_where_all_is_finite_and_smooth() -> None:
    assert explain(dc.function("x^2 + sin(x)").trace({"x": 1.0})) == []


def test_what_happens_in_a_branch_that_is_not_taken_is_no_reason() -> None:
    assert explain(dc.function("where(x < 1, x, 1/x + abs(x))").trace({"x": 0.0})) == []


def test_a_tie_of_a_branch_in_python_code_is_a_kink() -> None:
    (found,) = kinks(dc.function(lambda x: x * x if x > 1 else x).trace({"x": 1.0}))
    assert (found.operation, found.where) == ("x > 1", "is a tie")


def test_a_long_operation_is_named_and_not_written_out() -> None:
    formula = "abs(" + " + ".join(f"{k}*x" for k in range(1, 30)) + ")"
    (found,) = kinks(dc.function(formula).trace({"x": 0.0}))
    assert found.operation == "abs(..)"
    assert found.convention == "0"
