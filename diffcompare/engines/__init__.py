"""The engines: ways to differentiate a function at a point, all answering with the same record.

To add one, write a module with a function `(Function, Point) -> Derivatives` and add its row to `ENGINES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import Function


@dataclass(frozen=True, slots=True)
class Derivatives:
    """What an engine answers: values of shape (m,) and the Jacobian of shape (m, n), with what it cost."""

    value: list[float]
    jacobian: np.ndarray[Any, np.dtype[np.float64]]
    evaluations: int  # runs of the function (finite differences) or passes over its graph (automatic)
    counted: int | Callable[[], int] | None  # a count, or how to take it: counting is no part of differentiating
    note: str = ""

    @property
    def operations(self) -> int | None:
        """Applications of a primitive in the programs that gave the derivatives; None where nobody can count them."""
        return self.counted() if callable(self.counted) else self.counted


class Engine(NamedTuple):
    """One row: a name, what it does, which derivative rules it uses, and where its code is."""

    name: str
    kind: str
    rules: str
    module: str
    call: str

    @property
    def takes_step(self) -> bool:
        """Whether the step h is for the caller to choose."""
        return self.kind == "numerical" and self.name not in OWN_STEPS

    @property
    def run(self) -> Callable[..., Derivatives]:
        """The engine's function of a `Function` and a point, imported when it is first used."""
        found: Callable[..., Derivatives] = getattr(import_module(self.module), self.call)
        return found


def obstacle(engine: Engine) -> str:
    """Why an engine cannot run here, found by differentiating x^2 with it; empty where it can.

    >>> obstacle(ENGINES["reverse"])
    ''
    """
    from diffcompare.expression.function import function

    try:
        engine.run(function("x^2"), {"x": 3.0})
    except (ImportError, DiffCompareError) as error:
        return str(error).splitlines()[0]
    return ""


OWN_STEPS = ("finite-adaptive", "complex-step")  # the numerical engines that choose h themselves
_AUTOMATIC = "diffcompare.engines.automatic"
_FINITE = "diffcompare.engines.finite"

ENGINES: dict[str, Engine] = {
    row.name: row
    for row in (
        Engine("forward", "automatic", "the table's partials", _AUTOMATIC, "forward"),
        Engine("reverse", "automatic", "the table's partials", _AUTOMATIC, "reverse"),
        Engine("compiled", "automatic", "the table's partials", "diffcompare.engines.compiled", "compiled"),
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
    from difflib import get_close_matches

    near = get_close_matches(name, ENGINES, n=1)
    advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(ENGINES)}"
    raise DiffCompareError(f"there is no engine {name}; {advice}")


def derivatives(function: Function, at: Mapping[str, Any], engine: str, h: float | str | None = None) -> Derivatives:
    """Value and Jacobian of a function at a point by one engine; `h` is for finite differences (`finite.difference`).

    Raises `DiffCompareError` for an unknown engine, or a step for one that takes none.

    >>> import diffcompare as dc
    >>> derivatives(dc.function("x^2"), {"x": 3.0}, "reverse").jacobian
    array([[6.]])
    """
    row = engine_named(engine)
    if h is None:
        return row.run(function, function.at(at))
    if not row.takes_step:
        stepped = ", ".join(other.name for other in ENGINES.values() if other.takes_step)
        raise DiffCompareError(f"{engine} takes no step h; those that do are {stepped}")
    return row.run(function, function.at(at), h=h)
