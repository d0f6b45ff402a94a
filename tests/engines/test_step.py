"""Step rules: representable steps, the textbook scales, and the optimum with the error it predicts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcompare.engines.stencil import SCHEMES, Scheme
from diffcompare.engines.step import estimated, fixed, optimal, predicted_error, relative, representable, textbook
from diffcompare.errors import DiffCompareError


def logistic(x: float) -> float:
    """The degree-8 polynomial of the classic error picture (Baydin et al. 2018, figure 3)."""
    return 64 * x * (1 - x) * (1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x * x) ** 2


VALUE, SECOND, THIRD, SLOPE = 0.28901376, 67.395584, -3948.8717, 708288 / 78125


@given(st.floats(-1e12, 1e12), st.floats(1e-18, 1e3))
def test_the_step_is_what_the_arguments_are_apart(x: float, h: float) -> None:
    step = representable(x, h)
    assert step > 0
    assert abs(step - h) <= 2 * math.ulp(abs(x) + h)


@pytest.mark.parametrize("h", [0.0, -1e-3, math.inf, math.nan])
def test_a_fixed_step_must_be_positive_and_finite(h: float) -> None:
    with pytest.raises(DiffCompareError, match="positive finite"):
        fixed(1.0, h)


def test_a_fixed_step_below_the_spacing_of_floats_still_moves_x() -> None:
    assert 1e10 + fixed(1e10, 1e-12).h > 1e10


@pytest.mark.parametrize(("name", "power"), [("forward", 2), ("central", 3), ("central4", 5), ("central8", 9)])
def test_textbook_steps_are_roots_of_eps(name: str, power: int) -> None:
    root = (2.0**-52) ** (1 / power)
    assert textbook(0.5, SCHEMES[name]).h == pytest.approx(root, rel=1e-9)
    assert textbook(-1e6, SCHEMES[name]).h == pytest.approx(1e6 * root, rel=1e-5)
    assert relative(1e-6, SCHEMES[name]).h == pytest.approx(1e-6 * root, rel=1e-5)
    assert relative(0.0, SCHEMES[name]).h == pytest.approx(root, rel=1e-9)


def test_the_optimum_of_the_classic_picture() -> None:
    forward = optimal(VALUE, SECOND, SCHEMES["forward"])
    assert forward.h == pytest.approx(2 * math.sqrt(2.0**-53 * VALUE / SECOND))
    assert (f"{forward.h:.1e}", f"{forward.error:.1e}") == ("1.4e-09", "9.3e-08")
    central = optimal(VALUE, THIRD, SCHEMES["central"])
    assert central.h == pytest.approx((3 * 2.0**-53 * abs(VALUE / THIRD)) ** (1 / 3))
    assert (f"{central.h:.1e}", f"{central.error:.1e}") == ("2.9e-07", "1.7e-10")


@pytest.mark.parametrize("scheme", [*SCHEMES.values(), Scheme("second", (-1, 0, 1), 2)], ids=lambda row: row.name)
def test_no_other_step_is_predicted_to_do_better(scheme: Scheme) -> None:
    best = optimal(2.0, -5.0, scheme)
    for factor in (0.5, 0.9, 1.1, 2.0):
        assert sum(predicted_error(factor * best.h, 2.0, -5.0, scheme)) > best.error


def test_the_optimum_without_truncation_or_without_rounding() -> None:
    assert optimal(1.0, 0.0, SCHEMES["central"]).h == math.inf
    assert optimal(0.0, 1.0, SCHEMES["central"]).h == 0.0


@pytest.mark.parametrize("name", SCHEMES)
def test_the_estimated_optimum_attains_its_prediction(name: str) -> None:
    scheme = SCHEMES[name]
    step = estimated(logistic, 0.2, scheme)
    found = scheme.estimate([logistic(0.2 + float(offset) * step.h) for offset in scheme.offsets], step.h)
    assert abs(found - SLOPE) < 10 * step.error
    assert step.evaluations <= scheme.order + scheme.derivative + 2


def test_the_estimate_turns_one_sided_at_an_edge() -> None:
    def root(x: float) -> float:
        return math.sqrt(x) if x >= 1 else math.nan

    step = estimated(root, 1.0, SCHEMES["forward"])
    assert math.isfinite(step.error)
    assert abs(SCHEMES["forward"].estimate([root(1.0), root(1.0 + step.h)], step.h) - 0.5) < 1e-7


def test_a_useless_estimate_falls_back_to_the_textbook_step() -> None:
    line = estimated(lambda x: 0.0, 3.0, SCHEMES["central"])
    assert line.h == textbook(3.0, SCHEMES["central"]).h
    assert math.isnan(line.error)
