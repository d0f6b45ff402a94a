"""Every step of a derivation against SymPy and the certified engine; the lecture's rules; budgets and errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines.certified import certify
from diffcompare.errors import BudgetError, DiffCompareError, PointError, TracingError
from diffcompare.expression.function import Function
from diffcompare.expression.numbers import symbolic
from diffcompare.expression.primitives import Primitive
from diffcompare.expression.program import Instruction, Program
from diffcompare.measure import Ball, measure
from diffcompare.studies.derivation import Step
from tests.corpus import Reference, needs_corpus, references
from tests.expression.rows import ROWS, function_of, points
from tests.expression.test_notation import programs

LECTURE = "ln(x1) + x1*x2 - sin(x2)"
FORMULAS = (
    LECTURE, "x1^2*sin(x1) + x2", "exp(-x1^2/2)/sqrt(2*pi) - x2", "4*x1*(1 - x1)*x2", "abs(x1)*x1 + x2", "x1^x2",
    "x1^x1 + x2", "arctan2(x2, x1)", "arctan2(sin(x1), x2*x1)", "where(x1 < x2, x1^2, sin(x1)*x2)", "x1/(x2/(x1 + 1))",
    "-(x1 + x2)/-x1", "(1 - 2*x1)^3*x2^-2", "0.1*x1^0.3*x2/7 - 2*(3*x1)", "2^x1*e^(x1*x2)",
    "sqrt(x1)*sqrt(x1) + ln(x2)/x2", "x1*x1*x1*x2", "gamma(x1*x2) + loggamma(x2^2)", "log2(x1)*log10(x2 + x1)",
    "maximum(x1, x2*x1) + minimum(x1^2, 3)", "x1 - (x2 - (x1 - x2))",
)  # fmt: skip


def walk(step: Step, at: Mapping[str, float]) -> Iterator[tuple[Step, dict[str, float]]]:
    """Every step with the point at which it is to hold: a letter of a chain rule is worth what it stands for."""
    yield step, dict(at)
    letters = {letter: value_of(formula.text, at) for letter, formula in step.inner}
    for inside in step.steps:
        yield from walk(inside, {**at, **letters} if inside.variable in letters else at)


def value_of(formula: str, at: Mapping[str, float]) -> float:
    function = dc.function(formula)
    return function.evaluate({name: at[name] for name in function.names})[0]


def by_sympy(formula: str, variable: str, at: Mapping[str, float]) -> float:
    import sympy as sp

    names = dc.function(formula).names
    symbols = {name: sp.Symbol(name, real=True) for name in {*names, variable}}
    graph = dc.function(formula).formula()
    expression = graph.replay(symbolic(), [symbols[name] for name in graph.names])[graph.outputs[0]]
    values = {symbol: sp.Rational(at[name]) for name, symbol in symbols.items()}
    return float(sp.diff(expression, symbols[variable]).doit().subs(values).evalf(30))


def by_flint(formula: str, variable: str, at: Mapping[str, float]) -> Any:
    function = dc.function(formula)
    if variable not in function.names:
        return Ball.of("0")
    return certify(function, {name: at[name] for name in function.names}).gradient[variable]


def check(step: Step, at: Mapping[str, float]) -> None:
    for one, point in walk(step, at):
        found = value_of(one.derivative.text, point)
        assert found == pytest.approx(by_sympy(one.formula.text, one.variable, point), rel=1e-11, abs=1e-13)
        truth = by_flint(one.formula.text, one.variable, point)
        assert isinstance(truth, Ball)
        assert measure(found, truth).digits > 11 or abs(measure(found, truth).error) < 1e-13


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_every_row_of_the_table(row: Primitive, data: st.DataObject) -> None:
    function, at = function_of(row), data.draw(points(row))
    assume(len(set(at.values())) == len(at))  # not on a tie
    for name in function.names:
        check(dc.steps(function, wrt=name).step, at)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("at", [{"x1": 0.7, "x2": 1.9}, {"x1": 2.3, "x2": 0.6}])
def test_every_step_of_a_formula(formula: str, at: dict[str, float]) -> None:
    for name in at:
        check(dc.steps(formula, wrt=name).step, at)


@settings(max_examples=60, deadline=None)
@given(programs(3), st.floats(0.1, 3), st.floats(0.1, 3))
def test_random_formulas(instructions: tuple[Instruction, ...], x: float, y: float) -> None:
    function = Function(Program(instructions, 1, False), "f")
    at = {"x": x, "y": y, "x10": 1.5}
    assume(all(abs(node.value) < 200 for node in function.trace({n: at[n] for n in function.names}).nodes))
    for name in function.names:
        truth = by_flint(function.text(), name, at)
        assume(isinstance(truth, Ball))
        derivative = dc.function(dc.steps(function, wrt=name).derivative.text)
        found = certify(derivative, {n: at[n] for n in derivative.names}).value[0]
        assume(isinstance(found, Ball))  # sqrt(0)/sqrt(0) may stand in a derivative whose value exists
        assert float(found) == pytest.approx(float(truth), rel=1e-11, abs=1e-13)


@needs_corpus
@pytest.mark.parametrize("reference", references(), ids=lambda reference: reference.id)
def test_derivatives_of_the_corpus(reference: Reference) -> None:
    for variable, expected in reference.gradient.items():
        text = dc.steps(reference.formula, wrt=variable, at=reference.point).derivative.text
        function = dc.function(text)
        point = {name: reference.point[name] for name in function.variables(reference.point)}
        assert function.evaluate(point)[0] == pytest.approx(float(expected), rel=reference.tolerance)


@pytest.mark.parametrize(
    ("formula", "rule", "derivative"),
    [
        # The lecture's table of common functions ...
        ("2 + 3", "constant", "0"), ("x", "identity", "1"), ("c*x", "constant multiple", "c"),
        ("x^n", "power", "n*x^(n - 1)"),
        ("exp(x)", "exponential", "exp(x)"), ("ln(x)", "logarithm", "1/x"), ("sin(x)", "trigonometric", "cos(x)"),
        ("cos(x)", "trigonometric", "-sin(x)"), ("tan(x)", "trigonometric", "sec(x)^2"),
        # ... and its rules.
        ("sin(x) + x", "sum", "cos(x) + 1"), ("sin(x) - x", "difference", "cos(x) - 1"),
        ("x^2*sin(x)", "product", "2*x*sin(x) + x^2*cos(x)"), ("sin(x)/x", "quotient", "(x*cos(x) - sin(x))/x^2"),
        ("sin(x^2)", "chain", "2*x*cos(x^2)"), ("4*x*(1 - x)", "product", "4*(1 - x) - 4*x"),
        ("a^x", "exponential", "a^x*ln(a)"),
        # Numbers are worked out as on paper.
        ("0.1*(3*x)", "constant multiple", "0.3"), ("x^(1/2)", "power", "x^(-1/2)/2"), ("x^-2", "power", "-2*x^(-3)"),
        ("x/4*2", "constant multiple", "1/2"), ("1e300*x*1e300", "constant multiple", "1e+300*1e+300"),
        ("e^x", "exponential", "e^x"),
    ],
)  # fmt: skip
def test_rules_and_what_they_give(formula: str, rule: str, derivative: str) -> None:
    found = dc.steps(formula, wrt="x")
    assert (found.step.rule, found.derivative.text) == (rule, derivative)


def test_a_chain_rule_names_the_outer_function_and_what_is_inside() -> None:
    step = dc.steps("u*exp(-u^2)").step.steps[1]
    assert (step.rule, step.inner[0][0], step.inner[0][1].text) == ("chain", "v", "-u^2")
    outer, inside = step.steps
    assert (outer.rule, outer.variable, outer.formula.text) == ("exponential", "v", "exp(v)")
    assert (inside.rule, inside.variable, inside.formula.text) == ("constant multiple", "u", "-u^2")
    assert step.standing is not None
    assert step.standing.text == "d/dv(exp(v))*d/du(v)"


def test_the_derivation_as_it_is_written() -> None:
    lines = dc.steps(LECTURE, wrt="x2").lines()
    assert ["  " * line.depth + line.formula.text for line in lines] == [
        "∂/∂x2(ln(x1) + x1*x2 - sin(x2))",
        "= ∂/∂x2(ln(x1) + x1*x2) - ∂/∂x2(sin(x2))",
        "  ∂/∂x2(ln(x1) + x1*x2)",
        "  = ∂/∂x2(ln(x1)) + ∂/∂x2(x1*x2)",
        "    ∂/∂x2(ln(x1)) = 0",
        "    ∂/∂x2(x1*x2) = x1",
        "  = x1",
        "  ∂/∂x2(sin(x2)) = cos(x2)",
        "= x1 - cos(x2)",
    ]
    assert lines[0].formula.latex.startswith(r"\frac{\partial}{\partial x_{2}}\left(")


def test_a_shared_subexpression_is_worked_out_once() -> None:
    def shared(x: Any) -> Any:
        for _ in range(6):
            x = np.sin(x * x)
        return x

    step = dc.steps(shared).step
    at = {"x": 0.8}
    # At every level the chain rule, its outer function and the product; the second factor refers to the first.
    assert sum(1 for _ in walk(step, at)) == 6 * 3 + 5 + 2
    assert sum(one.above for one, _ in walk(step, at)) == 5
    assert dc.steps("x*sin(x^2) + x*sin(x^2)").step.steps[1].above  # written twice, worked out once


def test_notes_say_where_a_rule_is_a_convention() -> None:
    notes = dc.steps("abs(y - 1)*x^2 + y^0.5 + 0.5^y", wrt="y").notes
    assert len(notes) == 2
    assert notes[0].startswith("abs(y - 1) at y - 1 = 0: a corner")
    assert notes[1].startswith("y^0.5 at y = 0: the slope grows without bound")
    assert dc.steps("where(x < 1, x, 2*x)").notes[0].startswith("x < 1 at x = 1: the branch changes here")
    assert dc.steps("x^2 + x^x + 1/x").notes == ()


def branching(x: Any) -> Any:
    return x * x if x > 0 else -x


def vectorial(x: Any) -> Any:
    return sum(entry * entry for entry in x)


def test_a_formula_that_depends_on_the_point_needs_one() -> None:
    found = dc.steps(branching, at={"x": -2})
    assert found.derivative.text == "-1"
    assert "branches" in found.notes[0]
    assert dc.steps(vectorial, wrt="x[1]", at={"x": [1, 2]}).derivative.text == "x[1] + x[1]"
    assert dc.steps("x[0]*x[1]", wrt="x[0]").derivative.text == "x[1]"


@pytest.mark.parametrize(
    ("source", "wrt", "error", "message"),
    [
        ("alpha*beta", "alpa", PointError, "there is no variable alpa; did you mean alpha?"),
        ("x[0]*x[1]", "x", PointError, r"the variables are x\[0\], x\[1\]"),
        ("2 + 3", None, PointError, "2 \\+ 3 has no variable; name the one"),
        ("[x, x^2]", "x", DiffCompareError, "one output, and the function has 2"),
        (branching, None, PointError, "the formula of branching depends on the point; add --at x="),
        (vectorial, None, PointError, r"give it a point: --at x=\[1,2,3\]"),
        (lambda x: float(x), None, TracingError, "np.sin"),
    ],
)
def test_bad_requests(source: Any, wrt: str | None, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        dc.steps(source, wrt=wrt)


def repeated(times: int, operation: Any) -> Any:
    def nested(x: Any) -> Any:
        for _ in range(times):
            x = operation(x)
        return x

    return nested


def test_a_variable_that_the_function_does_not_use_gives_zero() -> None:
    assert dc.steps(lambda x, y: x * x, wrt="y").derivative.text == "0"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (repeated(10**4, lambda x: x + 1), "has 10000 operations written out"),
        (repeated(1000, np.sin), "1000 operations depend on the variable"),
        (repeated(61, np.sin), "to a depth of 61"),
        (repeated(200, lambda x: x * x), f"has {2**200 - 1} operations written out"),
    ],
)
def test_what_nobody_can_read_is_refused(function: Any, message: str) -> None:
    with pytest.raises(BudgetError, match=message):
        dc.steps(function)


def test_the_deepest_derivation_can_be_printed_in_every_form() -> None:
    found = dc.steps(repeated(60, np.sin))
    assert json.loads(json.dumps(found.to_dict()))["rule"] == "chain"
    assert found._repr_html_().count("<tr>") > 180
    assert found._repr_latex_().count(r"\\") > 180


def test_long_sums_take_several_rows_in_latex() -> None:
    rows = dc.steps(" + ".join(f"sin({k}*x)" for k in range(1, 20))).latex().split(" \\\\\n")
    assert len([row for row in rows if "{}+" in row]) > 4
    assert all(len(row) < 250 for row in rows[1:])  # the first is the function itself, inside brackets
    assert all(row.count(r"\left") == row.count(r"\right") and row.count("{") == row.count("}") for row in rows)
