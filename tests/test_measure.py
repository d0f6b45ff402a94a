"""The measure: exact in itself, and strict about everything that is not a number."""

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcompare.measure import MOST_DIGITS, Ball, Unproven, json_number, measure, measure_all

finite = st.floats(allow_nan=False, allow_infinity=False)
nonzero = finite.filter(lambda x: abs(x) > 1e-300)


@given(nonzero)
def test_a_double_measured_against_itself_is_right_to_the_last_place(x: float) -> None:
    found = measure(x, Ball(Fraction(x)))
    assert (found.status, found.error, found.relative, found.ulps, found.digits) == ("ok", 0, 0, 0, MOST_DIGITS)


@given(nonzero.filter(lambda x: abs(x) < 1e300))
def test_the_next_double_is_one_ulp_away(x: float) -> None:
    found = measure(x + math.ulp(x), Ball(Fraction(x)))
    assert found.ulps == 1
    assert found.error == math.ulp(x)


def test_the_error_is_signed_and_exact_where_doubles_would_cancel() -> None:
    found = measure(0.1, "0.1")
    assert found.error == pytest.approx(5.551115123125783e-18, rel=1e-15)
    assert found.ulps == pytest.approx(0.4, rel=1e-9)
    assert measure(3.0, "4").error == -1


@pytest.mark.parametrize(("estimate", "status"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "inf")])
def test_what_is_not_a_number_has_no_correct_digit(estimate: float, status: str) -> None:
    found = measure(estimate, "1")
    assert (found.status, found.digits) == (status, 0)
    assert not found.relative <= 1


def test_nan_equals_nothing() -> None:
    assert measure(math.nan, "0").status == "nan"


def test_a_number_without_certificate_measures_nothing() -> None:
    found = measure(0.0, Unproven("not differentiable", "a corner"))
    assert found.status == "not differentiable"
    assert math.isnan(found.error)
    assert math.isnan(found.digits)


def test_zero_is_right_only_as_zero() -> None:
    assert measure(0.0, "0").digits == MOST_DIGITS
    assert measure(1e-300, "0").digits == 0
    assert measure(1e-300, "0").relative == math.inf


def test_digits_of_an_estimate_that_is_off_by_more_than_itself_are_zero() -> None:
    assert measure(-88.9, "-8.33e-8").digits == 0
    assert measure(1.001, "1").digits == pytest.approx(3)


def test_lengths_that_differ_are_a_shape() -> None:
    assert [m.status for m in measure_all([1.0, 2.0], ["1"])] == ["shape"]
    assert [m.ulps for m in measure_all([1.0, 2.0], ["1", "2"])] == [0, 0]


@given(finite, st.integers(1, 40))
def test_decimals_are_correctly_rounded(x: float, digits: int) -> None:
    wanted = Context(prec=digits, rounding=ROUND_HALF_EVEN).create_decimal(Decimal(x))
    assert Fraction(Ball(Fraction(x)).decimal(digits)) == Fraction(wanted)


def test_a_decimal_shows_no_digit_that_is_not_proven() -> None:
    ball = Ball(Fraction(1, 3), Fraction(1, 10**6))
    assert ball.decimal() == "0.33333"
    assert not ball.proves(6)
    assert Ball(Fraction(0), Fraction(1)).decimal() == "0"


def test_a_decimal_string_stands_for_half_a_unit_to_either_side() -> None:
    ball = Ball.of("-1.25e-3")
    assert ball.ends == (Fraction(-125500, 10**8), Fraction(-124500, 10**8))
    assert ball.contains(-0.00125)
    assert not ball.contains(-0.0013)
    assert ball.overlaps(Ball(Fraction(-1256, 10**6), Fraction(1, 10**6)))
    assert not ball.overlaps(Ball(Fraction(-126, 10**5)))


@pytest.mark.parametrize(("value", "json"), [(1.5, 1.5), (math.nan, "nan"), (-math.inf, "-inf"), (None, None)])
def test_json_holds_no_infinity(value: float | None, json: object) -> None:
    assert json_number(value) == json
