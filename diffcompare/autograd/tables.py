"""PyTorch's functions by the project's own: pointwise ones are primitives, the others come from the table of arrays.

A function that takes several primitives gives its last node the name that PyTorch has for the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorIndexError, TensorTypeError
from diffcompare.autograd.tensors import Tensor, fresh
from diffcompare.expression.array_functions import FUNCTIONS
from diffcompare.expression.primitives import PRIMITIVES, Primitive
from diffcompare.expression.primitives.structural import cast


def named(result: Any, name: str, *operands: Any) -> Any:
    """The result of an operation, with PyTorch's name on its node; a copy where it is an operand itself."""
    if operands and any(result is operand for operand in operands):
        result = cast(result.value.dtype)(result)
    if result._node is not None:
        result._node.label = name
    return result


def holding(result: Any, tensors: Iterable[Tensor]) -> Any:
    """The result of a primitive that keeps places until `backward`; the tensors they come from must not change."""
    if result._node is not None:
        result._node.saves = True
        for tensor in tensors:
            result._node.hold(tensor._versions)
    return result


def numpy_spelled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with NumPy's names of its arguments too: `axis` for `dim`, `keepdims` for `keepdim`."""

    @wraps(function)
    def spelled(*arguments: Any, **options: Any) -> Any:
        for theirs, ours in (("axis", "dim"), ("keepdims", "keepdim")):
            if theirs in options:
                if ours in options:
                    raise TensorTypeError(f"{function.__name__} takes {ours} or {theirs}, not both")
                options[ours] = options.pop(theirs)
        return function(*arguments, **options)

    return spelled


def on_arrays(function: str, name: str, *arguments: Any, **options: Any) -> Any:
    """A function of the table of arrays, with PyTorch's name on its node and PyTorch's errors."""
    if not isinstance(arguments[0], (Tensor, list)):
        raise TensorTypeError(f"{function} takes tensors, not {', '.join(type(a).__name__ for a in arguments)}")
    try:
        result = FUNCTIONS[function](*arguments, **options)
    except IndexError as error:
        raise TensorIndexError(f"{function}: {error}") from error
    except ValueError as error:
        raise error if isinstance(error, TensorError) else TensorError(f"{function}: {error}") from error
    if not isinstance(result, Tensor):
        return fresh(np.asarray(result))
    return named(result, name, *arguments)


def _pointwise(name: str, primitive: Primitive) -> Callable[..., Any]:
    arity = primitive.arity

    def function(*operands: Any) -> Any:
        if len(operands) != arity:
            raise TensorTypeError(f"{name} takes {arity} operand(s), not {len(operands)}")
        for operand in operands:
            if isinstance(operand, Tensor):
                return operand.record(primitive, operands)
        raise TensorTypeError(f"{name} takes tensors, not {', '.join(type(x).__name__ for x in operands)}")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The primitive `{primitive.name}`, entry by entry."
    return function


_SPELLINGS = {
    "abs": "absolute", "negative": "neg", "subtract": "sub", "multiply": "mul", "divide": "div true_divide",
    "power": "pow", "ln": "log", "loggamma": "lgamma", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "less": "lt", "less_equal": "le",
    "greater": "gt", "greater_equal": "ge", "equal": "eq", "not_equal": "ne not_equal",
}  # fmt: skip
# No name of PyTorch's: its `equal` answers one bool, and its powers and logarithms are spelled otherwise.
_OURS_ONLY = frozenset(
    {"equal", "power", "ln", "sec", "csc", "cot", "cbrt", "gamma", "loggamma", "polygamma", "pi", "e"}
)

POINTWISE: dict[str, Callable[..., Any]] = {
    name: _pointwise(name, row)
    for row in PRIMITIVES.values()
    for name in (*_SPELLINGS.get(row.name, "").split(), *(() if row.name in _OURS_ONLY else (row.name,)))
}
