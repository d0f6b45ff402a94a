"""The same question to the tape: one trace and one sweep, for a point that no program answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompare.engines.compiled.recording import traced_at
from diffcompare.engines.compiled.request import Request
from diffcompare.engines.operators import grad, jacobian, jvp, value_and_grad
from diffcompare.expression.containers import leaves
from diffcompare.expression.variable import Trace


def flattened(request: Request, answer: Any) -> list[float]:
    """An answer as the flat list of results that a program gives."""
    if request.want.startswith("value_and"):
        value, derivative = answer
        return [
            *_entries(value),
            *flattened(replace(request, want=request.want.removeprefix("value_and_")), derivative),
        ]
    if request.want == "jacobian" and not request.single:
        rows = sum(map(np.size, leaves(answer))) // sum(
            np.size(x) for n in request.wanted for x in leaves(request.arguments[n])
        )
        blocks = [np.reshape(block, (rows, -1)) for block in answer]
        return [float(entry) for entry in np.concatenate(blocks, axis=1).ravel()]
    return _entries(answer)


def _entries(value: Any) -> list[float]:
    return [float(entry) for leaf in leaves(value) for entry in np.ravel(leaf)]


def by_tape(request: Request, arguments: dict[str, Any]) -> Any:
    """What a call returns, by tracing the function at the point."""
    names = tuple(request.arguments)
    point = [arguments[name] for name in names]
    places = tuple(names.index(name) for name in request.wanted)
    argnums: int | Sequence[int] = places[0] if request.single else places

    def f(*values: Any) -> Any:
        return request.function(**dict(zip(names, values, strict=True)))

    if request.want == "hvp":
        return jvp(grad(f, argnums), argnums)(*point)(arguments[request.direction])
    if request.want == "value_and_jacobian":
        return by_tape(replace(request, want="value"), arguments), jacobian(f, argnums)(*point)
    if request.want == "value":
        primal, output = traced_at(request, Trace(entrywise=False), arguments)
        return request.arranged(
            [float(x) if isinstance(x, (float, bool, np.bool_)) else x for x in primal.values], output
        )
    operator: Callable[..., Any] = {
        "gradient": grad, "value_and_gradient": value_and_grad, "jacobian": jacobian
    }[request.want]  # fmt: skip
    return operator(f, argnums)(*point)
