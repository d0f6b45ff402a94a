"""JAX: reverse mode by `jax.vjp`, in the precision that JAX is set to, operation by operation (not compiled)."""

from __future__ import annotations

from typing import Any

from diffcompare.engines import Derivatives
from diffcompare.engines.budget import budgeted
from diffcompare.engines.peers.interpretation import Library, like_numpy
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point, point_inputs


def _number(value: Any) -> Any:
    import jax.numpy as jnp

    return jnp.asarray(value, dtype=jnp.result_type(float))


def _unconditional(x: Any) -> Any:
    return _number(x) if x.dtype == bool else x


def _polygamma(order: Any, x: Any) -> Any:
    from jax.scipy.special import polygamma

    return polygamma(int(order), x)


LIBRARY = Library(
    "jax",
    like_numpy("jax.numpy") | {
        "sigmoid": "jax.nn:sigmoid", "softplus": "jax.nn:softplus", "relu": "jax.nn:relu",
        "erf": "jax.scipy.special:erf", "erfc": "jax.scipy.special:erfc", "gamma": "jax.scipy.special:gamma",
        "loggamma": "jax.scipy.special:gammaln", "polygamma": _polygamma,
    },
    _number,
    _unconditional,
)  # fmt: skip


def jacobian(function: Function, point: Point) -> Derivatives:
    """Reverse mode: one pullback an output; the operations are the equations of JAX's own program (jaxpr).

    JAX computes in float32 unless it has been told otherwise, by `JAX_ENABLE_X64=1` or `jax_enable_x64`; so does this
    engine, and says so in the note.
    """
    import jax

    graph = function.trace(point)
    inputs = [_number(x) for x in point_inputs(point)]

    def program(*inputs: Any) -> tuple[list[Any], list[Any]]:
        values, pullback = jax.vjp(lambda *x: LIBRARY.outputs(graph, x), *inputs)
        seeds = budgeted(range(len(values)), len(values), "reverse passes")
        return values, [pullback([_number(float(i == k)) for i in range(len(values))]) for k in seeds]

    values, rows = program(*inputs)
    precision = jax.numpy.result_type(float).name
    note = "" if precision == "float64" else f"in {precision}, JAX's default; JAX_ENABLE_X64=1 makes it float64"
    return LIBRARY.answer(
        graph, values, rows, len(values), lambda: _equations(jax.make_jaxpr(program)(*inputs).jaxpr), note
    )


def _equations(jaxpr: Any) -> int:
    """Equations, those of nested programs counted instead of the call."""
    count = 0
    for equation in jaxpr.eqns:
        inner = [value.jaxpr for value in equation.params.values() if hasattr(value, "jaxpr")]
        count += sum(map(_equations, inner)) if inner else 1
    return count
