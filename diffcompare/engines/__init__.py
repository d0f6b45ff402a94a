"""The engines: ways to differentiate a function at a point, all answering with the same record.

To add one here, write a module with a function `(Function, Point) -> Derivatives` and add its row to `ENGINES`.  To
add one from a package of your own, name that function in the package's metadata, under `diffcompare.engines`:

    [project.entry-points."diffcompare.engines"]
    mine = "package.module:function"

Then `--engine mine` runs it wherever the package is installed, and `diffcompare engines` lists it.
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
    counted: int | Callable[[], int | None] | None  # or how to count: that is no part of differentiating
    note: str = ""

    @property
    def operations(self) -> int | None:
        """Applications of a primitive in the programs that gave the derivatives; None where nobody can count them."""
        return self.counted() if callable(self.counted) else self.counted


class Engine(NamedTuple):
    """One row: a name, what it does, which derivative rules it uses, where its code is, and whose code that is."""

    name: str
    kind: str
    rules: str
    module: str
    call: str
    does: str = ""
    package: str = ""  # the installed distribution that it needs, beside those that this one always brings
    guest: bool = False  # it runs the code of others, who raise and warn as they like

    @property
    def takes_step(self) -> bool:
        """Whether the step h is for the caller to choose."""
        return self.kind == "numerical" and not self.guest and self.name not in OWN_STEPS

    @property
    def run(self) -> Callable[..., Derivatives]:
        """The engine's function of a `Function` and a point, imported when it is first used.

        An engine that keeps something for the next point is a class, and what it keeps lasts as long as this function.
        """
        if self.guest:
            from diffcompare.engines.guests import hosted

            return hosted(self)
        found: Any = getattr(import_module(self.module), self.call)
        run: Callable[..., Derivatives] = found() if isinstance(found, type) else found
        return run


def obstacle(engine: Engine) -> str:
    """Why an engine cannot run here; empty where it can, as it shows by differentiating x^2.

    The library of a peer is imported for that, which takes seconds where it is large.

    >>> obstacle(ENGINES["reverse"])
    ''
    """
    from diffcompare.expression.function import function

    if ENGINES.get(engine.name, engine) is not engine:
        return f"another engine has the name {engine.name}"
    try:
        engine.run(function("x^2"), {"x": 3.0})
    except (ImportError, DiffCompareError) as error:
        return str(error).splitlines()[0]
    return ""


OWN_STEPS = ("finite-adaptive", "complex-step")  # the numerical engines that choose h themselves
_AUTOMATIC = "diffcompare.engines.jacobian"
_COMPILED = "diffcompare.engines.compiled"
_SYMBOLIC = "diffcompare.engines.symbolic"
_FINITE = "diffcompare.engines.finite"


def _peer(name: str, kind: str, rules: str, does: str) -> Engine:
    return Engine(name, kind, rules, f"diffcompare.engines.peers.{name}", "jacobian", does, name, True)


ENGINES: dict[str, Engine] = {
    row.name: row
    for row in (
        Engine("forward", "automatic", "the table's partials", _AUTOMATIC, "forward", "one pass an input"),
        Engine("reverse", "automatic", "the table's partials", _AUTOMATIC, "reverse", "one pass an output"),
        Engine(
            "compiled",
            "automatic",
            "the table's partials",
            _COMPILED,
            "Compiled",
            "one pass, kept as a program",
        ),
        Engine("symbolic", "symbolic", "SymPy's", _SYMBOLIC, "symbolic", "one run of SymPy's code", "sympy"),
        Engine("finite-forward", "numerical", "none", _FINITE, "finite_forward", "order 1, a step to the right"),
        Engine("finite-backward", "numerical", "none", _FINITE, "finite_backward", "order 1, a step to the left"),
        Engine("finite-central", "numerical", "none", _FINITE, "finite_central", "order 2, a step to each side"),
        Engine("finite-central4", "numerical", "none", _FINITE, "finite_central4", "order 4, two steps to each side"),
        Engine("finite-central6", "numerical", "none", _FINITE, "finite_central6", "order 6, three steps to each side"),
        Engine("finite-central8", "numerical", "none", _FINITE, "finite_central8", "order 8, four steps to each side"),
        Engine("finite-adaptive", "numerical", "none", _FINITE, "finite_adaptive", "extrapolates, estimates its error"),
        Engine("complex-step", "numerical", "none", _FINITE, "complex_step", "one run an input, of analytic functions"),
        _peer("jax", "automatic", "JAX's", "reverse mode, in float32 where JAX_ENABLE_X64=1 does not say otherwise"),
        _peer("torch", "automatic", "PyTorch's", "reverse mode, in float64"),
        _peer("casadi", "automatic", "CasADi's", "a Jacobian as one program, in float64"),
        _peer("autograd", "automatic", "autograd's", "reverse mode, in float64"),
        _peer("symengine", "symbolic", "SymEngine's", "one run of SymEngine's code, in float64"),
        _peer("numdifftools", "numerical", "none", "extrapolates from many steps, estimates its error"),
        _peer("scipy", "numerical", "none", "order 8, halves its step from 0.5, estimates its error"),
        _peer("jacobi", "numerical", "none", "extrapolates from shrinking steps, estimates its error"),
    )
}

DEFAULT = ("forward", "reverse", "symbolic", "finite-central", "finite-adaptive", "complex-step")


def engine_named(name: str) -> Engine:
    """The engine of that name, ours or a plug-in; raises `DiffCompareError` with the nearest name for any other."""
    if name in ENGINES:
        return ENGINES[name]
    from difflib import get_close_matches

    from diffcompare.engines.guests import plugins

    known = {row.name: row for row in plugins()} | ENGINES
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
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
