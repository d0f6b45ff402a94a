"""Which values the adjoint of an operand is computed from, so that a node keeps no others.

The rules themselves tell: a row of the table is traced once and what its partials reach is read off; a linear operation
on whole arrays needs the other operands.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from diffcompare.expression.primitives import PRIMITIVES, Operation, Structural
from diffcompare.expression.variable import Trace, Variable

ADDITIVE = frozenset({"cast", "concatenate", "overwrite"})  # in all operands together: the adjoint needs no value
BY_RESULT = frozenset({"softmax", "log_softmax"})  # the adjoint needs the result alone


def needs(primitive: Operation, values: Sequence[Any]) -> tuple[int, ...]:
    """For each operand the values that its adjoint is computed from: bit j for operand j, the bit after for the result.

    A number counts where a tensor in its place would.

    >>> from diffcompare.expression.primitives import PRIMITIVES
    >>> x = np.ones(2)
    >>> [needs(PRIMITIVES[name], [x, x][: PRIMITIVES[name].arity]) for name in ("add", "multiply", "exp")]
    [(0, 0), (2, 1), (2,)]
    >>> needs(PRIMITIVES["multiply"], [x, 3.0]), needs(PRIMITIVES["add"], [x, 3.0])
    ((2, 1), (0, 0))
    """
    if isinstance(primitive, Structural):
        return _of_structure(primitive.name, len(values), primitive.pushforward is None)
    return _of_row(primitive.name, *[x.ndim > 0 if isinstance(x, np.ndarray) else (x,) for x in values])


@cache
def _of_structure(name: str, arity: int, linear: bool) -> tuple[int, ...]:
    """A transpose by one operand needs the others; what is not linear may need everything."""
    everything = (1 << arity) - 1
    if name in ADDITIVE:
        return (0,) * arity
    if name in BY_RESULT:
        return (1 << arity,) * arity
    return tuple(everything ^ 1 << k if linear else everything | 1 << arity for k in range(arity))


@lru_cache(maxsize=4096)  # numbers are part of the key, because a rule may look at them: x^2 is not x^y
def _of_row(name: str, *kinds: bool | tuple[Any, ...]) -> tuple[int, ...]:
    """What the partials of a row reach: tensors have axes or have not, and numbers are as they are."""
    found = _reach_of_row(name, *kinds)
    numbers = sum(1 << j for j, kind in enumerate(kinds) if isinstance(kind, tuple))
    if not numbers:
        return found
    as_tensors = _reach_of_row(name, *[not isinstance(kind, tuple) and kind for kind in kinds])
    return tuple(mask | other & numbers for mask, other in zip(found, as_tensors, strict=True))


def _reach_of_row(name: str, *kinds: bool | tuple[Any, ...]) -> tuple[int, ...]:
    """What the partials of a row reach when they are traced, with numbers as constants."""
    row = PRIMITIVES[name]
    trace = Trace(entrywise=False)
    values = [
        kind[0] if isinstance(kind, tuple) else np.full(1, sum(case) / 2) if kind else sum(case) / 2
        for kind, case in zip(kinds, row.domain.cases, strict=True)
    ]
    operands = tuple(
        value if isinstance(kind, tuple) else trace.input(f"x{j}", value)
        for j, (kind, value) in enumerate(zip(kinds, values, strict=True))
    )
    result = trace.input("v", row(*values))
    places = {x.index: 1 << j for j, x in enumerate((*operands, result)) if isinstance(x, Variable)}
    found = [row.partial(k, result, operands) for k in range(row.arity)]
    if trace.guards:  # the rule looked at a value, and may need others where it decides otherwise
        return (sum(places.values()),) * row.arity
    return tuple(_reached(trace, partial, places) for partial in found)


def _reached(trace: Trace, partial: Any, places: dict[int, int]) -> int:
    mask = 0
    pending = [partial.index] if isinstance(partial, Variable) else []
    while pending:
        i = pending.pop()
        mask |= places.get(i, 0)
        pending.extend(trace.nodes[i].operands)
    return mask
