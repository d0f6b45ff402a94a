"""Operands of one operation: brought to a common number type, and what to say where they do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorIndexError, TensorTypeError
from diffcompare.autograd.types import DEFAULT, NUMBERS, as_dtype, common_type
from diffcompare.expression.primitives import Operation, Structural, Traced
from diffcompare.expression.primitives.structural import cast

# Operations that give whole numbers for whole numbers; the others make them real first.
WHOLE = frozenset({
    "add", "subtract", "multiply", "power", "negative", "abs", "sign", "minimum", "maximum", "where", "relu",
    "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
})  # fmt: skip
SAME = frozenset({"matmul", "einsum"})  # operations that want one number type, as PyTorch does


def met(primitive: Operation, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments in the number type that the operation works in; what is no number, array or tensor is refused."""
    plain = [argument.item() if isinstance(argument, np.generic) else argument for argument in arguments]
    for argument in plain:
        kind = type(getattr(argument, "value", None)) if isinstance(argument, Traced) else type(argument)
        if kind is not np.ndarray and kind not in NUMBERS:
            raise TensorTypeError(
                f"{primitive.name} of a tensor and {type(argument).__name__} {argument!r:.40}: operands are tensors, "
                "arrays and numbers"
            )
    return _promoted(primitive, plain)


def _promoted(primitive: Operation, arguments: Sequence[Any]) -> tuple[Any, ...]:
    if len(arguments) == 1 and isinstance(primitive, Structural):
        return tuple(arguments)
    values = [argument.value if isinstance(argument, Traced) else argument for argument in arguments]
    if primitive.name in SAME:
        kinds = {as_dtype(value.dtype) for value in values}
        if len(kinds) > 1:
            raise TensorError(
                f"{primitive.name} of {' and '.join(map(repr, kinds))}: give both one number type, x.to(y.dtype)"
            )
        return tuple(arguments)
    if primitive.name == "overwrite":
        common = values[0].dtype
    else:
        common = common_type(values[1:] if primitive.name == "where" else values)
    if common.kind in "biu" and not isinstance(primitive, Structural) and primitive.name not in WHOLE:
        common = DEFAULT
    first = 1 if primitive.name == "where" else 0
    return (*arguments[:first], *(_cast(argument, common) for argument in arguments[first:]))


def _cast(argument: Any, kind: np.dtype[Any]) -> Any:
    """A tensor through the recorded cast; a number as an array without axes, so that it brings no type of its own."""
    if not isinstance(argument, Traced):
        return argument.astype(kind) if isinstance(argument, np.ndarray) else np.asarray(argument, dtype=kind)
    return argument if argument.value.dtype == kind else cast(kind)(argument)


def broken(primitive: Operation, values: Sequence[Any], error: Exception) -> Exception:
    """What to raise where NumPy could not compute: PyTorch's class, with the operation and the shapes."""
    if isinstance(error, IndexError):
        return TensorIndexError(f"{primitive.name}: {error}")
    shapes = " and ".join(str(np.shape(value)) for value in values)
    advice = ADVICE.get(primitive.name, FIT if len(values) > 1 else str(error))
    return TensorError(
        f"{primitive.name} of shapes {shapes}: {advice}" if isinstance(error, ValueError) else str(error)
    )


FIT = "axes, counted from the last, must be equally long, or one of them 1"
ADVICE = {
    "matmul": "the last axis of the first must be as long as the last but one of the second",
    "concatenate": "all axes but the one that is joined must be equally long",
    "overwrite": "what is written must fit into the place; it cannot grow",
}
