"""The same question to the tape: one trace and one sweep, for a point that no program answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompare.engines.compiled.request import DIRECTION, Request
from diffcompare.engines.operators import as_result, grad, jacobian, jvp, value_and_grad
from diffcompare.expression.containers import leaves, rebuilt


def by_tape(request: Request, arguments: dict[str, Any]) -> Any:
    """What a call returns, by tracing the function at the point."""
    names = tuple(request.arguments)
    point = [arguments[name] for name in names]
    places = tuple(names.index(name) for name in request.wanted)
    argnums: int | Sequence[int] = places[0] if request.single else places

    def f(*values: Any) -> Any:
        return request.function(**dict(zip(names, values, strict=True)))

    if request.want == "hvp":
        return jvp(grad(f, argnums), argnums)(*point)(arguments[DIRECTION])
    if request.want == "value_and_jacobian":
        return by_tape(replace(request, want="value"), arguments), jacobian(f, argnums)(*point)
    if request.want == "value":
        with np.errstate(all="ignore"):
            result = as_result(f(*(np.float64(x) if type(x) is float else x for x in point)), request.function.name)
        return rebuilt(result, [float(x) if isinstance(x, (float, np.bool_)) else x for x in leaves(result)])
    operator: Callable[..., Any] = {
        "gradient": grad, "value_and_gradient": value_and_grad, "jacobian": jacobian
    }[request.want]  # fmt: skip
    return operator(f, argnums)(*point)
