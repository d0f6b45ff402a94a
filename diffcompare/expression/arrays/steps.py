"""Functions of NumPy's whose values move in steps, such as roundings and tests."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.primitives.stepwise import step_function


def steps(function: Callable[..., Any], arity: int = 1) -> Callable[..., Any]:
    """The function on traced arrays: its first operands are traced, the rest are parameters."""
    names = [] if isinstance(function, np.ufunc) else list(inspect.signature(function).parameters)[:arity]

    def on_arrays(*arguments: Any, **options: Any) -> Any:
        given = [*arguments[:arity], *(options.pop(name) for name in names[len(arguments) :])]
        parameters = arguments[arity:]
        compute = step_function(function.__name__, lambda *x: function(*x, *parameters, **options), arity)
        return compute(*map(arrayed, given))

    return on_arrays
