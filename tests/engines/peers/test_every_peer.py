"""The peers: each agrees with the certified reference on all that it takes, refuses the rest, and owns its oddities."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.engines import ENGINES, Derivatives, budget, derivatives
from diffcompare.engines.certified import certify
from diffcompare.engines.guests import lacks
from diffcompare.engines.peers.interpretation import FORMULAS
from diffcompare.errors import BudgetError, DiffCompareError
from diffcompare.expression.primitives import Primitive
from tests.corpus import Reference, needs_corpus, references
from tests.expression.rows import ROWS, function_of

TRACERS = ("jax", "torch", "casadi", "autograd", "symengine")
NUMERICAL = ("numdifftools", "scipy", "jacobi")
LECTURE = ("ln(x1) + x1*x2 - sin(x2)", {"x1": 2.0, "x2": 5.0})
EPS = float(np.finfo(float).eps)
LEAST_STEP = 0.5 / 2**10  # SciPy's, after its ten halvings; the others stop at larger ones
WEIGHTS = 16.0  # more than the sizes of the weights of a difference add up to: what roundings of values are scaled by
SHARES = ((0.6, 0.3), (0.85, 0.15))  # how far into its interval each operand stands: no ties


@pytest.fixture(params=[*TRACERS, *NUMERICAL])
def peer(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from _in_float64(request.param)


@pytest.fixture(params=TRACERS)
def tracer(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from _in_float64(request.param)


@pytest.fixture(params=NUMERICAL)
def numerical(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from _in_float64(request.param)


def _in_float64(name: str) -> Iterator[str]:
    """The peer where it is installed; JAX computes in float64 only where it is told to."""
    library = pytest.importorskip(name, reason=f"{name} is not installed; pip install 'diffcompare[peers]' brings it")
    with library.enable_x64(True) if name == "jax" else nullcontext():
        yield name


def by(engine: str, source: Any, **at: Any) -> Derivatives:
    return derivatives(dc.function(source), at, engine)


def points(row: Primitive) -> Iterator[dict[str, float]]:
    names = function_of(row).names
    intervals = row.domain.cases[-len(names) :]
    for shares in SHARES:
        yield {n: low + s * (high - low) for n, s, (low, high) in zip(names, shares, intervals, strict=False)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_primitive_is_differentiated_or_refused(row: Primitive, tracer: str) -> None:
    f = function_of(row)
    for at in points(row):
        if row.name in lacks(ENGINES[tracer]):
            with pytest.raises(DiffCompareError, match=f"{tracer} has no {row.name} that it could differentiate"):
                derivatives(f, at, tracer)
            continue
        found, truth = derivatives(f, at, tracer), certify(f, at)
        assert found.value[0] == pytest.approx(float(truth.value[0]), rel=1e-13)
        for estimate, name in zip(found.jacobian[0], truth.names, strict=True):
            assert estimate == pytest.approx(float(truth.gradient[name]), rel=1e-12, abs=1e-300), (at, name)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_differences_of_every_primitive_agree_or_say_why_there_is_none(row: Primitive, numerical: str) -> None:
    f = function_of(row)
    for at in points(row):
        found, truth = derivatives(f, at, numerical), certify(f, at)
        for estimate, name in zip(found.jacobian[0], truth.names, strict=True):
            if math.isnan(estimate):
                assert "not finite" in found.note, (at, name)
            else:
                rounding = WEIGHTS * EPS * max(1.0, abs(found.value[0])) / LEAST_STEP
                assert estimate == pytest.approx(float(truth.gradient[name]), rel=1e-9, abs=rounding), (at, name)


@needs_corpus
@pytest.mark.parametrize("reference", references()[::24], ids=lambda reference: reference.id)
def test_formulas_with_known_gradients(reference: Reference, tracer: str) -> None:
    f = dc.function(reference.formula)
    found = derivatives(f, reference.point, tracer).jacobian[0]
    for estimate, name in zip(found, f.trace(reference.point).names, strict=True):
        tolerance = max(1e-12, 100 * reference.lost_in_doubles)
        assert estimate == pytest.approx(float(reference.gradient[name]), rel=tolerance, abs=0), name


@pytest.mark.parametrize(
    ("name", "refused"),
    [("jax", ()), ("torch", ("gamma",)), ("autograd", ()), ("casadi", ("gamma", "loggamma", "polygamma")),
     ("symengine", ("gamma", "loggamma", "polygamma")), ("numdifftools", ()), ("scipy", ()), ("jacobi", ())],
)  # fmt: skip
def test_what_a_peer_refuses_is_known_without_importing_it(name: str, refused: tuple[str, ...]) -> None:
    assert lacks(ENGINES[name]) == refused


@pytest.mark.parametrize("name", FORMULAS)
def test_what_is_written_out_is_the_same_function(name: str) -> None:
    (row,) = [row for row in ROWS if row.name == name]
    for at in points(row):
        assert dc.function(FORMULAS[name]).evaluate(at) == pytest.approx([row.value(*at.values())], rel=1e-12)


def test_what_is_written_out_is_said(tracer: str) -> None:
    note = by(tracer, "sec(x)*sin(x)", x=1.0).note
    assert note == ("" if tracer == "symengine" else "computes sec as 1/cos(x)")


def test_several_outputs_of_a_vector(peer: str) -> None:
    found = by(peer, "[x[0]*x[1], 3, sin(x[0])]", x=np.array([2.0, 5.0]))
    assert found.value == pytest.approx([10.0, 3.0, math.sin(2.0)], rel=1e-15)
    wanted = np.array([[5.0, 2.0], [0.0, 0.0], [math.cos(2.0), 0.0]])
    assert found.jacobian == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_no_variables_at_all(peer: str) -> None:
    found = by(peer, "2 + 3")
    assert (found.value, found.jacobian.shape) == ([5.0], (1, 0))


def test_a_branch_in_the_code_is_the_one_at_the_point(peer: str) -> None:
    def f(x: Any) -> Any:
        return x**2 if x > 1 else -x

    assert by(peer, f, x=3.0).jacobian == pytest.approx(np.array([[6.0]]), rel=1e-9)
    assert by(peer, f, x=-3.0).jacobian == pytest.approx(np.array([[-1.0]]), rel=1e-9)


def test_conditions_count_one_or_zero(tracer: str) -> None:
    found = by(tracer, lambda x: [x > 1, (x > 1) * x, -(x > 2) + 1.0], x=2.0)
    assert found.value == [1.0, 2.0, 1.0]
    assert found.jacobian == pytest.approx(np.array([[0.0], [1.0], [0.0]]))


def test_numbers_that_would_explode_exactly_stay_doubles(tracer: str) -> None:
    assert by(tracer, "x*9^(9*9*9) + x*10^400", x=1.0).jacobian[0, 0] == math.inf
    assert by(tracer, "x^2 + x^3 + 2^x", x=-3.0).jacobian[0, 0] == pytest.approx(21 + math.log(2) / 8, rel=1e-15)


@pytest.mark.parametrize("operands", [("x^2", {"x": 3.0}), LECTURE])
def test_operations_are_counted_where_the_library_keeps_a_program(operands: Any, tracer: str) -> None:
    formula, at = operands
    count = derivatives(dc.function(formula), at, tracer).operations
    own = dc.function(formula).trace(at).operations()
    assert count is None if tracer == "autograd" else count is not None and own < count <= 8 * own


def test_evaluations_are_calls_of_the_function(numerical: str) -> None:
    seen = []

    def f(x: Any) -> Any:
        seen.append(x)
        return x**2

    found = by(numerical, f, x=3.0)
    traces = 1
    assert found.evaluations == len(seen) - traces
    assert found.operations == found.evaluations
    assert found.note.startswith("estimated error ")


# What each library answers at a kink is its own affair; that it is a convention, our note says.
AT_KINKS: dict[str, tuple[float, float, float, float]] = {
    # abs(x), max(x, 0), sqrt(x^2), where(x < 1, x, sqrt(x)), all at 0
    "jax": (1.0, 0.5, math.nan, math.nan),
    "torch": (0.0, 0.5, math.nan, math.nan),
    "casadi": (0.0, 0.5, 0.0, 1.0),
    "autograd": (0.0, 0.5, math.nan, math.nan),
    "symengine": (1.0, 0.0, math.nan, 1.0),
}


def test_conventions_at_kinks_are_the_libraries_own(tracer: str) -> None:
    formulas = ("abs(x)", "max(x, 0)", "sqrt(x^2)", "where(x < 1, x, sqrt(x))")
    found = tuple(by(tracer, formula, x=0.0).jacobian[0, 0] for formula in formulas)
    assert found == pytest.approx(AT_KINKS[tracer], nan_ok=True)
    (row,) = dc.compare("abs(x)", at={"x": 0.0}, engines=[tracer]).engines
    assert row.note.endswith("convention at abs(x)")
    assert row.measured["x"].status == "not differentiable"


def test_a_difference_across_a_kink_is_called_one(numerical: str) -> None:
    (row,) = dc.compare("abs(x)", at={"x": 0.0}, engines=[numerical]).engines
    assert row.note.endswith("a difference across abs(x) converges to no derivative")


def test_an_answer_that_is_no_number_is_accounted_for() -> None:
    pytest.importorskip("jacobi", reason="jacobi is not installed; pip install 'diffcompare[peers]' brings it")
    assert by("jacobi", "ln(x) + y", x=-1.0, y=1.0).note.endswith("no number by x, y")


@pytest.mark.parametrize(("formula", "x"), [("ln(x)", 0.0), ("ln(x)", -1.0), ("arcsin(x)", 1.0), ("1/x", 0.0)])
def test_at_the_edge_of_the_domain_nothing_is_measured(formula: str, x: float, peer: str) -> None:
    result = dc.compare(formula, at={"x": x}, engines=[peer])
    (row,) = result.engines
    assert row.available, row.note
    assert math.isnan(row.measured["x"].error)
    assert row.note or math.isfinite(row.gradient["x"])
    assert result.verdict[0] is None


def test_rules_that_cancel_are_caught(tracer: str) -> None:
    """tanh' as 1 - y^2 has four correct digits at 15, and expm1' as y + 1 none at -40."""
    (row,) = dc.compare("tanh(x)", at={"x": 15.0}, engines=[tracer]).engines
    assert (row.measured["x"].digits > 15) == (tracer == "autograd")
    (row,) = dc.compare("expm1(x)", at={"x": -40.0}, engines=[tracer]).engines
    assert (row.measured["x"].digits > 15) == (tracer in ("casadi", "symengine"))


def test_what_scipy_estimates_is_shown_beside_the_error() -> None:
    """Whether its weights cancel to 0 or to a rounding depends on the processor's BLAS."""
    (row,) = dc.compare("tanh(x)", at={"x": 15.0}, engines=["scipy"]).engines
    assert re.match(r"estimated error \d", row.note)
    assert row.measured["x"].relative > 1e-3


def test_jax_computes_in_float32_until_it_is_told_otherwise() -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed; pip install 'diffcompare[peers]' brings it")
    with jax.enable_x64(False):
        (row,) = dc.compare(*LECTURE, engines=["jax"]).engines
    assert 6 < row.measured["x2"].digits < 10
    assert row.note == "in float32, JAX's default; JAX_ENABLE_X64=1 makes it float64"
    with jax.enable_x64(True):
        (row,) = dc.compare(*LECTURE, engines=["jax"]).engines
    assert row.measured["x2"].digits > 15
    assert row.note == ""


def test_work_over_the_budget_says_so(tracer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: Any) -> Any:
        for _ in range(3000):
            x = np.sin(x)
        return x

    monkeypatch.setattr(budget, "LEAST", 0.0)
    message = "over budget: 3000 operations" if tracer == "symengine" else "operations would take about"
    with budget.within(1e-3), pytest.raises(BudgetError, match=message):
        by(tracer, f, x=1.0)


def test_columns_over_the_budget_say_so(numerical: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "LEAST", 0.0)
    with budget.within(1e-3), pytest.raises(BudgetError, match="400 columns would take about"):
        by(numerical, lambda x: np.sum(np.sin(x)), x=np.ones(400))


def test_other_operators_take_a_peer_as_their_engine(peer: str) -> None:
    assert dc.grad(lambda x: x[0] * x[1], engine=peer)([2.0, 5.0]) == pytest.approx(np.array([5.0, 2.0]), rel=1e-9)
