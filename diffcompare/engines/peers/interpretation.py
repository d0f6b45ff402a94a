"""A graph run with the operations of another library, which differentiates what it sees by its own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pkgutil import resolve_name
from typing import Any

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.budget import budgeted
from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import function
from diffcompare.expression.graph import Graph
from diffcompare.expression.numbers import NumberDomain
from diffcompare.expression.operands import as_float
from diffcompare.expression.primitives import PRIMITIVES, Primitive

# What a library lacks is written out with operations that it has, as its users would write it.
FORMULAS = {
    "sec": "1/cos(x)",
    "csc": "1/sin(x)",
    "cot": "1/tan(x)",
    "cbrt": "sign(x)*abs(x)^(1/3)",
    "hypot": "sqrt(x^2 + y^2)",
    "log2": "ln(x)/ln(2)",
    "log10": "ln(x)/ln(10)",
    "log1p": "ln(1 + x)",
    "expm1": "exp(x) - 1",
    "logaddexp": "ln(exp(x) + exp(y))",
    "sigmoid": "1/(1 + exp(-x))",
    "softplus": "ln(1 + exp(x))",
    "erfc": "1 - erf(x)",
    "relu": "max(x, 0)",
    "abs": "where(x < 0, -x, x)",
    "sign": "where(x > 0, 1, where(x < 0, -1, 0))",
    "maximum": "where(x > y, x, y)",
    "minimum": "where(x < y, x, y)",
}

# The primitives that NumPy and the libraries with its interface call by the same name.
NUMPY = (
    "add", "subtract", "multiply", "divide", "power", "negative", "sqrt", "cbrt", "hypot", "exp", "expm1", "log1p",
    "log2", "log10", "logaddexp", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh",
    "arcsinh", "arccosh", "arctanh", "abs", "sign", "minimum", "maximum", "where", "less", "less_equal", "greater",
    "greater_equal", "equal", "not_equal",
)  # fmt: skip

FIRST = 500  # operations that say nothing of the time of the others: what they need is imported or compiled


def like_numpy(module: str) -> dict[str, str]:
    """The operations of a module with NumPy's interface."""
    return {"ln": f"{module}:log"} | {name: f"{module}:{name}" for name in NUMPY}


@dataclass(frozen=True, slots=True)
class Library:
    """What a library calls our primitives, and how it reads numbers.

    An operation is "module:name", or a function where the library wants its operands prepared; `number` makes one of
    a literal, and `unconditional` one of what may be a condition, which counts 1 or 0 as in Python.
    """

    name: str
    operations: Mapping[str, str | Callable[..., Any]]
    number: Callable[[Any], Any]
    unconditional: Callable[[Any], Any] = lambda x: x

    @property
    def lacks(self) -> tuple[str, ...]:
        """The primitives that the library neither has nor can be written out in."""
        applied = [name for name, row in PRIMITIVES.items() if row.arity]
        return tuple(name for name in applied if name not in self.operations and name not in FORMULAS)

    def apply(self, primitive: Primitive, operands: Sequence[Any]) -> Any:
        """A primitive as the library computes it; raises `DiffCompareError` for one that it lacks."""
        name = primitive.name
        if not primitive.arity:
            return self.number(primitive.value())
        if name != "where":
            operands = [self.unconditional(x) for x in operands]
        if name in self.operations:
            return found(self.operations[name])(*operands)
        if name not in FORMULAS:
            raise DiffCompareError(f"{self.name} has no {name} that it could differentiate; choose another engine")
        formula = written_out(name)
        return formula.replay(NumberDomain(self.constant, self.apply), operands)[formula.outputs[0]]

    def constant(self, value: Any) -> Any:
        """A number of a graph in the library's numbers."""
        return self.number(as_float(value))

    def outputs(self, graph: Graph, inputs: Sequence[Any]) -> list[Any]:
        """Run the graph on the library's numbers or variables: one value an output.

        Raises `BudgetError` where that would take longer than the caller gave.
        """
        rest = max(len(graph.nodes) - FIRST, 0)
        unjudged, steps = iter(range(FIRST)), budgeted(range(rest), rest, "operations")

        def apply(primitive: Any, operands: Sequence[Any]) -> Any:
            if next(unjudged, None) is None:
                next(steps)
            return self.apply(primitive, operands)

        values = graph.replay(NumberDomain(self.constant, apply), inputs)
        return [self.unconditional(values[i]) for i in graph.outputs]

    def answer(
        self,
        graph: Graph,
        values: Iterable[Any],
        rows: Any,
        evaluations: int,
        counted: Callable[[], int] | None,
        note: str = "",
    ) -> Derivatives:
        """The record of a value an output and a row of the Jacobian each; what was written out is in the note."""
        used = dict.fromkeys(node.primitive.name for node in graph.nodes if node.primitive is not None)
        written = [f"{name} as {FORMULAS[name]}" for name in used if name in FORMULAS and name not in self.operations]
        notes = [note] * bool(note) + [f"computes {', '.join(written)}"] * bool(written)
        jacobian = np.array(rows, dtype=float).reshape(len(graph.outputs), len(graph.names))
        return Derivatives(list(map(float, values)), jacobian, evaluations, counted, "; ".join(notes))


@cache
def written_out(name: str) -> Graph:
    """The formula of a primitive as a graph of others."""
    return function(FORMULAS[name]).formula()


@cache
def found(operation: str | Callable[..., Any]) -> Callable[..., Any]:
    """The operation, its module imported when it is first used."""
    resolved: Callable[..., Any] = resolve_name(operation) if isinstance(operation, str) else operation
    return resolved
