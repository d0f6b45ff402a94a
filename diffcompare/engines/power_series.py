"""A graph replayed on FLINT's balls and power series, with the reason carried along where there is no number.

Nothing of our derivative rules is used: a primitive here is its row's `ball` column, and FLINT differentiates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from diffcompare.errors import NotDifferentiableError
from diffcompare.expression.graph import Graph
from diffcompare.expression.numbers import NumberDomain, balls
from diffcompare.expression.primitives import Primitive
from diffcompare.expression.primitives.ball import UndecidedError, lead
from diffcompare.expression.variable import COMPARISONS
from diffcompare.measure import Unproven

CORNERS = frozenset(
    {"abs", "relu", "minimum", "maximum"}
)  # Lipschitz: where the operand is stationary so is the result


@contextmanager
def working(bits: int, cap: int = 2) -> Iterator[None]:
    """FLINT at a working precision in bits, with series of `cap` coefficients; what was set before comes back."""
    import flint

    before = flint.ctx.prec, flint.ctx.cap
    flint.ctx.prec, flint.ctx.cap = bits, cap
    try:
        yield
    finally:
        flint.ctx.prec, flint.ctx.cap = before


class Replay:
    """A graph at the point where it was traced, on balls and on series at FLINT's current precision."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.domain = NumberDomain(balls().constant, _value)
        self.guards = Replay(graph.guards.graph) if graph.guards else None
        self._centre: tuple[int, list[Any]] = (0, [])

    @property
    def centre(self) -> list[Any]:
        """One ball (or truth value, or reason) a node, at the traced point."""
        import flint

        if self._centre[0] != flint.ctx.prec:
            inputs = [flint.arb(node.value) for node in self.graph.nodes[: len(self.graph.names)]]
            self._centre = flint.ctx.prec, self.graph.replay(self.domain, inputs)
        return self._centre[1]

    def series(self, j: int, at: Any = None) -> list[Any]:
        """The centre as series in input j, x_j + t, wherever nodes depend on it.

        Around a ball `at` in place of x_j, coefficient k encloses f^(k)/k! at every point of the ball.
        """
        import flint

        series = list(self.centre)
        series[j] = flint.arb_series([series[j] if at is None else at, 1])
        for i in self.dependents(j):
            primitive = self.graph.nodes[i].row
            if primitive is not None and not isinstance(series[i], Unproven):
                series[i] = _series(primitive, [series[k] for k in self.graph.nodes[i].operands])
        return series

    def blocked(self, j: int | None = None, at: Any = None) -> Unproven | None:
        """Why the recorded branches are not those of exact arithmetic: at the point, next to it along input j, or
        where that input is in a ball `at`.
        """
        if self.guards is None:
            return None
        return self.guards.contradicted(self.graph, self.guards.centre if j is None else self.guards.series(j, at))

    def along(self, j: int, xs: Sequence[Any], output: int = 0) -> list[Any]:
        """One output where input j is each of the balls xs and the others stay: a ball or a reason each."""
        values = list(self.centre)
        guards = [] if self.guards is None else list(self.guards.centre)
        found = []
        for x in xs:
            self.move(values, j, x)
            result = values[self.graph.outputs[output]]
            if self.guards is not None:
                self.guards.move(guards, j, x)
                result = self.guards.contradicted(self.graph, guards) or result
            found.append(result)
        return found

    def move(self, values: list[Any], j: int, x: Any) -> None:
        """Set input j of a list of node values to x, and all that depends on it."""
        values[j] = x
        calls = self._calls(j)
        try:
            for i, primitive, operands in calls:
                values[i] = primitive.ball(*[values[k] for k in operands])
            if all(map(_is_plain, (values[i] for i in self.graph.outputs))):
                return
        except (UndecidedError, NotDifferentiableError, ValueError, ZeroDivisionError, TypeError):
            pass
        for i, primitive, operands in calls:  # once more, with reasons instead of exceptions
            values[i] = _value(primitive, [values[k] for k in operands])

    def contradicted(self, graph: Graph, conditions: Sequence[Any]) -> Unproven | None:
        """Why these values of the guards (this replay) do not confirm the branches recorded in a graph."""
        assert graph.guards is not None
        for i, decision in zip(self.graph.outputs, graph.guards.decisions, strict=True):
            condition = conditions[i]
            if isinstance(condition, Unproven):
                return Unproven(condition.kind, f"a branch of the code: {condition.reason}")
            if bool(condition) is not decision:
                return Unproven(
                    "at a branch", "exact arithmetic takes another branch of the code than rounded arithmetic"
                )
        return None

    def dependents(self, j: int) -> list[int]:
        """The nodes that depend on input j, in order."""
        if j not in self._dependents:
            reached: set[int] = set()
            stack = [j]
            while stack:
                fresh = [i for i in self._users[stack.pop()] if i not in reached]
                reached.update(fresh)
                stack.extend(fresh)
            self._dependents[j] = sorted(reached)
        return self._dependents[j]

    def _calls(self, j: int) -> list[tuple[int, Primitive, tuple[int, ...]]]:
        """The operations to repeat when input j moves: place, primitive and operands."""
        if j not in self._moved:
            nodes = [(i, self.graph.nodes[i]) for i in self.dependents(j)]
            self._moved[j] = [(i, node.row, node.operands) for i, node in nodes if node.row is not None]
        return self._moved[j]

    @cached_property
    def _moved(self) -> dict[int, list[tuple[int, Primitive, tuple[int, ...]]]]:
        return {}

    @cached_property
    def _dependents(self) -> dict[int, list[int]]:
        return {}

    @cached_property
    def _users(self) -> list[list[int]]:
        users: list[list[int]] = [[] for _ in self.graph.nodes]
        for i, node in enumerate(self.graph.nodes):
            for k in node.operands:
                users[k].append(i)
        return users


def _is_plain(value: Any) -> bool:
    """Whether a value is a truth value or a finite ball, not a reason."""
    return isinstance(value, bool) or (not isinstance(value, Unproven) and value.is_finite())


def _value(primitive: Primitive, operands: Sequence[Any]) -> Any:
    """One operation on balls, or why it has no value."""
    lost = _lost(primitive, operands)
    if lost is not None:
        return lost
    try:
        result = primitive.ball(*operands)
    except UndecidedError as error:
        return Unproven("undecided", str(error))
    except (NotDifferentiableError, ValueError, ZeroDivisionError):
        return _undefined(primitive, operands)
    if isinstance(result, (bool, Unproven)) or result.is_finite():
        return result
    return _undefined(primitive, operands)


def _series(primitive: Primitive, operands: Sequence[Any]) -> Any:
    """One operation on series, or why it has no derivative."""
    import flint

    lost = _lost(primitive, operands)
    if lost is not None:
        return lost
    if primitive.kinks and primitive.name not in CORNERS:
        kink = primitive.kink_at(*map(lead, operands))
        if kink is not None:
            if primitive.name in COMPARISONS:
                return Unproven("at a branch", f"{primitive.name} ties at the point, so a branch changes there")
            return Unproven("not differentiable", f"{primitive.name} at {kink.where}: {kink.why}")
    try:
        result = primitive.ball(*operands)
    except UndecidedError as error:
        return Unproven("undecided", str(error))
    except NotDifferentiableError as error:
        return Unproven("not differentiable", str(error))
    except (ValueError, ZeroDivisionError):
        return Unproven("undecided", f"{primitive.name} has no power series here")
    if isinstance(result, flint.arb_series):
        if result.prec < flint.ctx.cap:
            return Unproven("not differentiable", f"{primitive.name} has no derivative here")
        if not all(c.is_finite() for c in result.coeffs()):
            return Unproven("undecided", f"the slope of {primitive.name} is not finite, or its ball is too wide")
    return result


def _lost(primitive: Primitive, operands: Sequence[Any]) -> Unproven | None:
    """The first operand that is a reason instead of a number; a branch that `where` does not take never counts."""
    if primitive.name == "where" and not isinstance(operands[0], Unproven):
        operands = (operands[1] if operands[0] else operands[2],)
    return next((x for x in operands if isinstance(x, Unproven)), None)


def _undefined(primitive: Primitive, operands: Sequence[Any]) -> Unproven:
    """Why an operation gave no finite ball: operands outside its domain, or balls too wide to tell."""
    shown = ", ".join(f"{float(lead(x)):.6g}" for x in operands)
    if all(x.is_exact() for x in operands):
        return Unproven("outside the domain", f"{primitive.name}({shown}): its domain is {primitive.domain.text}")
    return Unproven("undecided", f"{primitive.name} near ({shown}): the point is at or beyond the edge of its domain")
