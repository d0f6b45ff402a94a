"""A function along one input: each value is on the branch that the code takes there, in every kind of number."""

import math

import flint
import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines.line import WAYS, Line
from diffcompare.engines.power_series import working
from diffcompare.measure import Unproven


def steps(x: float) -> float:
    """A different formula in every unit interval."""
    k = 0
    while x > k:
        k += 1
    return k * x + k * k


def halved(x: float) -> float:
    if x < 0.5:
        raise ValueError("x is too small")
    return x / 2


def test_floats_are_what_the_code_gives_at_each_point() -> None:
    xs = np.linspace(-2, 6, 97)
    found = Line(dc.function(steps), {"x": 0.5}, 0).floats(xs)
    assert found.tolist() == [steps(x) for x in xs.tolist()]


def test_balls_are_what_the_code_gives_at_each_point() -> None:
    xs = [k / 8 for k in range(-16, 48)]
    found = Line(dc.function(steps), {"x": 0.5}, 0).balls([flint.arb(x) for x in xs])
    assert [float(y) for y in found] == [steps(x) for x in xs]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_every_operation_is_rounded_to_the_type(dtype: type) -> None:
    xs = np.linspace(0.1, 3, 50).astype(dtype)
    found = Line(dc.function("x*x/3 + 0.1"), {"x": 1.0}, 0).floats(xs)
    assert found.dtype == dtype
    assert found.tolist() == (xs * xs / dtype(3) + dtype(0.1)).tolist()


def test_constants_have_all_the_digits_of_the_type() -> None:
    found = Line(dc.function("pi*x"), {"x": 1.0}, 0).floats(np.array([1], np.longdouble))
    with working(200):
        error = abs(flint.arb.pi() - flint.arb(found[0].as_integer_ratio()[0]) / found[0].as_integer_ratio()[1])
    assert error < float(np.finfo(np.longdouble).eps) * 2


def test_a_code_that_refuses_has_no_value_there_and_says_so() -> None:
    line = Line(dc.function(halved), {"x": 1.0}, 0)
    assert np.isnan(line.floats(np.array([0.25, 0.75]))).tolist() == [True, False]
    refused, given = line.balls([flint.arb(0.25), flint.arb(0.75)])
    assert isinstance(refused, Unproven)
    assert "x is too small" in refused.reason
    assert float(given) == 0.375


def test_too_many_branches_end_in_a_reason() -> None:
    line = Line(dc.function(steps), {"x": 0.5}, 0)
    xs = np.arange(WAYS + 10) + 0.5
    assert np.isfinite(line.floats(xs)).sum() == WAYS
    last = line.balls([flint.arb(xs[-1])])[0]
    assert isinstance(last, Unproven)
    assert f"more than {WAYS} ways" in last.reason


def test_a_function_that_does_not_depend_on_the_input_is_constant() -> None:
    line = Line(dc.function(lambda x, y: y * y), {"x": 1.0, "y": 3.0}, 0)
    assert line.floats(np.array([1.0, 2.0])).tolist() == [9, 9]
    assert [float(y) for y in line.balls([flint.arb(1), flint.arb(2)])] == [9, 9]


def test_complex_values_are_those_of_python() -> None:
    found = Line(dc.function("x^3 - 2*x"), {"x": 0.5}, 0).complexes([0.5 + 0.25j])
    assert abs(found[0] - ((0.5 + 0.25j) ** 3 - 2 * (0.5 + 0.25j))) < 1e-16


def test_other_inputs_stay_at_the_point() -> None:
    line = Line(dc.function("x[0]*sin(x[1])"), {"x": np.array([2.0, 3.0])}, 1)
    assert line.x == 3.0
    assert math.isclose(line.floats(np.array([1.0]))[0], 2 * math.sin(1.0), rel_tol=1e-15)
