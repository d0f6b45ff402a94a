"""Each row of the table as a function to differentiate, with points drawn from its own domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from diffcompare.expression.function import Function
from diffcompare.expression.primitives import PRIMITIVES, Primitive

COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
ROWS = [row for row in PRIMITIVES.values() if row.arity]


def function_of(row: Primitive) -> Function:
    """A smooth function made of one row: a comparison chooses between two branches, an order or condition is fixed."""
    where = PRIMITIVES["where"]
    if row.name in COMPARISONS:
        return Function(lambda x, y: where(row(x, y), 2 * x, 3 * y), row.name)
    if row is where:
        return Function(lambda x, y: where(x > y, 2 * x, 3 * y), row.name)
    if row.name == "polygamma":
        return Function(lambda x: row(2, x), row.name)
    one: Callable[..., Any] = lambda x: row(x)  # noqa: E731  the parameter names are the variables
    two: Callable[..., Any] = lambda x, y: row(x, y)  # noqa: E731  as above
    return Function(one if row.arity == 1 else two, row.name)


def points(row: Primitive) -> st.SearchStrategy[dict[str, float]]:
    """Points inside the domain of the row's function, from the intervals that the row declares."""
    names = function_of(row).names
    intervals = row.domain.cases[-len(names) :]
    return st.fixed_dictionaries(
        {
            # Between 0 and 1e-6 the conditioning of difference quotients, not the row, would be what is tested.
            name: st.floats(*interval).filter(lambda v: abs(v) > 1e-6 or v == 0)
            for name, interval in zip(names, intervals, strict=True)
        }
    )
