"""Why a derivative does not exist or is not a number: the kinks at a point, and the first value that is not finite."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from diffcompare.errors import BudgetError
from diffcompare.expression.graph import Graph
from diffcompare.expression.notation import TEXT
from diffcompare.expression.primitives import Primitive
from diffcompare.expression.variable import COMPARISONS

LONGEST = 40  # characters of a subexpression that is quoted


@dataclass(frozen=True, slots=True)
class KinkFound:
    """A kink that the point sits on: the operation as written, where its kink is, and what is answered there."""

    operation: str
    where: str
    convention: str
    why: str

    def __str__(self) -> str:
        return f"{self.operation} {self.where}: {self.why}; convention: {self.convention}"


def explain(graph: Graph) -> list[str]:
    """One line for each kink at the traced point, one for the first number that is not finite; empty if all is well.

    Only what the outputs depend on counts: nothing that happens in the branch a `where` does not take.

    >>> import diffcompare as dc
    >>> explain(dc.function("abs(x)").trace({"x": 0}))
    ['abs(x) sits on the kink of abs at x = 0: a corner: the slopes -1 and 1 meet, and 0 is their mean; convention: 0']
    >>> explain(dc.function("sin(x)/x").trace({"x": 0}))
    ['sin(x)/x is 0/0']
    """
    reason = not_finite(graph)
    return [*map(str, kinks(graph)), *([reason] if reason else [])]


def kinks(graph: Graph) -> list[KinkFound]:
    """The kinks that the traced point sits on, in the order of the trace; ties of branches in Python code included."""
    found = _kinks_of(graph)
    if graph.guards is not None:
        found += _kinks_of(graph.guards.graph)
    return list(dict.fromkeys(found))


def not_finite(graph: Graph) -> str | None:
    """The first live operation whose value, or else whose local derivative, is not finite, and why."""
    live, varied = graph.live(), graph.varied()
    operations = [(i, node.row) for i, node in enumerate(graph.nodes) if live[i] and node.row is not None]
    for i, primitive in operations:
        if not _finite(graph.nodes[i].value):
            return f"{_quoted(graph, i)} {_cause(primitive, _operands(graph, i))}"
    for i, primitive in operations:
        operands = _operands(graph, i)
        for k, j in enumerate(graph.nodes[i].operands):
            if varied[j] and not _finite(primitive.partial(k, graph.nodes[i].value, operands)):
                return f"{_quoted(graph, i)} has no finite slope at {_shown(operands)}"
    return None


def _kinks_of(graph: Graph) -> list[KinkFound]:
    live, varied = graph.live(), graph.varied()
    found = []
    for i, node in enumerate(graph.nodes):
        primitive = node.row
        if primitive is None or not primitive.kinks or not (live[i] and varied[i]):
            continue
        kink = primitive.kink_at(*_operands(graph, i))
        if kink is not None:
            tie = primitive.name in COMPARISONS
            where = "is a tie" if tie else f"sits on the kink of {primitive.name} at {kink.where}"
            found.append(KinkFound(_quoted(graph, i), where, kink.convention, kink.why))
    return found


def _operands(graph: Graph, i: int) -> tuple[Any, ...]:
    return tuple(graph.nodes[j].value for j in graph.nodes[i].operands)


def _cause(primitive: Primitive, operands: tuple[Any, ...]) -> str:
    """What is wrong with an operation whose value is not finite."""
    if not all(map(_finite, operands)):
        return f"has an operand that is not finite ({_shown(operands)})"
    if primitive.name == "divide" and operands[1] == 0:
        return "is 0/0" if operands[0] == 0 else "divides by 0"
    if not primitive.domain.contains(*operands):
        return f"is outside its domain at {_shown(operands)}: {primitive.domain.text}"
    return f"is too large for a double at {_shown(operands)}"


def _quoted(graph: Graph, i: int) -> str:
    """A node's formula, or only its operation where that would be long."""
    try:
        text = TEXT.write(graph.select([i]))
    except BudgetError:
        text = ""
    primitive = graph.nodes[i].primitive
    if (text and len(text) <= LONGEST) or primitive is None:
        return text
    return f"{primitive.name}({', '.join('..' for _ in range(primitive.arity))})"


def _shown(operands: tuple[Any, ...]) -> str:
    return ", ".join(f"{x:.6g}" for x in operands)


def _finite(value: Any) -> bool:
    return isinstance(value, bool) or math.isfinite(value)
