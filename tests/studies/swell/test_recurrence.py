"""Counts of iterated recurrences, against programs that are really unrolled and against a table counted elsewhere."""

from __future__ import annotations

import inspect
from itertools import islice
from typing import Any

import pytest

import diffcompare as dc
from diffcompare.engines.automatic import derivative_graph
from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import Function
from diffcompare.studies.swell.recurrence import Counts, counts, recurrence


def unrolled(step: Function, n: int) -> Function:
    """l_n as a program of its own, by calling the step n - 1 times."""
    names = ["x", *(name for name in step.variables(()) if name not in ("l", "x"))]

    def iterate(**values: Any) -> Any:
        value = values["x"]
        for _ in range(n - 1):
            value = step(**{name: value if name == "l" else values[name] for name in step.variables(())})
        return value

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    iterate.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    return dc.function(iterate, "iterate")


def measured(step: Function, n: int) -> Counts:
    """The same counts, read off recorded graphs of all n steps."""
    source = unrolled(step, n)
    at = {name: 0.3 + 0.1 * k for k, name in enumerate(source.names)}
    primal = source.trace(at)
    tangent = derivative_graph(source, at, "forward", "x")
    adjoint = derivative_graph(source, at, "reverse")
    adjoint = adjoint.select([adjoint.outputs[source.names.index("x")]])
    trees = (graph.tree_operations()[graph.outputs[0]] for graph in (primal, tangent))
    function_tree, derivative_tree = trees
    return Counts(
        function_tree, primal.operations(), derivative_tree, tangent.operations(), adjoint.operations()
    )  # fmt: skip


@pytest.mark.parametrize("formula", [
    "4*l*(1 - l)", "sin(x + l)", "(l + x/l)/2", "x*l + 1", "a*l*(1 - l)", "tanh(a*l + b)", "l", "-l", "x - l", "l + x",
    "4*l", "4*l + 3*x", "0.5*l + sin(x) + x/l", "l*l - x", "l^x", "exp(l)*x", "(x + l)*(x + l)", "where(l < x, l, x*l)",
    "sign(l)*x", "x + 0*l", "4*l + 3*x + 5*x + sin(x)", "sin(x)*l + pi*x", "l*l*l",
])  # fmt: skip
def test_counts_are_those_of_the_unrolled_programs(formula: str) -> None:
    step = recurrence(formula)
    for n, found in enumerate(islice(counts(step), 7), 1):
        assert found == measured(step, n), n


def test_the_table_of_the_logistic_map() -> None:
    # Counted by another program: tree and graph of l_n, tree and graph of its derivative.
    table = {2: (3, 3, 6, 6), 3: (9, 6, 25, 14), 4: (21, 9, 75, 22), 6: (93, 15, 495, 38), 9: (765, 24, 6271, 62),
             12: (6141, 33, 68607, 86)}  # fmt: skip
    found = dict(enumerate(islice(counts(recurrence("logistic")), 12), 1))
    assert {n: tuple(found[n])[:4] for n in table} == table


def test_counts_are_exact_far_beyond_the_largest_double() -> None:
    last = list(islice(counts(recurrence("logistic")), 2000))[-1]
    assert last.function_tree == 3 * (2**1999 - 1)
    assert last.function_graph == 3 * 1999
    assert last.derivative_graph == 8 * 2000 - 10
    assert last.adjoint < 3 * last.function_graph  # the cheap gradient of Baydin et al. 2018, Section 3.2


def test_parameters_cost_no_adjoints() -> None:
    written, with_parameter = (list(islice(counts(recurrence(f)), 6)) for f in ("4*l*(1 - l)", "a*l*(1 - l)"))
    assert written == with_parameter


def test_a_callable_is_a_recurrence_whatever_the_order_of_its_parameters() -> None:
    expected = list(islice(counts(recurrence("sin(x + l)")), 5))
    sin = dc.function("sin(t)")

    def forwards(l: Any, x: Any) -> Any:  # noqa: E741  the lecture's letter
        return sin(x + l)

    def backwards(x: Any, l: Any) -> Any:  # noqa: E741  the lecture's letter
        return sin(x + l)

    assert list(islice(counts(recurrence(forwards)), 5)) == expected
    assert list(islice(counts(recurrence(backwards)), 5)) == expected


def branching(l: Any, x: Any) -> Any:  # noqa: E741  the lecture's letter
    return l if l > x else x


@pytest.mark.parametrize(("source", "message"), [
    ("x^2", "does not use l"), ("logistc", "did you mean logistic"), ("lecture", "does not use l"), ("[l, x]", "has 2"),
    ("l[0]", "without an index"), ("", "empty"), ("sinn(l)", "did you mean sin"), ("2l", "2[*]l"),
    (branching, "branches on values"), (lambda x: x, "does not use l"), (7, "not a function"),
])  # fmt: skip
def test_unusable_recurrences(source: Any, message: str) -> None:
    with pytest.raises(DiffCompareError, match=message):
        recurrence(source)
