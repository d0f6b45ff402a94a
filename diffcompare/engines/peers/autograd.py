"""HIPS autograd: reverse mode over NumPy, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.budget import budgeted
from diffcompare.engines.peers.interpretation import Library, like_numpy
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point, point_inputs

SPECIAL = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "loggamma": "gammaln", "polygamma": "polygamma"}
ABSENT = ("cbrt",)  # has a value and no derivative


LIBRARY = Library(
    "autograd",
    {name: place for name, place in like_numpy("autograd.numpy").items() if name not in ABSENT}
    | {"sigmoid": "autograd.scipy.special:expit"}
    | {name: f"autograd.scipy.special:{theirs}" for name, theirs in SPECIAL.items()},
    np.float64,
    lambda x: np.float64(x) if isinstance(x, (bool, np.bool_)) else x,
)


def jacobian(function: Function, point: Point) -> Derivatives:
    """Reverse mode: one pass an output; autograd keeps no program whose operations could be counted."""
    from autograd import make_vjp
    from autograd.builtins import tuple as traced

    graph = function.trace(point)
    inputs = tuple(map(np.float64, point_inputs(point)))

    def outputs(inputs: Any) -> Any:
        return traced(LIBRARY.outputs(graph, [inputs[j] for j in range(len(graph.names))]))

    pullback, values = make_vjp(outputs)(inputs)
    rows = [pullback(tuple(seed)) for seed in budgeted(np.eye(len(values)), len(values), "reverse passes")]
    return LIBRARY.answer(graph, values, rows, len(values), None)
