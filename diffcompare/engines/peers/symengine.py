"""SymEngine: the graph as a symbolic expression, differentiated by SymEngine's rules and evaluated in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.budget import budgeted
from diffcompare.engines.peers.interpretation import Library
from diffcompare.errors import BudgetError
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point, point_inputs

LARGEST = 2000  # operations of the function: SymEngine recurses, and its time grows with the square of the depth
NAMES = {
    "add": "operator:add", "subtract": "operator:sub", "multiply": "operator:mul", "divide": "operator:truediv",
    "negative": "operator:neg", "ln": "symengine:log", "arcsin": "symengine:asin", "arccos": "symengine:acos",
    "arctan": "symengine:atan", "arctan2": "symengine:atan2", "arcsinh": "symengine:asinh",
    "arccosh": "symengine:acosh", "arctanh": "symengine:atanh", "less": "symengine:Lt", "less_equal": "symengine:Le",
    "greater": "symengine:Gt", "greater_equal": "symengine:Ge", "equal": "symengine:Eq", "not_equal": "symengine:Ne",
}  # fmt: skip
SAME = ("sqrt", "exp", "sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "erf", "erfc")
# Its Abs, sign, Max and Min have no derivative, and the derivatives of its gamma functions no value.


def _number(value: Any) -> Any:
    import symengine

    return symengine.RealDouble(value)


def _power(base: Any, exponent: Any) -> Any:
    """A whole exponent stays whole; all other numbers are doubles, so that no exact number can explode."""
    import symengine

    whole = isinstance(exponent, symengine.RealDouble) and float(exponent).is_integer() and abs(exponent) < 2**31
    return base ** (symengine.Integer(int(exponent)) if whole else exponent)


def _where(condition: Any, x: Any, y: Any) -> Any:
    import symengine

    holds = condition if _is_condition(condition) else symengine.Ne(condition, 0)
    return symengine.Piecewise((x, holds), (y, True))


def _is_condition(x: Any) -> bool:
    from symengine.lib.symengine_wrapper import Boolean

    return isinstance(x, Boolean)


LIBRARY = Library(
    "symengine",
    NAMES | {name: f"symengine:{name}" for name in SAME} | {"power": _power, "where": _where},
    _number,
    lambda x: _where(x, _number(1.0), _number(0.0)) if _is_condition(x) else x,
)


def jacobian(function: Function, point: Point) -> Derivatives:
    """One run of SymEngine's program, common subexpressions collected; the operations are those left after that.

    Raises `BudgetError` for a function of more operations than its recursion can take.
    """
    import symengine

    graph = function.trace(point)
    if graph.operations() > LARGEST:
        raise BudgetError(f"over budget: {graph.operations()} operations, SymEngine's recursion is given {LARGEST}")
    symbols = [symengine.Symbol(name) for name in graph.names]
    outputs = LIBRARY.outputs(graph, symbols)
    places = [(output, symbol) for output in outputs for symbol in symbols]
    entries = [output.diff(symbol) for output, symbol in budgeted(places, len(places), "derivatives")]
    program = symengine.Lambdify([*symbols, symengine.Symbol("")], [*outputs, *entries], real=True, cse=True)
    values = np.ravel(program([*point_inputs(point), 0.0]))  # it takes no program without arguments

    def count() -> int:
        shared, rest = symengine.cse([*outputs, *entries])
        return sum(symengine.count_ops(part) for part in (*(value for _, value in shared), *rest))

    return LIBRARY.answer(graph, values[: len(outputs)], values[len(outputs) :], 1, count)
