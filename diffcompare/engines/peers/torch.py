"""PyTorch: reverse mode by `torch.autograd.grad`, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcompare.engines import Derivatives
from diffcompare.engines.budget import budgeted
from diffcompare.engines.peers.interpretation import Library, like_numpy
from diffcompare.expression.function import Function
from diffcompare.expression.point import Point, point_inputs

OTHERWISE: dict[str, str | Callable[..., Any]] = {  # than NumPy
    "power": "torch:pow", "equal": "torch:eq", "sigmoid": "torch:sigmoid", "softplus": "torch.nn.functional:softplus",
    "relu": "torch:relu", "erf": "torch:erf", "erfc": "torch:erfc", "loggamma": "torch:lgamma",
    "where": lambda condition, x, y: x.where(condition.bool(), y),
    "polygamma": lambda order, x: x.polygamma(int(order)),
}  # fmt: skip
ABSENT = ("cbrt",)


def _number(value: Any) -> Any:
    import torch

    return torch.tensor(value, dtype=torch.float64)


LIBRARY = Library(
    "torch",
    {name: place for name, place in (like_numpy("torch") | OTHERWISE).items() if name not in ABSENT},
    _number,
    lambda x: x.double(),
)


def jacobian(function: Function, point: Point) -> Derivatives:
    """Reverse mode: one pass an output; the operations are the arithmetic that PyTorch dispatches both ways."""
    graph = function.trace(point)

    def program() -> tuple[list[Any], list[Any]]:
        inputs = [_number(x).requires_grad_() for x in point_inputs(point)]
        values = LIBRARY.outputs(graph, inputs)
        return values, [_row(value, inputs) for value in budgeted(values, len(values), "reverse passes")]

    values, rows = program()
    return LIBRARY.answer(graph, [y.item() for y in values], rows, len(values), lambda: _dispatched(program))


def _row(value: Any, inputs: list[Any]) -> list[float]:
    import torch

    if not (value.requires_grad and inputs):
        return [0.0] * len(inputs)
    found = torch.autograd.grad(value, inputs, retain_graph=True, allow_unused=True)
    return [0.0 if entry is None else entry.item() for entry in found]


def _dispatched(program: Callable[[], Any]) -> int:
    """The pointwise operations of PyTorch that a program performs; copies and views count nothing."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    class Count(TorchDispatchMode):  # type: ignore[misc]  # PyTorch's types are skipped
        operations: int = 0

        def __torch_dispatch__(self, operation: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
            self.operations += torch.Tag.pointwise in operation.tags
            return operation(*arguments, **(named or {}))

    with Count() as count:
        program()
    return int(count.operations)
