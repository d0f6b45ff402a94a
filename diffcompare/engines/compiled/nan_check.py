"""Whether a derivative is nan anywhere, asked of fewer numbers than it has where it is a product of matrices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from diffcompare.expression.primitives.contraction import matmul
from diffcompare.expression.primitives.structural import dtype_of, shape_of, size_of

if TYPE_CHECKING:
    from diffcompare.engines.compiled.plan import Plan

FLOATS = frozenset(map(np.dtype, ("float64", "float32")))
MARGIN = 4.0  # for the roundings of the norms and of the product


class Watch(NamedTuple):
    """A result, and the two matrices whose product it is; none of other results."""

    result: int
    factors: tuple[int, ...]

    def finds_nan(self, values: Sequence[Any]) -> bool:
        """Whether the result of a run has a nan, by the values of the run."""
        return not (self.factors and _is_bounded(*(values[j] for j in self.factors))) and has_nan(values[self.result])


def watches(plan: Plan, checked: int) -> list[Watch]:
    """What to look at for the first so many results of a plan."""
    return [Watch(i, _factors(plan, i)) for i in dict.fromkeys(plan.graph.outputs[:checked])]


def held(plan: Plan, found: Iterable[Watch]) -> set[int]:
    """The nodes whose memory may not be used again before the end of a run."""
    return {plan.root[j] for watch in found for j in watch.factors}


def has_nan(result: Any) -> bool:
    """Whether a number or an array has a nan, which the sum of the squares of all then is too, and only then.

    >>> has_nan(np.array([np.inf, -np.inf])), has_nan(np.array([1.0, np.nan]))
    (False, True)
    """
    total = np.vdot(result, result).real if shape_of(result) else result
    return bool(total != total)


def _factors(plan: Plan, i: int) -> tuple[int, ...]:
    """The matrices whose product a result is, if they have fewer entries and are still there at the end."""
    while getattr(plan.nodes[i].primitive, "name", "") in ("transpose", "reshape"):
        (i,) = plan.operands[i]
    node, factors = plan.nodes[i], plan.operands[i]
    if node.primitive is not matmul or any(len(plan.nodes[j].shape) != 2 for j in factors):
        return ()
    changed = {plan.root[j] for j in plan.parts}
    fewer = sum(size_of(plan.nodes[j].value) for j in factors) < size_of(node.value)
    kept = not any(plan.root[j] in changed for j in factors)
    return factors if fewer and kept and {dtype_of(plan.nodes[j].value) for j in (i, *factors)} <= FLOATS else ()


def _is_bounded(x: Any, y: Any) -> bool:
    """Whether the norms of two matrices say that all sums in their product are finite.

    Source: the inequality of Cauchy and Schwarz for a row and a column.
    """
    norms = [math.sqrt(float(np.vdot(flat, flat))) for flat in (x.ravel("K"), y.ravel("K"))]  # nan where one is
    return MARGIN * norms[0] * norms[1] < float(np.finfo(np.result_type(x, y)).max)
