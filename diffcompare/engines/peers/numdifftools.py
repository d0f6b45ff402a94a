"""numdifftools: central differences at a sequence of steps, extrapolated, with an error estimate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.peers.columns import Array, Estimate, by_columns
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point


def jacobian(function: Function, point: Point) -> Derivatives:
    """`numdifftools.Jacobian` with its own defaults, one input at a time."""
    return by_columns(function, point, _column)


def _column(f: Callable[[float], Array], x: float) -> Estimate:
    from numdifftools import Jacobian

    found = Jacobian(lambda t: f(t[0]), full_output=True)(np.array([x]))
    return Estimate(found.estimate, found.error_estimate)
