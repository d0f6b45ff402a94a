"""The engines: ways to differentiate a function at a point, all answering with the same record.

To add one, write a module with a function `(Function, Point) -> Derivatives` and add its row to `ENGINES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import numpy as np

from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point


@dataclass(frozen=True, slots=True)
class Derivatives:
    """What an engine answers: values of shape (m,) and the Jacobian of shape (m, n), with what it cost."""

    value: list[float]
    jacobian: np.ndarray[Any, np.dtype[np.float64]]
    evaluations: int  # runs of the function (finite differences) or passes over its graph (automatic)
    counted: int | Callable[[], int]  # a count, or how to take it: counting is no part of differentiating
    note: str = ""

    @property
    def operations(self) -> int:
        """Applications of a primitive in the programs that gave the derivatives."""
        return self.counted() if callable(self.counted) else self.counted


@dataclass(frozen=True, slots=True)
class Engine:
    """One row: a name, what it does, which derivative rules it uses, and where its code is."""

    name: str
    kind: str
    rules: str
    module: str
    call: str

    @property
    def run(self) -> Callable[[Function, Point], Derivatives]:
        """The engine's function, imported when it is first used."""
        found: Callable[[Function, Point], Derivatives] = getattr(import_module(self.module), self.call)
        return found


_AUTOMATIC = "diffcompare.engines.automatic"
_FINITE = "diffcompare.engines.finite"

ENGINES: dict[str, Engine] = {
    row.name: row
    for row in (
        Engine("forward", "automatic", "the table's partials", _AUTOMATIC, "forward"),
        Engine("reverse", "automatic", "the table's partials", _AUTOMATIC, "reverse"),
        Engine("symbolic", "symbolic", "SymPy's", "diffcompare.engines.symbolic", "symbolic"),
        Engine("finite-forward", "numerical", "none", _FINITE, "finite_forward"),
        Engine("finite-backward", "numerical", "none", _FINITE, "finite_backward"),
        Engine("finite-central", "numerical", "none", _FINITE, "finite_central"),
        Engine("finite-central4", "numerical", "none", _FINITE, "finite_central4"),
        Engine("finite-central6", "numerical", "none", _FINITE, "finite_central6"),
        Engine("finite-central8", "numerical", "none", _FINITE, "finite_central8"),
        Engine("finite-adaptive", "numerical", "none", _FINITE, "finite_adaptive"),
        Engine("complex-step", "numerical", "none", _FINITE, "complex_step"),
    )
}

DEFAULT = ("forward", "reverse", "symbolic", "finite-central", "finite-adaptive", "complex-step")


def engine_named(name: str) -> Engine:
    """The engine of that name; raises `DiffCompareError` with the nearest name for any other."""
    if name in ENGINES:
        return ENGINES[name]
    near = get_close_matches(name, ENGINES, n=1)
    advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(ENGINES)}"
    raise DiffCompareError(f"there is no engine {name}; {advice}")


def derivatives(function: Function, at: Mapping[str, Any], engine: str) -> Derivatives:
    """Value and Jacobian of a function at a point by one engine.

    >>> import diffcompare as dc
    >>> derivatives(dc.function("x^2"), {"x": 3.0}, "reverse").jacobian
    array([[6.]])
    """
    return engine_named(engine).run(function, function.at(at))
