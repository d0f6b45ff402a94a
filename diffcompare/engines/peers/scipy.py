"""SciPy: `scipy.differentiate`, central differences of order 8 whose step is halved until they settle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.peers.columns import Array, Estimate, by_columns
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point

OUTCOMES = {  # of scipy.differentiate.jacobian, by its status
    -1: "stopped as its error estimate grew",
    -2: "stopped at its limit of iterations",
    -3: "met a value that is not finite",
}


def jacobian(function: Function, point: Point) -> Derivatives:
    """`scipy.differentiate.jacobian` with its own defaults, one input at a time; its first step is 0.5 at any x."""
    return by_columns(function, point, _column)


def _column(f: Callable[[float], Array], x: float) -> Estimate:
    from scipy.differentiate import jacobian as differentiated

    def outputs(ts: Array) -> Array:
        values = [f(t) for t in ts.ravel()]
        return np.moveaxis(np.reshape(values, (*ts.shape[1:], -1)), -1, 0)

    found = differentiated(outputs, np.array([x]))
    statuses = dict.fromkeys(int(status) for status in np.ravel(found.status) if status)
    return Estimate(found.df, found.error, [OUTCOMES.get(status, f"status {status}") for status in statuses])
