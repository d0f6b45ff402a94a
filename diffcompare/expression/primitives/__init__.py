"""The table of primitives: every elementary operation once.

To add one, add a row to the file of its family.  Nothing else needs to know: the parser, the NumPy protocol, the
engines, the catalogue of operations and the systematic test read this table.

Operations on whole arrays are structural primitives, made by a function of their parameters (`structural.py` and the
files of families beside it).  To add one, write such a function: `Structural(name, arity, function, pullback)` is
enough where the operation is linear in each operand; one that is not linear gives a `pushforward` too.  Both are
written with primitives, so that they can be traced again; a function of `expression/array_functions.py` calls it.

>>> import numpy as np
>>> import diffcompare as dc
>>> double = Structural("double", 1, lambda x: 2 * x, lambda k, v_bar, v, x: double(v_bar))
>>> dc.grad(lambda x: np.sum(double(x) ** 2))(np.array([1.0, 2.0]))
array([ 8., 16.])
"""

from __future__ import annotations

from diffcompare.expression.primitives import (
    arithmetic,
    exponential,
    hyperbolic,
    piecewise,
    special,
    trigonometric,
)
from diffcompare.expression.primitives.primitive import Domain, Kink, Primitive, Traced
from diffcompare.expression.primitives.structural import Structural

__all__ = ["PRIMITIVES", "Domain", "Kink", "Operation", "Primitive", "Structural", "Traced", "find"]

Operation = Primitive | Structural

PRIMITIVES: dict[str, Primitive] = {
    row.name: row
    for family in (arithmetic, exponential, trigonometric, hyperbolic, special, piecewise)
    for row in family.ROWS
}

CALLABLE: dict[str, Primitive] = {
    name: row for row in PRIMITIVES.values() if not row.hidden for name in (row.name, *row.aliases)
}


def find(name: str) -> Primitive | None:
    """The primitive that a formula calls by `name` or one of its other spellings; None if there is none.

    >>> find("asin"), find("ln") is find("log"), find("frobnicate")
    (<primitive arcsin>, True, None)
    """
    return CALLABLE.get(name)


def __getattr__(name: str) -> Primitive:
    if name in PRIMITIVES:
        return PRIMITIVES[name]
    raise AttributeError(f"diffcompare has no primitive {name!r}; the table has {', '.join(PRIMITIVES)}")
