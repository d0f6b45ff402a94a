"""The table of primitives: every elementary operation once.

To add one, add a row to the file of its family.  Nothing else needs to know: the parser, the NumPy protocol, the
engines, the catalogue of operations and the systematic test read this table.
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
