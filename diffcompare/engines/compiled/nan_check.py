"""Whether a derivative is nan anywhere, asked of fewer numbers than it has where it is a product of matrices.

The norms of the two matrices are taken as soon as they are there, while they are in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from diffcompare.expression.operands import has_nan
from diffcompare.expression.primitives.contraction import matmul
from diffcompare.expression.primitives.structural import dtype_of, size_of

if TYPE_CHECKING:
    from diffcompare.engines.compiled.plan import Plan

LARGEST = {np.dtype(kind): float(np.finfo(kind).max) for kind in ("float64", "float32")}
MARGIN = 4.0  # for the roundings of the norms and of the product


class Watch(NamedTuple):
    """A result, and the matrices whose product it is; none of other results."""

    result: int
    factors: tuple[int, ...]


def watches(plan: Plan, checked: int) -> list[Watch]:
    """What to look at for the first so many results of a plan."""
    return [Watch(i, _factors(plan, i)) for i in dict.fromkeys(plan.graph.outputs[:checked])]


def question(plan: Plan, watch: Watch) -> Callable[[Sequence[Any]], bool]:
    """Whether a result of a run has a nan, by the values of the run.

    Source: the inequality of Cauchy and Schwarz; no sum in a product is larger than the product of the norms.
    """
    result = watch.result
    if not watch.factors:
        return lambda values: has_nan(values[result])
    first, second = (plan.norm_of[j] for j in watch.factors)
    largest = LARGEST[dtype_of(plan.nodes[result].value)] / MARGIN
    return lambda values: not values[first] * values[second] < largest and has_nan(values[result])


def norm(matrix: Any) -> float:
    """The square root of the sum of the squares of all entries, nan where one is.

    >>> norm(np.array([[3.0, 0.0], [0.0, 4.0]]))
    5.0
    """
    flat = matrix.ravel("K")
    return math.sqrt(float(np.vdot(flat, flat)))


def _factors(plan: Plan, i: int) -> tuple[int, ...]:
    """The matrices whose product a result is, if they have fewer entries."""
    node = plan.nodes[_moved(plan, i)]
    if node.primitive is not matmul or any(len(plan.nodes[j].shape) != 2 for j in node.operands):
        return ()
    factors = tuple([_moved(plan, j) for j in node.operands])
    fewer = sum(size_of(plan.nodes[j].value) for j in factors) < size_of(node.value)
    return factors if fewer and all(dtype_of(plan.nodes[j].value) in LARGEST for j in (i, *factors)) else ()


def _moved(plan: Plan, i: int) -> int:
    """The node whose entries a value has, in another arrangement."""
    while getattr(plan.nodes[i].primitive, "name", "") in ("transpose", "reshape"):
        (i,) = plan.nodes[i].operands
    return i
