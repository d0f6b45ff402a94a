"""jacobi: differences at shrinking steps, extrapolated by a polynomial, with an error estimate."""

from __future__ import annotations

from collections.abc import Callable

from diffcompare.engines import Derivatives
from diffcompare.engines.peers.columns import Array, Estimate, by_columns
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point


def jacobian(function: Function, point: Point) -> Derivatives:
    """`jacobi.jacobi` with its own defaults, one input at a time."""
    return by_columns(function, point, _column)


def _column(f: Callable[[float], Array], x: float) -> Estimate:
    from jacobi import jacobi

    return Estimate(*jacobi(f, x))
