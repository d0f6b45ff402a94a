"""Iterates in writing: the lecture's table, and SymPy's word for every derivative."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
import sympy as sp

import diffcompare as dc
from diffcompare.expression.numbers import symbolic
from diffcompare.studies.swell.iterates import LONGEST, iterates
from diffcompare.studies.swell.recurrence import recurrence

# The lecture's table, n = 1 .. 4: l_n, its derivative, the derivative simplified.
LECTURE = [
    ("x", "1", "1"),
    ("4*x*(1 - x)", "4*(1 - x) - 4*x", "4 - 8*x"),
    (
        "16*x*(1 - x)*(1 - 2*x)^2",
        "16*(1 - x)*(1 - 2*x)^2 - 16*x*(1 - 2*x)^2 - 64*x*(1 - x)*(1 - 2*x)",
        "16*(1 - 10*x + 24*x^2 - 16*x^3)",
    ),
    (
        "64*x*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2",
        "128*x*(1 - x)*(-8 + 16*x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2) + 64*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2"
        " - 64*x*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2 - 256*x*(1 - x)*(1 - 2*x)*(1 - 8*x + 8*x^2)^2",
        "64*(1 - 42*x + 504*x^2 - 2640*x^3 + 7040*x^4 - 9984*x^5 + 7168*x^6 - 2048*x^7)",
    ),
]


def in_sympy(text: str) -> Any:
    graph = dc.function(text).formula()
    values = graph.replay(symbolic(), [sp.Symbol(name, real=True) for name in graph.names])
    return values[graph.outputs[0]]


def test_the_lectures_table() -> None:
    found = islice(iterates(recurrence("logistic")), 4)
    assert [tuple(formula.text for formula in row) for row in found] == LECTURE


@pytest.mark.parametrize("formula", [
    "4*l*(1 - l)", "sin(x + l)", "(l + x/l)/2", "x*l + 1", "a*l*(1 - l)", "l*l + x/2", "-l^3", "(l - x)^2", "l^2*x",
    "exp(-l)*x", "a^2*l + b*x*l", "l/3 - x^2", "tanh(l)",
])  # fmt: skip
def test_derivatives_are_those_of_sympy(formula: str) -> None:
    step = recurrence(formula)
    x = sp.Symbol("x", real=True)
    point = {name: sp.Rational(k, 7) for name, k in (("x", 2), ("a", 3), ("b", 5))}
    value: Any = x
    for row in islice(iterates(step), 4):
        written, derivative, simplified = (in_sympy(formula.text) for formula in row)
        symbols = {sp.Symbol(name, real=True): number for name, number in point.items()}
        truth = value.diff(x).subs(symbols).evalf(30)
        assert abs(written.subs(symbols).evalf(30) - value.subs(symbols).evalf(30)) < 1e-25
        assert abs(derivative.subs(symbols).evalf(30) - truth) <= 1e-25 * max(1, abs(truth))
        assert abs(simplified.subs(symbols).evalf(30) - truth) <= 1e-25 * max(1, abs(truth))
        names = [sp.Symbol(name, real=True) for name in step.names]
        graph = step.formula()
        inputs = [value if name.name == "l" else name for name in names]
        value = graph.replay(symbolic(), inputs)[graph.outputs[0]]


@pytest.mark.parametrize("formula", [
    "l^1000000", "2*sin(x)*l^1000000", "l^100 + x", "where(l < x, l, x*l)", "x/(l - x)", "l*l*l*l*l*l + x",
    "exp(100*l)", "a*l*(b - l) + c*l^3", "3.7*l*(1 - l)", "relu(l)*x", "gamma(l)",
])  # fmt: skip
def test_what_grows_fast_ends_early_and_quietly(formula: str) -> None:
    found = list(islice(iterates(recurrence(formula)), 16))
    assert found[0].function.text == "x"
    assert all(len(text) <= LONGEST for row in found for text in (formula.text for formula in row))


def test_latex_and_typst_say_the_same() -> None:
    row = list(islice(iterates(recurrence("logistic")), 2))[-1]
    assert row.derivative.latex == r"4 \, \left(1 - x\right) - 4 \, x"
    assert row.derivative.typst == "4 thin (1 - x) - 4 thin x"
