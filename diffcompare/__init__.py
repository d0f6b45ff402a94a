"""Numerical, symbolic and automatic differentiation of one function, compared against a proven reference.

>>> import diffcompare as dc
>>> dc.gradient("ln(x1) + x1*x2 - sin(x2)", at={"x1": 2, "x2": 5})["x1"]
5.5
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffcompare.engines.compiled import compile  # noqa: A004  the word for it
    from diffcompare.engines.operators import (
        derivative,
        grad,
        gradient,
        hessian,
        hvp,
        jacobian,
        jvp,
        value_and_grad,
        vjp,
    )
    from diffcompare.errors import DiffCompareError
    from diffcompare.expression.catalog import CATALOG
    from diffcompare.expression.function import Function, function
    from diffcompare.expression.graph import Graph
    from diffcompare.studies.agreement import compare
    from diffcompare.studies.benchmark import benchmark
    from diffcompare.studies.cost import cost
    from diffcompare.studies.derivation import steps
    from diffcompare.studies.grad_modes import modes
    from diffcompare.studies.graphs.array_graph import array_graph
    from diffcompare.studies.graphs.autograd_graph import autograd_graph
    from diffcompare.studies.jacobian import jacobian_passes
    from diffcompare.studies.linear_layer import linear
    from diffcompare.studies.program_text import code
    from diffcompare.studies.scaling import scaling
    from diffcompare.studies.step_size import sweep
    from diffcompare.studies.swell import swell
    from diffcompare.studies.trace_table import trace

__version__ = "0.1.0"

# Where each public name lives; imported when it is first used, so that `import diffcompare` costs nothing.
_HOMES = {
    name: f"diffcompare.{module}"
    for module, names in {
        "errors": ("DiffCompareError",),
        "expression.catalog": ("CATALOG",),
        "expression.function": ("Function", "function"),
        "expression.graph": ("Graph",),
        "engines.compiled": ("compile",),
        "engines.operators": (
            "derivative", "grad", "gradient", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp",
        ),
        "studies.agreement": ("compare",),
        "studies.benchmark": ("benchmark",),
        "studies.cost": ("cost",),
        "studies.derivation": ("steps",),
        "studies.graphs.array_graph": ("array_graph",),
        "studies.graphs.autograd_graph": ("autograd_graph",),
        "studies.grad_modes": ("modes",),
        "studies.jacobian": ("jacobian_passes",),
        "studies.linear_layer": ("linear",),
        "studies.program_text": ("code",),
        "studies.scaling": ("scaling",),
        "studies.step_size": ("sweep",),
        "studies.swell": ("swell",),
        "studies.trace_table": ("trace",),
    }.items()
    for name in names
}  # fmt: skip

__all__ = [
    "CATALOG",
    "DiffCompareError",
    "Function",
    "Graph",
    "array_graph",
    "autograd_graph",
    "benchmark",
    "code",
    "compare",
    "compile",
    "cost",
    "derivative",
    "function",
    "grad",
    "gradient",
    "hessian",
    "hvp",
    "jacobian",
    "jacobian_passes",
    "jvp",
    "linear",
    "modes",
    "scaling",
    "steps",
    "sweep",
    "swell",
    "trace",
    "value_and_grad",
    "vjp",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'diffcompare' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
