"""SymPy expressions as functions, against SymPy's own numbers."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

import diffcompare as dc
from diffcompare.errors import BudgetError, SourceError

X, Y = sp.symbols("x y", real=True)
AT = {"x": 0.7, "y": 1.3}
EXPRESSIONS = [
    X - Y,
    -X,
    X / Y,
    1 / X,
    X**2 / Y**3,
    sp.sqrt(X) + X ** sp.Rational(1, 3),
    sp.exp(-X) * sp.log(Y),
    2 * X - 3 * Y / 5,
    -X * Y / 7,
    sp.Max(X, Y, sp.Rational(1, 2)),
    sp.Min(X, Y),
    sp.Abs(X - Y),
    sp.atan2(Y, X),
    sp.Piecewise((X, X > 1), (Y, True)),
    sp.Piecewise((X, X > 1), (Y, Y > 1), (X * Y, True)),
    sp.pi * X + sp.E,
    sp.Float(0.1) * X,
    sp.sec(X) + sp.csc(Y) + sp.cot(X),
    sp.asinh(X) + sp.acosh(Y) + sp.atanh(X),
    sp.erf(X) + sp.gamma(Y) + sp.loggamma(X) + sp.polygamma(1, Y),
    X**Y,
    (X + Y) ** -2,
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_value_and_gradient_are_sympy_s(expression: Any) -> None:
    at = {name: value for name, value in AT.items() if name in {s.name for s in expression.free_symbols}}
    f = dc.function(expression)
    numbers = {sp.Symbol(name, real=True): value for name, value in at.items()}
    assert f.evaluate(f.at(at))[0] == pytest.approx(float(expression.evalf(30, subs=numbers)), rel=1e-13)
    for name, slope in dc.gradient(f, at=at).items():
        derivative = sp.diff(expression, sp.Symbol(name, real=True))
        assert slope == pytest.approx(float(derivative.evalf(30, subs=numbers)), rel=1e-12)


def test_natural_forms_are_restored() -> None:
    assert dc.function(X - Y).text() == "x - y"
    assert dc.function(1 / X).text() == "1/x"
    assert dc.function(sp.exp(-X)).text() == "exp(-x)"
    assert dc.function([X, sp.sqrt(Y)]).text() == "[x, sqrt(y)]"
    assert dc.function(sp.Matrix([X * Y, Y])).text() == "[x*y, y]"


def test_what_has_no_primitive_is_named() -> None:
    with pytest.raises(SourceError, match="besselj"):
        dc.function(sp.besselj(0, X))
    with pytest.raises(SourceError, match="ImaginaryUnit"):
        dc.function(sp.I * X)
    with pytest.raises(SourceError, match="empty"):
        dc.function([])
    with pytest.raises(SourceError, match="last branch"):
        dc.function(sp.Piecewise((X, X > 1)))


def test_an_expression_that_explodes_when_written_out_is_refused() -> None:
    swollen = X
    for _ in range(17):
        swollen = sp.sin(swollen) + swollen**2
    with pytest.raises(BudgetError, match="written out"):
        dc.function(swollen)
