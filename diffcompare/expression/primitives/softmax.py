"""Softmax and its logarithm over axes: one operation each, whose derivatives need its result alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompare.expression.primitives.arithmetic import multiply, subtract
from diffcompare.expression.primitives.exponential import exp
from diffcompare.expression.primitives.primitive import QUIET
from diffcompare.expression.primitives.structural import Structural, one_each, sum_over

Axes = tuple[int, ...]


def _softmax(x: Any, axes: Axes) -> Any:
    """The largest entry is taken off first, so that nothing overflows."""
    powers = np.exp(x - np.maximum.reduce(x, axis=axes, keepdims=True))
    return powers / np.add.reduce(powers, axis=axes, keepdims=True)


def _log_softmax(x: Any, axes: Axes) -> Any:
    shifted = x - np.maximum.reduce(x, axis=axes, keepdims=True)
    return shifted - np.log(np.add.reduce(np.exp(shifted), axis=axes, keepdims=True))


@one_each
def softmax(axes: Axes) -> Structural:
    """exp(x) over its sum; its Jacobian diag(v) - v vᵀ is symmetric, so that tangents and adjoints have one rule."""

    def rule(k: int, seed: Any, v: Any, x: tuple[Any, ...]) -> Any:
        return multiply(v, subtract(seed, sum_over(axes)(multiply(v, seed))))

    return Structural("softmax", 1, lambda x: QUIET.run(_softmax, x, axes), rule, rule, parameters=str(axes))


@one_each
def log_softmax(axes: Axes) -> Structural:
    """ln of the softmax, which keeps its digits where the softmax is near 0."""
    return Structural(
        "log_softmax", 1, lambda x: QUIET.run(_log_softmax, x, axes),
        lambda k, v_bar, v, x: subtract(v_bar, multiply(exp(v), sum_over(axes)(v_bar))),
        lambda k, x_dot, v, x: subtract(x_dot, sum_over(axes)(multiply(exp(v), x_dot))), parameters=str(axes),
    )  # fmt: skip
