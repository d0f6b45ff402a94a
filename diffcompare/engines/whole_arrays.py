"""Forward and reverse mode on whole arrays, as an engine's answer, where no entry can go through a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.operators import value_and_grad
from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import Function, at_the_point
from diffcompare.expression.point import Point
from diffcompare.expression.primitives.structural import is_complex

NOTE = "on whole arrays, not by entries"


def on_whole_arrays(function: Function, point: Point, mode: str) -> Derivatives:
    """Value and gradient of a function of one output, each array as one value; raises `DiffCompareError` where not.

    >>> import diffcompare as dc
    >>> f = dc.function(lambda x: np.linalg.eigvalsh(x)[1])
    >>> on_whole_arrays(f, {"x": np.diag([1.0, 2.0])}, "reverse").jacobian
    array([[0., 0., 0., 1.]])
    """
    names, arguments = tuple(point), tuple(point.values())
    with at_the_point(function.name):
        value, found = value_and_grad(
            lambda *values: function(**dict(zip(names, values, strict=True))), range(len(names)), mode
        )(*arguments)
    row = [float(entry) + 0.0 for part in found for entry in np.ravel(part)]  # -0.0 of a seed 0 is 0
    passes = 1 if mode == "reverse" else len(row)
    return Derivatives(real_entries([value], function), np.array([row]), passes, None, NOTE)


def real_entries(outputs: Sequence[Any], function: Function) -> list[float]:
    """The entries of all outputs, row by row; raises `DiffCompareError` for complex ones."""
    if any(map(is_complex, outputs)):
        raise DiffCompareError(f"{function.name} has complex values; give np.real or np.imag of it, or np.abs")
    return [float(entry) for y in outputs for entry in np.ravel(y)]
