"""The expression-swell study: the lecture's example, its budget, and its laws."""

from __future__ import annotations

import json
from typing import Any

import pytest

import diffcompare as dc
from diffcompare.errors import BudgetError, DiffCompareError

FIELDS = {
    "n", "function", "derivative", "simplified", "function_tree_operations", "function_graph_operations",
    "derivative_tree_operations", "derivative_graph_operations", "adjoint_operations", "sympy_tree_nodes",
    "cse_operations", "symbolic_seconds", "automatic_seconds",
}  # fmt: skip


@pytest.fixture(scope="module")
def logistic() -> Any:
    return dc.swell("logistic")


def test_collecting_subexpressions_after_the_fact_is_quadratic(logistic: Any) -> None:
    # Counted by another program: 2, 12, 27, 45, 67, 93, 123, 157 for n = 2 .. 9.
    assert list(logistic.sizes("cse").values())[1:9] == [2, 12, 27, 45, 67, 93, 123, 157]
    assert logistic.laws["cse"].name == "quadratic"


def test_the_four_laws(logistic: Any) -> None:
    names = {name: law.name for name, law in logistic.laws.items()}
    assert names == {"tree": "exponential", "cse": "quadratic", "graph": "linear", "adjoint": "linear"}
    assert logistic.laws["graph"].formula.text == "8*n - 10"
    assert "Swell belongs to trees" in logistic.lesson


def test_past_the_budget_the_counts_go_on(logistic: Any) -> None:
    row = logistic.to_dict()["rows"][-1]
    assert logistic.over_budget.startswith("over budget at n = 10: ")
    assert [row[name] for name in ("derivative", "sympy_tree_nodes", "cse_operations", "symbolic_seconds")] == [
        None
    ] * 4
    assert row["derivative_tree_operations"] == 68607
    assert row["automatic_seconds"] > 0


def test_plain_data(logistic: Any) -> None:
    data = json.loads(json.dumps(logistic.to_dict()))
    assert data["recurrence"] == "4*l*(1 - l)"
    assert all(set(row) >= FIELDS for row in data["rows"])
    assert [row["n"] for row in data["rows"]] == list(range(1, 13))
    assert data["rows"][3]["simplified"].startswith("64*(1 - 42*x + 504*x^2")
    assert "<table>" in logistic._repr_html_()


def test_a_thousand_iterations_are_exact_and_survive_json() -> None:
    last = json.loads(json.dumps(dc.swell("logistic", iterations=1000).to_dict()))["rows"][-1]
    assert last["function_tree_operations"] == 3 * (2**999 - 1)
    assert last["derivative_graph_operations"] == 7990


def test_a_recurrence_that_uses_l_once_does_not_swell_exponentially() -> None:
    study = dc.swell("sin(x + l)")
    assert study.laws["tree"] is not None
    assert study.laws["tree"].name == "quadratic"
    assert "nothing swells" in dc.swell("l + x", iterations=5).lesson


@pytest.mark.parametrize(("formula", "reason"), [
    ("2*l^1000", "powers"), ("x/(l - x)", "zoo"), ("l*l*l*l*l*l*l*l", "as a tree has"),
])  # fmt: skip
def test_what_sympy_is_not_asked_is_said(formula: str, reason: str) -> None:
    study = dc.swell(formula, iterations=6)
    assert study.over_budget is not None
    assert reason in study.over_budget
    assert len(study.rows) == 6


def test_values_that_overflow_change_no_count() -> None:
    study = dc.swell("l^2 + 1", iterations=30)  # l_30 is far beyond the largest double at any x
    assert study.rows[-1].counts.function_graph == 2 * 29
    assert study.laws["graph"] is not None
    assert study.laws["graph"].exact


@pytest.mark.parametrize("iterations", [0, -1, 10**5 + 1, 2.5, "3"])
def test_iterations_that_do_not_fit(iterations: Any) -> None:
    with pytest.raises(DiffCompareError, match="whole number from 1 to"):
        dc.swell("logistic", iterations)


def test_counts_longer_than_python_writes_are_refused_with_the_largest_n_that_fits() -> None:
    with pytest.raises(BudgetError, match="at most 13985 iterations"):
        dc.swell("logistic", 20_000)
