"""CasADi: the graph as an SX expression, its Jacobian by CasADi's own graph transformation, evaluated in float64."""

from __future__ import annotations

from typing import Any

from diffcompare.engines import Derivatives
from diffcompare.engines.peers.interpretation import Library
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point, point_inputs

SAME = (
    "power", "sqrt", "hypot", "exp", "expm1", "log1p", "log10", "sin", "cos", "tan", "arcsin", "arccos", "arctan",
    "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "sign", "erf",
)  # fmt: skip
OTHERWISE = {
    "add": "plus", "subtract": "minus", "multiply": "times", "divide": "rdivide", "ln": "log", "abs": "fabs",
    "minimum": "fmin", "maximum": "fmax", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
    "equal": "eq", "not_equal": "ne", "where": "if_else",
}  # fmt: skip


def _number(value: Any) -> Any:
    import casadi

    return casadi.SX(float(value))


LIBRARY = Library(
    "casadi",
    {"negative": lambda x: -x} | {name: f"casadi:{OTHERWISE.get(name, name)}" for name in (*SAME, *OTHERWISE)},
    _number,
)


def jacobian(function: Function, point: Point) -> Derivatives:
    """One run of CasADi's program for values and Jacobian; the operations are the instructions of that program."""
    import casadi

    graph = function.trace(point)
    inputs = [casadi.SX.sym(name) for name in graph.names]
    variables, outputs = casadi.vertcat(*inputs), casadi.vertcat(*LIBRARY.outputs(graph, inputs))
    program = casadi.Function("program", [variables], [outputs, casadi.densify(casadi.jacobian(outputs, variables))])
    values, rows = (matrix.full() for matrix in program(point_inputs(point)))

    def count() -> int:
        moves = (casadi.OP_INPUT, casadi.OP_OUTPUT, casadi.OP_CONST)
        return sum(program.instruction_id(k) not in moves for k in range(program.n_instructions()))

    return LIBRARY.answer(graph, values.ravel(), rows, 1, count)
