"""Schemes: weights against the printed tables, exactness on polynomials, order proven by the slope of the error."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffcompare.engines.stencil import SCHEMES, Scheme, Side, fornberg, one_sided
from diffcompare.errors import DiffCompareError

# Fornberg 1988, tables 1 and 3; ends of the rows as printed there.
TABLES = [
    ((0, 1), 1, "-1 1"),
    ((-1, 1), 1, "-1/2 1/2"),
    ((-2, -1, 0, 1, 2), 1, "1/12 -2/3 0 2/3 -1/12"),
    ((-3, -2, -1, 0, 1, 2, 3), 1, "-1/60 3/20 -3/4 0 3/4 -3/20 1/60"),
    (range(-4, 5), 1, "1/280 -4/105 1/5 -4/5 0 4/5 -1/5 4/105 -1/280"),
    ((-1, 0, 1), 2, "1 -2 1"),
    ((-2, -1, 0, 1, 2), 2, "-1/12 4/3 -5/2 4/3 -1/12"),
    ((-2, -1, 0, 1, 2), 3, "-1/2 1 0 -1 1/2"),
    ((-2, -1, 0, 1, 2), 4, "1 -4 6 -4 1"),
    ((0, 1, 2), 1, "-3/2 2 -1/2"),
    ((0, 1, 2, 3, 4), 1, "-25/12 4 -3 4/3 -1/4"),
    ((0, 1, 2, 3), 2, "2 -5 4 -1"),
    ((0, 1), 0, "1 0"),
]
SECOND = Scheme("second", (-1, 0, 1), 2)
UNEVEN = Scheme("uneven", (Fraction(-1, 3), 0, Fraction(3, 2)))
ALL = [
    *SCHEMES.values(),
    *(one_sided(scheme, side) for scheme in SCHEMES.values() for side in ("forward", "backward")),
    SECOND,
    UNEVEN,
    one_sided(SECOND, "forward"),
]
DECLARED = {"forward": 1, "backward": 1, "central": 2, "central4": 4, "central6": 6, "central8": 8}


@pytest.mark.parametrize(("offsets", "derivative", "weights"), TABLES)
def test_weights_are_those_of_the_printed_tables(offsets: range, derivative: int, weights: str) -> None:
    assert " ".join(map(str, fornberg(offsets, derivative))) == weights


def test_float_offsets_give_float_weights() -> None:
    weights = fornberg((-1.0, 0.0, 1.5), 1)
    assert all(isinstance(weight, float) for weight in weights)
    assert weights == pytest.approx([-0.6, 1 / 3, 4 / 15], rel=1e-15)


offsets_strategy = st.lists(st.fractions(-5, 5, max_denominator=8), min_size=1, max_size=7, unique=True)


@given(offsets_strategy, st.data())
def test_exact_on_every_polynomial_below_the_number_of_offsets(offsets: list[Fraction], data: st.DataObject) -> None:
    derivative = data.draw(st.integers(0, len(offsets) - 1))
    coefficients = data.draw(st.lists(st.integers(-9, 9), max_size=len(offsets)))
    weights = fornberg(offsets, derivative)
    value = sum(
        weight * coefficient * offset**degree
        for weight, offset in zip(weights, offsets, strict=True)
        for degree, coefficient in enumerate(coefficients)
    )
    expected = math.factorial(derivative) * (coefficients[derivative] if derivative < len(coefficients) else 0)
    assert value == expected


@pytest.mark.parametrize(
    ("offsets", "derivative", "reason"),
    [
        ((0, 1, 1), 1, "repeated"),
        ((0, Fraction(2), 2.0), 1, "repeated"),
        ((0,), 1, "at least 2"),
        ((0, 1), -1, "order"),
    ],
)
def test_impossible_offsets_say_why(offsets: tuple[int, ...], derivative: int, reason: str) -> None:
    with pytest.raises(DiffCompareError, match=reason):
        fornberg(offsets, derivative)


def test_a_scheme_that_cannot_exist_fails_where_it_is_written() -> None:
    with pytest.raises(DiffCompareError, match="at least 3"):
        Scheme("short", (0, 1), 2)
    with pytest.raises(DiffCompareError, match="derivative 1 or more"):
        Scheme("interpolation", (0, 1), 0)


@pytest.mark.parametrize(("name", "order"), DECLARED.items())
def test_rows_have_the_order_their_name_promises(name: str, order: int) -> None:
    assert SCHEMES[name].order == order
    assert SCHEMES[name].name == name


def geometric(t: Fraction) -> Fraction:
    """1 / (1 - t): rational, and every derivative at 0 is k!, none of them 0."""
    return 1 / (1 - t)


def error(scheme: Scheme, h: Fraction) -> Fraction:
    estimate = scheme.estimate([geometric(offset * h) for offset in scheme.offsets], h)
    assert isinstance(estimate, Fraction)
    return estimate - math.factorial(scheme.derivative)


@pytest.mark.parametrize("scheme", ALL, ids=lambda scheme: f"{scheme.name}-{scheme.derivative}")
def test_the_slope_of_the_exact_error_proves_order_and_constant(scheme: Scheme) -> None:
    coarse, fine = Fraction(1, 2**14), Fraction(1, 2**15)
    slope = math.log2(abs(error(scheme, coarse) / error(scheme, fine)))
    assert abs(slope - scheme.order) < 0.1
    predicted = scheme.truncation * fine**scheme.order * math.factorial(scheme.order + scheme.derivative)
    assert float(error(scheme, fine) / predicted) == pytest.approx(1, rel=1e-2)


@pytest.mark.parametrize("scheme", [*SCHEMES.values(), SECOND, UNEVEN], ids=lambda scheme: scheme.name)
@pytest.mark.parametrize("side", ["forward", "backward"])
def test_one_sided_companions_keep_order_and_stay_on_their_side(scheme: Scheme, side: Side) -> None:
    companion = one_sided(scheme, side)
    assert (companion.order, companion.derivative) == (scheme.order, scheme.derivative)
    assert 0 in companion.offsets
    assert all(offset >= 0 if side == "forward" else offset <= 0 for offset in companion.offsets)


def test_constants_of_the_central_scheme() -> None:
    central = SCHEMES["central"]
    assert (central.truncation, central.rounding) == (Fraction(1, 6), Fraction(1))
    assert SCHEMES["forward"].rounding == 2


def test_a_large_constant_does_not_spoil_the_estimate() -> None:
    """The values are subtracted before they are weighed, so what they share costs no digits."""
    scheme, h, shift = SCHEMES["central8"], 2.0**-10, 2.0**30
    assert scheme.estimate([shift + 3.0 * float(offset) * h for offset in scheme.offsets], h) == pytest.approx(
        3.0, rel=1e-15
    )
