"""A function along one of its inputs: its values in floats of any type, in complex floats and in balls.

Each way through the branches of its code is traced when a value first needs it, so that no value is ever computed
along a branch that the code would not take there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompare.engines.power_series import Replay
from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import Function
from diffcompare.expression.graph import Graph
from diffcompare.expression.numbers import COMPLEX, array
from diffcompare.expression.point import Point, point_inputs, with_inputs
from diffcompare.expression.primitives.ball import lead
from diffcompare.measure import Unproven

WAYS = 64  # through the branches of the code; values that need yet another one are left out

Floats = np.ndarray[Any, Any]


class Line:
    """The first output of a function as input j varies and the others stay at the point."""

    def __init__(self, function: Function, point: Point, j: int, graph: Graph | None = None) -> None:
        self.function = function
        self.point = point
        self.j = j
        self.inputs = point_inputs(point)
        self.ways = [Replay(graph or function.trace(point))]  # the first is that of the point itself

    @property
    def x(self) -> float:
        """Input j at the point."""
        return self.inputs[self.j]

    @property
    def graph(self) -> Graph:
        """The trace at the point."""
        return self.ways[0].graph

    def floats(self, xs: Floats) -> Floats:
        """The output where input j is each of xs, shape (k,), every operation rounded to the type of xs.

        nan where the function has no value, and where rounding leaves open which branch to take.

        >>> import diffcompare as dc
        >>> line = Line(dc.function("x*y"), {"x": 2.0, "y": 3.0}, 1)
        >>> line.floats(np.array([0.5, 1.5], dtype=np.float16))
        array([1., 3.], dtype=float16)
        """
        domain = array(xs.dtype)
        inputs: list[Any] = [xs.dtype.type(value) for value in self.inputs]
        values = np.full(len(xs), np.nan, xs.dtype)
        left, k = np.arange(len(xs)), 0
        while len(left):
            fresh = k == len(self.ways)
            if fresh and self._unexplored(float(xs[left[0]])):
                left = left[1:]
                continue
            graph = self.ways[k].graph
            inputs[self.j] = xs[left]
            fits = _holds(graph, domain, inputs)
            values[left[fits]] = np.broadcast_to(graph.replay(domain, inputs)[graph.outputs[0]], left.shape)[fits]
            fits[0] |= fresh  # a way traced for this very value and not taken in its type will not be found again
            left, k = left[~fits], k + 1
        return values

    def complexes(self, xs: Sequence[complex]) -> list[complex]:
        """The output where input j is each of xs, next to the real axis, on the branch of the point.

        >>> import diffcompare as dc
        >>> Line(dc.function("x^2"), {"x": 3.0}, 0).complexes([3 + 1j])
        [(8+6j)]
        """
        inputs: list[Any] = list(self.inputs)
        values = []
        for x in xs:
            inputs[self.j] = x
            values.append(complex(self.graph.replay(COMPLEX, inputs)[self.graph.outputs[0]]))
        return values

    def balls(self, xs: Sequence[Any]) -> list[Any]:
        """The output where input j is each of the real or complex balls xs: a ball or the reason for none.

        >>> import diffcompare as dc
        >>> import flint
        >>> line = Line(dc.function(lambda x: x if x > 0 else x * x), {"x": 1.0}, 0)
        >>> [float(y) for y in line.balls([flint.arb(2), flint.arb(-2)])]
        [2.0, 4.0]
        """
        found = self.ways[0].along(self.j, xs)
        left, k = [i for i, value in enumerate(found) if _elsewhere(value)], 1
        while left:
            fresh = k == len(self.ways)
            reason = self._unexplored(float(lead(xs[left[0]]))) if fresh else None
            if reason:
                found[left.pop(0)] = reason
                continue
            for i, value in zip(left, self.ways[k].along(self.j, [xs[i] for i in left]), strict=True):
                found[i] = value
            left, k = [i for i in left[fresh:] if _elsewhere(found[i])], k + 1
        return found

    def _unexplored(self, x: float) -> Unproven | None:
        """Trace the code where input j is x; gives the reason where that cannot be done."""
        if len(self.ways) == WAYS:
            return Unproven("undecided", f"the code has more than {WAYS} ways through its branches here")
        inputs = [*self.inputs[: self.j], x, *self.inputs[self.j + 1 :]]
        try:
            self.ways.append(Replay(self.function.trace(with_inputs(self.point, inputs))))
        except DiffCompareError as error:
            return Unproven("outside the domain", str(error).splitlines()[0])
        return None


def _holds(graph: Graph, domain: Any, inputs: Sequence[Any]) -> Any:
    """Where every recorded branch would be taken again, one flag an element of the varying input."""
    fits = np.ones(max(np.size(value) for value in inputs), dtype=bool)
    if graph.guards is not None:
        values = graph.guards.graph.replay(domain, inputs)
        for i, decision in zip(graph.guards.graph.outputs, graph.guards.decisions, strict=True):
            fits &= np.asarray(values[i], dtype=bool) == decision
    return fits


def _elsewhere(value: Any) -> bool:
    return isinstance(value, Unproven) and value.kind == "at a branch"
