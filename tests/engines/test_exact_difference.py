"""The split into truncation and rounding: against rational arithmetic, mpmath, and between its own two ways."""

from collections.abc import Callable
from fractions import Fraction
from math import ulp
from typing import Any

import mpmath
import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines import exact_difference
from diffcompare.engines.exact_difference import split
from diffcompare.engines.line import Line
from diffcompare.engines.stencil import SCHEMES, ComplexStep, Scheme

STEPS = [1e-16, 3e-12, 1e-9, 7e-7, 1e-4, 3e-3, 0.02, 0.1]


def classic(x: Any) -> Any:
    return 64 * x * (1 - x) * (1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x**2) ** 2


def piecewise(x: Any) -> Any:
    return x * x if x < 0.2005 else 3 * x - x**3


def bent(x: Any) -> Any:
    return abs(32 * x - 7) * x


def slope_of(f: Callable[[Any], Any], x: Fraction, degree: int) -> Fraction:
    """The derivative of a polynomial of that degree (next to x): a difference with enough points makes no error."""
    scheme = Scheme("wide", tuple(range(-degree, degree + 1)))
    h = Fraction(1, 10**9)
    return Fraction(sum(w * f(x + o * h) for w, o in zip(scheme.weights, scheme.offsets, strict=True)) / h)


def floats_along(line: Line, scheme: Scheme, h: np.ndarray[Any, Any]) -> Any:
    x = h.dtype.type(line.x)
    return scheme.estimate([line.floats(x + int(o) * h) for o in scheme.offsets], h)


def is_nearest(found: float, exact: Fraction) -> bool:
    """Within 0.51 ulp of the exact number."""
    return abs(Fraction(found) - exact) <= Fraction(51, 100) * Fraction(ulp(found))


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.name)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("f", "degree"), [(classic, 8), (piecewise, 2), (bent, 2)])
def test_split_is_that_of_rational_arithmetic(
    f: Callable[[Any], Any], degree: int, dtype: type, scheme: Scheme
) -> None:
    x = float(dtype(0.2))
    h = np.array([step for step in STEPS if step > 1e-10 or dtype is np.float64], dtype)
    line = Line(dc.function(f), {"x": x}, 0)
    estimates = floats_along(line, scheme, h)
    (part,) = split(line, [scheme], h.tolist(), [estimates])
    slope = slope_of(f, Fraction(x), degree)
    for i, step in enumerate(h.tolist()):
        pairs = zip(scheme.weights, scheme.offsets, strict=True)
        exact = sum(w * f(Fraction(x) + o * Fraction(step)) for w, o in pairs) / Fraction(step)
        assert is_nearest(part.truncation[i], exact - slope)
        assert is_nearest(part.rounding[i], Fraction(float(estimates[i])) - exact)
        assert is_nearest(part.error[i], Fraction(float(estimates[i])) - slope)
    assert part.reasons == {}


FORMULAS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "exp(x)*sin(3*x)": (lambda x: mpmath.exp(x) * mpmath.sin(3 * x), 0.7),
    "1/(1 + 25*x^2)": (lambda x: 1 / (1 + 25 * x**2), 0.3),
    "ln(x)/sqrt(x)": (lambda x: mpmath.log(x) / mpmath.sqrt(x), 0.5),
    "atan(x)^2 + gamma(x)": (lambda x: mpmath.atan(x) ** 2 + mpmath.gamma(x), 1.5),
    "x^x": (lambda x: x**x, 2.0),
}


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("name", [*SCHEMES, "complex-step"])
def test_truncation_is_that_of_mpmath(formula: str, name: str) -> None:
    scheme = SCHEMES.get(name) or ComplexStep()
    f, x = FORMULAS[formula]
    line = Line(dc.function(formula), {"x": x}, 0)
    (part,) = split(line, [scheme], STEPS, [np.zeros(len(STEPS))])
    with mpmath.workdps(320):
        slope = mpmath.diff(f, mpmath.mpf(x))
        for i, h in enumerate(map(mpmath.mpf, STEPS)):
            if isinstance(scheme, Scheme):
                weights = [mpmath.mpf(w.numerator) / w.denominator for w in scheme.weights]
                exact = sum(w * f(x + int(o) * h) for w, o in zip(weights, scheme.offsets, strict=True)) / h
            else:
                exact = f(x + 1j * h).imag / h
            assert abs(part.truncation[i] - (exact - slope)) <= 1e-15 * abs(exact - slope)
            assert abs(part.rounding[i] + exact) <= 1e-15 * abs(exact)


@pytest.mark.parametrize("formula", FORMULAS)
def test_both_ways_to_the_truncation_error_agree(formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(dc.function(formula), {"x": FORMULAS[formula][1]}, 0)
    rows = list(SCHEMES.values())
    arguments: Any = (line, rows, STEPS, [np.zeros(len(STEPS))] * len(rows))
    expanded = split(*arguments)
    monkeypatch.setattr(exact_difference, "_truncations", lambda *_: [{} for _ in rows])
    for by_series, by_values in zip(expanded, split(*arguments), strict=True):
        assert np.all(np.abs(by_series.truncation - by_values.truncation) <= np.spacing(np.abs(by_values.truncation)))


def test_no_truncation_error_is_exactly_zero() -> None:
    for formula in ("sin(1)*x + pi", "sin(x)^2 + cos(x)^2 + x/3"):
        line = Line(dc.function(formula), {"x": 2.0}, 0)
        (part,) = split(line, [SCHEMES["forward"]], [1e-10, 1e-3], [np.zeros(2)])
        assert part.truncation.tolist() == [0, 0]


def test_long_doubles_are_not_cut_to_doubles() -> None:
    epsilon = np.finfo(np.longdouble).eps
    line = Line(dc.function("x"), {"x": 1.0}, 0)
    (part,) = split(line, [SCHEMES["forward"]], [0.5], [np.array([1 + epsilon], np.longdouble)])
    assert part.error.tolist() == part.rounding.tolist() == [float(epsilon)]


def test_what_does_not_exist_is_nan_with_a_reason() -> None:
    line = Line(dc.function("ln(x)"), {"x": 0.25}, 0)
    (part,) = split(line, [SCHEMES["central"]], [0.125, 0.25, 0.5], [np.array([1.0, np.inf, np.nan])])
    assert np.isfinite(part.truncation).tolist() == [True, False, False]
    assert part.error.tolist()[1] == np.inf
    assert set(part.reasons) == {1, 2}
    assert "its domain is x > 0" in part.reasons[2]


def test_without_a_derivative_rounding_is_still_known() -> None:
    line = Line(dc.function("abs(x)"), {"x": 0.0}, 0)
    (part,) = split(line, [SCHEMES["forward"]], [0.5], [np.array([1.25])])
    assert part.rounding.tolist() == [0.25]
    assert np.isnan(part.truncation[0])
    assert "kink" in part.reasons[0]


def test_a_subnormal_truncation_error_is_rounded_and_not_lost() -> None:
    line = Line(dc.function("x^2"), {"x": 0.0}, 0)
    (part,) = split(line, [SCHEMES["forward"]], [1e-320], [np.array([0.0])])
    assert part.truncation.tolist() == [1e-320]
