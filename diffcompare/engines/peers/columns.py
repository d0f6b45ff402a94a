"""What the libraries of numerical differentiation share: the function along one input at a time, calls counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.budget import budgeted
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point, input_names, point_inputs, with_inputs

MOST = 4  # inputs that are named in a note
Array = np.ndarray[Any, Any]


class Estimate(NamedTuple):
    """The derivatives of all outputs by one input, m in all, with the library's estimates of its errors and remarks."""

    derivatives: Array
    errors: Array
    remarks: Sequence[str] = ()


Column = Callable[[Callable[[float], Array], float], Estimate]


def by_columns(function: Function, point: Point, column: Column) -> Derivatives:
    """The Jacobian column by column; the function itself is called, so that its branches are taken anew each time.

    The note holds the largest of the library's estimates of its own errors.
    """
    graph = function.trace(point)
    x, outputs = point_inputs(point), len(graph.outputs)
    calls = 0

    def along(j: int, t: float) -> Array:
        nonlocal calls
        calls += 1
        moved = with_inputs(point, [*x[:j], float(t), *x[j + 1 :]])
        return np.broadcast_to(np.array(function.evaluate(moved)), outputs)  # of no value there is one nan for all

    found = [column(partial(along, j), x[j]) for j in budgeted(range(len(x)), len(x), "columns")]
    columns = np.array([np.ravel(one.derivatives) for one in found], dtype=float).reshape(len(x), outputs)
    errors = [float(error) for one in found for error in np.ravel(one.errors) if math.isfinite(error)]
    notes = [f"estimated error {max(errors):.2g}"] if errors else []
    notes += dict.fromkeys(remark for one in found for remark in one.remarks)
    named = zip(input_names(point), found, strict=True)
    lost = [name for name, one in named if not (one.remarks or np.isfinite(one.derivatives).all())]
    notes += [f"no number by {', '.join(lost[:MOST])}{', ...' * (len(lost) > MOST)}"] if lost else []
    values = list(map(float, graph.values))
    return Derivatives(values, columns.T, calls, lambda: calls * graph.operations(), "; ".join(notes))
