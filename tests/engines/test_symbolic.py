"""The symbolic engine: SymPy's rules, generated code, and a budget instead of a hang."""

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp

import diffcompare as dc
from diffcompare.engines import derivatives
from diffcompare.engines.certified import certify
from diffcompare.engines.symbolic import cse_operations, derivative_nodes, expressions, jacobian
from diffcompare.errors import BudgetError
from diffcompare.expression.sympy_source import depth
from diffcompare.measure import Ball


def logistic(n: int) -> Any:
    def iterate(x: Any) -> Any:
        for _ in range(n - 1):
            x = 4 * x * (1 - x)
        return x

    return iterate


def by_sympy(formula: str, **at: float) -> dict[str, Any]:
    return dc.gradient(formula, at=at, engine="symbolic")


@pytest.mark.parametrize(
    ("formula", "x"),
    [
        ("abs(sqrt(x))", 2.0), ("sign(ln(x))*x", 2.0), ("cbrt(sqrt(x) - 2)", 2.0), ("cbrt(x)", -2.0),
        ("where(x < 1, x, sqrt(x))", 0.0), ("0.1*x^2*sin(0.3*x)", 7.0), ("x*(1e300/3)", 1.0), ("x*sin(1e300)", 2.0),
        ("x*123456789012345678901234567890", 1.0), ("max(x, sqrt(x), 2)", 5.0), ("polygamma(3, x)", 2.0),
    ],
)  # fmt: skip
def test_answers_where_sympy_alone_would_not_or_would_lose_digits(formula: str, x: float) -> None:
    truth = certify(dc.function(formula), {"x": x}).gradient["x"]
    assert isinstance(truth, Ball)
    assert by_sympy(formula, x=x)["x"] == pytest.approx(float(truth), rel=4e-15)


def test_a_condition_used_as_a_number_is_one_or_zero() -> None:
    assert dc.gradient(lambda x: (x > 1) * x, at={"x": 2.0}, engine="symbolic") == {"x": 1.0}


@pytest.mark.parametrize("formula", ["x*log(0 - 1)", "x*(0 - 8)^(1/3)", "0/0*x", "sin(x)/x"])
def test_no_real_value_is_nan_and_never_zero(formula: str) -> None:
    assert math.isnan(by_sympy(formula, x=0.0)["x"])


@pytest.mark.parametrize("formula", ["x*gamma(10^7)", "x*exp(1000)", "x*10^400"])
def test_constants_that_explode_are_rounded_like_any_other_number(formula: str) -> None:
    assert by_sympy(formula, x=1.0)["x"] == math.inf


def test_several_outputs_and_a_vector() -> None:
    found = derivatives(dc.function("[x[0]*x[1], sin(x[0])]"), {"x": [2.0, 5.0]}, "symbolic")
    assert found.jacobian == pytest.approx(np.array([[5.0, 2.0], [math.cos(2.0), 0.0]]), rel=1e-15)


def test_a_function_without_variables_has_an_empty_jacobian() -> None:
    assert derivatives(dc.function("2 + 3"), {}, "symbolic").jacobian.shape == (1, 0)


def test_the_estimate_of_a_tree_is_never_below_sympy_s_tree() -> None:
    for n in range(2, 10):
        graph = dc.function(logistic(n)).trace({"x": 0.2})
        symbols, outputs = expressions(graph)
        derivative = jacobian(outputs, symbols)[0][0]
        assert sum(1 for _ in sp.preorder_traversal(derivative)) <= derivative_nodes(graph, 0)[graph.outputs[0]]


@pytest.mark.parametrize(
    ("source", "point"),
    [
        (logistic(30), {"x": 0.2}),
        (lambda x: [x := np.sin(x) for _ in range(5000)][-1], {"x": 1.0}),
        (dc.CATALOG["rosenbrock"].source, {"x": np.ones(2000)}),
    ],
)
def test_work_over_the_budget_says_so_before_it_begins(source: Any, point: Any) -> None:
    with pytest.raises(BudgetError, match="over budget"):
        dc.gradient(source, at=point, engine="symbolic")


def test_time_that_is_used_up_says_how_far_it_came() -> None:
    x = sp.Symbol("x", real=True)
    with pytest.raises(BudgetError, match=r"0 of 1 derivatives in 0 s"):
        jacobian([x**2], [x], seconds=0.0)


def test_common_subexpressions_found_afterwards_grow_quadratically() -> None:
    """The counts of S. Laue's question (arXiv 1904.02990) for l_2 .. l_9."""
    x = sp.Symbol("x")
    level, counts = x, []
    for _ in range(8):
        level = 4 * level * (1 - level)
        counts.append(cse_operations([level.diff(x)]))
    assert counts == [2, 12, 27, 45, 67, 93, 123, 157]


def test_depth_is_counted_without_recursion() -> None:
    level = x = sp.Symbol("x")
    for _ in range(3):
        level = sp.sin(level)
    assert depth(level) == 4
    assert depth(x) == 1
