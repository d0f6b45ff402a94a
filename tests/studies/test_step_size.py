"""The sweep of the step size: published figures, theory's slopes, edges of domains, kinks, branches and other types."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines.exact_difference import Split
from diffcompare.engines.stencil import SCHEMES
from diffcompare.errors import BudgetError, DiffCompareError, PointError
from diffcompare.studies.step_size.error_curve import best_step, power_of, typical
from diffcompare.studies.step_size.setting import DTYPES, STEPPED

CLASSIC = "64*x*(1-x)*(1-2*x)^2*(1-8*x+8*x^2)^2"
EVERY = tuple(STEPPED)


@pytest.fixture(scope="module")
def classic() -> dict[str, Any]:
    """The picture of Baydin et al. 2018, Figure 3, with every scheme, by the scheme's name."""
    study = dc.sweep(CLASSIC, at={"x": 0.2}, schemes=EVERY).to_dict()
    return study | {scheme["scheme"]: scheme for scheme in study["schemes"]}


def test_the_published_derivative(classic: dict[str, Any]) -> None:
    # 708288/78125 at 1/5; the double 0.2 lies 1.1e-17 above, and f'' is 67.4.
    distance = Fraction(classic["derivative"]) - Fraction(708288, 78125)
    assert float(distance) == pytest.approx(67.395584 * float(Fraction(0.2) - Fraction(1, 5)), rel=1e-6)


@pytest.mark.parametrize(
    ("scheme", "h", "error", "theory_h", "bound"),
    [("forward", 1.8e-9, 4.9e-8, "1.4e-09", "9.3e-08"), ("central", 4.2e-7, 1.9e-10, "2.9e-07", "1.7e-10")],
)
def test_the_published_minima(
    classic: dict[str, Any], scheme: str, h: float, error: float, theory_h: str, bound: str
) -> None:
    best, predicted = classic[scheme]["best"], classic[scheme]["predicted"]
    assert 1 / 1.4 < best["h"] / h < 1.4
    assert 1 / 1.4 < best["error"] / error < 1.4
    assert f"{predicted['h']:.1e}" == theory_h
    assert f"{predicted['error']:.1e}" == bound


def test_the_published_errors_of_the_textbook_steps(classic: dict[str, Any]) -> None:
    relative = [classic[name]["default"]["error"] / 9.0660864 for name in ("forward", "central")]
    assert [f"{error:.1e}" for error in relative] == ["5.5e-08", "2.7e-09"]


def test_truncation_and_rounding_add_up_to_the_error(classic: dict[str, Any]) -> None:
    for scheme in classic["schemes"]:
        error, truncation, rounding = (np.array(scheme[part]) for part in ("error", "truncation", "rounding"))
        scale = np.maximum(np.abs(truncation), np.abs(rounding))
        assert np.all(np.abs(error - truncation - rounding) <= 4e-16 * scale)
        exact = [float(Fraction(e) - Fraction(classic["derivative"])) for e in scheme["estimate"][::50]]
        assert scheme["error"][::50] == pytest.approx(exact, rel=1e-9, abs=1e-28)


def test_the_engines_without_a_step_are_flat_lines(classic: dict[str, Any]) -> None:
    truth = Fraction(classic["derivative"])
    errors = {
        engine: float(Fraction(dc.gradient(CLASSIC, at={"x": 0.2}, engine=engine)["x"]) - truth)
        for engine in ("forward", "reverse", "symbolic")
    }
    assert {line["engine"]: line["error"] for line in classic["lines"]} == pytest.approx(errors, rel=1e-9)


@pytest.mark.parametrize("scheme", EVERY)
def test_slopes_are_those_of_theory(scheme: str) -> None:
    row = dc.sweep("exp(sin(x))", at={"x": 0.7}, schemes=[scheme]).schemes[0]
    assert row.slopes["truncation"] == pytest.approx(row.order, abs=0.02)
    assert row.slopes["rounding"] == pytest.approx(0 if scheme == "complex-step" else -1, abs=0.06)
    assert row.order == {"complex-step": 2, **{name: s.order for name, s in SCHEMES.items()}}[scheme]


def test_central8_makes_no_truncation_error_on_a_polynomial_of_degree_8(classic: dict[str, Any]) -> None:
    assert set(classic["central8"]["truncation"]) == {0.0}
    assert classic["central8"]["predicted"] == {"h": "inf", "error": 0.0}
    assert classic["central8"]["slopes"]["truncation"] is None


def test_a_lucky_error_is_not_the_best() -> None:
    h = np.geomspace(1e-12, 1e-2, 400)
    noise = np.where(np.arange(400) % 2, 1.0, -1.0) * 1e-16 / h
    noise[30] = 0
    parts = Split(h, noise, h + noise)
    best = best_step(h, parts)
    assert best is not None
    assert best.h == pytest.approx(1e-8, rel=0.5)
    assert typical(h, parts)[30] == pytest.approx(1e-16 / h[30], rel=1e-3)


def test_a_truncation_error_that_crosses_zero_is_not_the_best() -> None:
    h = np.geomspace(1e-12, 1.0, 500)
    truncation = h * (1 - 10 * h)
    best = best_step(h, Split(truncation, 1e-16 / h, truncation + 1e-16 / h))
    assert best is not None
    assert best.h == pytest.approx(1e-8, rel=0.5)


def test_no_power_through_too_few_errors() -> None:
    assert power_of(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])) is None
    assert power_of(np.arange(1.0, 9.0), np.zeros(8)) is None


def test_a_step_that_x_does_not_feel_shows_as_rounding_error() -> None:
    row = dc.sweep("x^2", at={"x": 3}, schemes=["forward"], steps=(1e-18, 1e-17, 3)).schemes[0]
    assert row.estimate.tolist() == [0, 0, 0]
    assert row.parts.error.tolist() == [-6, -6, -6]
    assert row.parts.truncation == pytest.approx(row.h, rel=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_has_its_own_unit_roundoff(dtype: str) -> None:
    study = dc.sweep(CLASSIC, at={"x": 0.2}, schemes=["forward", "central"], dtype=dtype)
    epsilon = float(np.finfo(dtype).eps)
    x = float(np.dtype(dtype).type(0.2))
    assert (study.epsilon, study.point) == (epsilon, {"x": x})
    for row, (factor, higher, power) in zip(study.schemes, [(4, 67.4, 2), (3, 3948.9, 3)], strict=True):
        assert row.predicted is not None
        assert row.best is not None
        # forward: 2 (u |f/f2|)^(1/2), central: (3 u |f/f3|)^(1/3), with f2 and f3 the second and third derivative
        theory = (factor * epsilon / 2 * 0.289 / higher) ** (1 / power)
        assert row.predicted.h == pytest.approx(theory, rel=0.02)
        assert 0.4 < row.best.h / theory < 2.5
        assert set(row.h.astype(dtype).astype(float)) == set(row.h)
    assert bool(study.note) == (x != 0.2)
    best = min(row.best.error for row in study.schemes if row.best)
    assert all(line.error is not None and abs(line.error) < best for line in study.lines)


def test_the_edge_of_the_domain_is_named() -> None:
    forward, backward, central = dc.sweep("ln(x)", at={"x": 1e-3}, schemes=["forward", "backward", "central"]).schemes
    assert np.isfinite(forward.parts.error).all()
    assert forward.note == ""
    for row in (backward, central):
        inside = row.h < 1e-3
        assert np.isfinite(row.parts.rounding).tolist() == inside.tolist()
        assert f"no value at {(~inside).sum()} of 1000 steps" in row.note
        assert "its domain is x > 0" in row.note
        assert row.best is not None


def test_no_derivative_means_no_error_but_still_rounding() -> None:
    study = dc.sweep("sqrt(x)", at={"x": 0}, schemes=["forward", "backward"])
    data = study.to_dict()
    assert data["derivative"] == "not differentiable"
    assert set(data["schemes"][0]["error"]) == {"nan"}
    assert np.isfinite(study.schemes[0].parts.rounding).all()
    assert data["schemes"][0]["best"] is data["schemes"][0]["predicted"] is None
    assert "domain is x >= 0" in data["schemes"][1]["note"]
    assert "slope grows without bound" in data["note"]
    assert [(line["error"], line["note"][:7]) for line in data["lines"]] == [(None, "answers")] * 3


def test_a_step_across_a_kink_is_a_step_along_the_true_function() -> None:
    row = dc.sweep("abs(x)", at={"x": 0.01}, schemes=["central"]).schemes[0]
    exact = [float((abs(Fraction(0.01) + Fraction(h)) - abs(Fraction(0.01) - Fraction(h))) / (2 * Fraction(h)) - 1)
             for h in row.h.tolist()]  # fmt: skip
    assert row.parts.truncation == pytest.approx(exact, rel=1e-15)


def test_a_step_into_another_branch_is_a_step_along_the_true_function() -> None:
    def f(x: Any) -> Any:
        return x * x if x < 0.201 else 5 - x

    row = dc.sweep(f, at={"x": 0.2}, schemes=["forward"]).schemes[0]
    x = Fraction(0.2)
    exact = [float((f(x + Fraction(h)) - x * x) / Fraction(h) - 2 * x) for h in row.h.tolist()]
    assert row.parts.truncation == pytest.approx(exact, rel=1e-15)
    assert row.estimate[-1] == pytest.approx((5 - 0.3 - 0.04) / 0.1)


def test_the_complex_step_is_refused_where_f_is_not_analytic() -> None:
    (row,) = dc.sweep("relu(x)", at={"x": 0}, schemes=["complex-step"]).schemes
    assert np.isnan(row.estimate).all()
    assert "kink" in row.note


def test_one_entry_of_a_vector() -> None:
    study = dc.sweep("x[0]*sin(x[1])", at={"x": [2, 3]}, wrt="x[1]", schemes="central")
    assert study.variable == "x[1]"
    assert float(study.to_dict()["derivative"]) == pytest.approx(2 * math.cos(3), rel=1e-15)
    assert dc.sweep("x*y", at={"x": 2, "y": 3}, schemes="central").variable == "x"


def test_default_steps_are_on_the_scale_of_x() -> None:
    for x, low, high in [(0.2, 1e-16, 0.1), (3e4, 1e-12, 1e3)]:
        h = dc.sweep("sin(x)", at={"x": x}, schemes="central").schemes[0].h
        assert (len(h), h[0], h[-1]) == (1000, pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"schemes": ["centrl"]}, DiffCompareError, "no scheme centrl; did you mean central"),
        ({"schemes": ["finite-forward"]}, DiffCompareError, "did you mean forward"),
        ({"schemes": ["adaptive"]}, DiffCompareError, "adaptive chooses its steps itself"),
        ({"schemes": []}, DiffCompareError, "no scheme is given; there are forward, backward"),
        ({"schemes": ["complex-step"], "dtype": "float32"}, DiffCompareError, "in float64 only"),
        ({"dtype": "flaot32"}, DiffCompareError, "no floating-point type flaot32; did you mean float32"),
        ({"wrt": "xx"}, PointError, "no variable xx; did you mean x"),
        ({"wrt": "speed"}, PointError, "no variable speed; the variables are x"),
        ({"steps": (1e-1, 1e-3, 10)}, DiffCompareError, "such as"),
        ({"steps": (0, 1e-3, 10)}, DiffCompareError, "such as"),
        ({"steps": (1e-3, 1e-1, 1)}, DiffCompareError, "such as"),
        ({"steps": (1e-3, 1e-1)}, DiffCompareError, "such as"),
        ({"steps": (1e-3, 1e-1, 10**7)}, BudgetError, "10000000 steps would take more than"),
        ({"steps": (1e-16, 1e-1, 10), "dtype": "float16"}, DiffCompareError, "do not fit float16"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        dc.sweep(CLASSIC, at={"x": 0.2}, **options)


def test_functions_and_points_that_do_not_fit() -> None:
    with pytest.raises(DiffCompareError, match="one output and this one has 2"):
        dc.sweep("[x, x^2]", at={"x": 1})
    with pytest.raises(PointError, match="nothing to differentiate by"):
        dc.sweep("2", at={})
    with pytest.raises(PointError, match="beyond float16"):
        dc.sweep("x^2", at={"x": 1e6}, dtype="float16")


def test_a_long_function_gets_fewer_steps_or_a_budget_error() -> None:
    def product(n: int) -> Any:
        return lambda x: math.prod([x] * n)

    assert 10 <= len(dc.sweep(product(2000), at={"x": 1.0001}, schemes="central8").schemes[0].h) < 1000
    with pytest.raises(BudgetError, match="operations in ball arithmetic"):
        dc.sweep(product(150_000), at={"x": 1.0000001}, schemes="central8")


def test_the_data_are_plain(classic: dict[str, Any]) -> None:
    text = json.dumps({key: classic[key] for key in ("derivative", "schemes", "lines")}, allow_nan=False)
    assert json.loads(text)["schemes"][0]["scheme"] == "forward"
    fields = {"scheme", "order", "h", "estimate", "error", "truncation", "rounding", "best", "predicted"}
    assert all(fields <= set(scheme) for scheme in classic["schemes"])
    assert "<table>" in dc.sweep("x^2", at={"x": 1}, steps=(1e-3, 1e-1, 5))._repr_html_()
