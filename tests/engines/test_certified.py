"""The certified reference: its balls contain independent references, and it refuses what it cannot prove."""

import csv
import json
import math
from fractions import Fraction

import flint
import pytest

from diffcompare.engines.certified import certify, taylor
from diffcompare.engines.power_series import Replay, working
from diffcompare.expression.function import function
from diffcompare.measure import Ball, Unproven
from tests.corpus import FOLDER, needs_corpus


def formulas(name: str) -> list[tuple[str, str]]:
    with (FOLDER / f"{name}.csv").open() as lines:
        return [(row["id"], row["formula"]) for row in csv.DictReader(lines)]


def references(name: str) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads((FOLDER / f"{name}_reference.json").read_text())
    return found


@needs_corpus
@pytest.mark.parametrize("corpus", ["feynman", "fpbench"])
def test_balls_contain_the_reference_value_and_gradient_of_every_formula(corpus: str) -> None:
    known = references(corpus)
    wrong = []
    points = 0
    for identifier, formula in formulas(corpus):
        f = function(formula)
        for reference in known[identifier]:
            points += 1
            at = {name: float(x) for name, x in reference["point"].items()}
            found = certify(f, at)
            claims = {"value": reference["value"], **reference["gradient"]}
            entries = {"value": found.value[0], **found.gradient}
            for name, claim in claims.items():
                entry = entries[name]
                if not (isinstance(entry, Ball) and entry.overlaps(Ball.of(str(claim))) and entry.proves(30)):
                    wrong.append((identifier, at, name, claim, str(entry)))
    assert points == {"feynman": 360, "fpbench": 333}[corpus]
    assert wrong == []


@pytest.mark.parametrize(
    ("formula", "at", "derivative"),
    [
        ("tanh(x)", 15, "3.743049187535369321105317266052555e-13"),
        ("expm1(x)", -40, "4.248354255291588995329234782858658e-18"),
        ("(1 - cos(x))/x^2", 1e-6, "-8.333333333e-8"),
        ("64*x*(1-x)*(1-2*x)^2*(1-8*x+8*x^2)^2", 0.2, "9.0660864"),
        ("exp(x)/sqrt(sin(x)^3 + cos(x)^3)", 1.5, "4.053427893898621"),
        ("exp(-x^2)", 40, "-1.076264317220531350744157071727748e-693"),
        ("where(x < 1, x, sqrt(x - 1))", 0, "1"),
        ("abs(x)", -2, "-1"),
        ("x^x", 2, "6.772588722239781237668928485832706"),
        ("gamma(x)", 5, "36.14682404236321134544370983802234"),
    ],
)
def test_hard_derivatives(formula: str, at: float, derivative: str) -> None:
    entry = certify(function(formula), {"x": at}).gradient["x"]
    assert isinstance(entry, Ball)
    assert entry.proves(30)
    wanted = Fraction(derivative)
    assert abs(entry.midpoint - wanted) <= abs(wanted) / 10**7


@pytest.mark.parametrize(
    ("formula", "at", "kind"),
    [
        ("abs(x)", 0, "not differentiable"),
        ("max(x, 0)", 0, "not differentiable"),
        ("relu(x)", 0, "not differentiable"),
        ("sqrt(x)", 0, "not differentiable"),
        ("x^0.5", 0, "not differentiable"),
        ("cbrt(x)", 0, "not differentiable"),
        ("sqrt(x^2)", 0, "not differentiable"),
        ("cbrt(x^3)", 0, "not differentiable"),
        ("asin(1 - x^2)", 0, "not differentiable"),
        ("acosh(1 + x^2)", 0, "not differentiable"),
        ("sign(x^2)", 0, "not differentiable"),
        ("where(x^2 > 0, 5, x)", 0, "at a branch"),
        ("where(x == 1, 1, x^2)", 1, "at a branch"),
    ],
)
def test_a_kink_has_a_value_and_no_gradient(formula: str, at: float, kind: str) -> None:
    found = certify(function(formula), {"x": at})
    assert isinstance(found.value[0], Ball)
    entry = found.gradient["x"]
    assert isinstance(entry, Unproven)
    assert entry.kind == kind
    assert found.reasons == (entry.reason,)


@pytest.mark.parametrize(
    ("formula", "at"), [("ln(x)", -1), ("1/x", 0), ("x/x", 0), ("sin(x)/x", 0), ("sqrt(x)", -1), ("gamma(x)", -1)]
)
def test_outside_the_domain_there_is_neither_value_nor_gradient(formula: str, at: float) -> None:
    found = certify(function(formula), {"x": at})
    for entry in (found.value[0], found.gradient["x"]):
        assert isinstance(entry, Unproven)
        assert entry.kind == "outside the domain"


@pytest.mark.parametrize(
    ("formula", "at"), [("abs(x*x)", 0), ("x^1.5", 0), ("sin(x)^2 + cos(x)^2", 0.3), ("7 + 0*x", 1)]
)
def test_a_derivative_that_is_zero(formula: str, at: float) -> None:
    entry = certify(function(formula), {"x": at}).gradient["x"]
    assert isinstance(entry, Ball)
    assert entry.contains(0)
    assert entry.radius < Fraction(1, 10**300)
    assert float(entry) == 0


def test_a_number_too_large_to_write_is_refused() -> None:
    entry = certify(function("exp(exp(x))"), {"x": 30}).value[0]
    assert isinstance(entry, Unproven)


def test_partial_refusal_names_the_variable() -> None:
    found = certify(function("x + abs(y)"), {"x": 1, "y": 0})
    assert isinstance(found.gradient["x"], Ball)
    assert isinstance(found.gradient["y"], Unproven)


def test_a_branch_of_the_code_at_its_tie_is_refused_and_elsewhere_confirmed() -> None:
    def f(x: float) -> float:
        return x * x if x <= 1 else 2 * x

    at_tie = certify(function(f), {"x": 1}).gradient["x"]
    assert isinstance(at_tie, Unproven)
    assert at_tie.kind == "at a branch"
    assert str(certify(function(f), {"x": 0.5}).gradient["x"]) == "1.0"


def test_a_branch_that_only_rounding_takes_is_refused() -> None:
    def f(x: float) -> float:
        return x if (1 + x) - 1 == 0 else 2 * x

    entry = certify(function(f), {"x": 1e-20}).gradient["x"]
    assert isinstance(entry, Unproven)
    assert "rounded" in entry.reason


def test_several_outputs_and_a_vector() -> None:
    found = certify(function("[x[0]*x[1], x[1]^2]"), {"x": [2, 3]})
    assert found.names == ("x[0]", "x[1]")
    assert [[str(entry) for entry in row] for row in found.jacobian] == [["3.0", "2.0"], ["0", "6.0"]]


def test_flint_is_left_as_it_was() -> None:
    before = flint.ctx.prec, flint.ctx.cap
    certify(function("sin(x)^2 + cos(x)^2"), {"x": 0.3})
    certify(function("abs(x)"), {"x": 0})
    taylor(function("exp(x)").trace({"x": 1}), "x", 5)
    with pytest.raises(RuntimeError, match="here"), working(500, 7):
        raise RuntimeError("here")
    assert (flint.ctx.prec, flint.ctx.cap) == before


def test_higher_derivatives() -> None:
    found = taylor(function("64*x*(1-x)*(1-2*x)^2*(1-8*x+8*x^2)^2").trace({"x": 0.2}), "x", 3)
    assert [float(entry) for entry in found if isinstance(entry, Ball)] == pytest.approx(
        [0.28901376, 9.0660864, 67.395584, -3948.8717], rel=1e-7
    )
    refused = taylor(function("x^2.5").trace({"x": 0}), "x", 3)
    assert all(isinstance(entry, Unproven) for entry in refused)


def test_many_points_at_once_say_where_there_is_no_value() -> None:
    replay = Replay(function("ln(x) + y").trace({"x": 1, "y": 2}))
    with working(100):
        found = replay.along(0, [flint.arb(x) for x in (1, -1, math.e)])
        assert [float(y) for y in (found[0], found[2])] == [2, 3]
        assert isinstance(found[1], Unproven)


def test_many_points_at_once_notice_another_branch() -> None:
    replay = Replay(function(lambda x: x * x if x < 1 else x).trace({"x": 0.5}))
    with working(100):
        found = replay.along(0, [flint.arb(0.25), flint.arb(2)])
    assert float(found[0]) == 0.0625
    assert isinstance(found[1], Unproven)
    assert found[1].kind == "at a branch"


@pytest.mark.parametrize("formula", ["exp(x)/x", "atan2(x, 3)*sqrt(x)", "abs(x) + x^2.5", "erf(x)*gamma(x)"])
def test_series_around_a_ball_encloses_those_at_its_points(formula: str) -> None:
    replay = Replay(function(formula).trace({"x": 2.0}))
    output = replay.graph.outputs[0]
    with working(128, cap=8):
        around = replay.series(0, flint.arb(2, 0.25))[output]
        for x in (1.75, 2.0, 2.25):
            at_point = replay.series(0, flint.arb(x))[output]
            assert all(around[k].overlaps(at_point[k]) for k in range(8))
            assert all(around[k].contains(at_point[k].mid()) for k in range(8))


def test_a_branch_inside_a_ball_blocks_it() -> None:
    replay = Replay(function(lambda x: x if x < 2.1 else x * x).trace({"x": 2.0}))
    with working(128):
        assert replay.blocked(0, flint.arb(2, 0.05)) is None
        blocked = replay.blocked(0, flint.arb(2, 0.2))
    assert isinstance(blocked, Unproven)


def test_a_radius_of_millions_of_digits_is_rounded_up() -> None:
    found = certify(function("erf(1e5*x)"), {"x": 0.8236})
    assert isinstance(found.value[0], Ball)
    assert found.value[0].proves(30)
    assert float(found.gradient["x"]) == 0.0
