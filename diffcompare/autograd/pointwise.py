"""Functions entry by entry that are more than one primitive, or take PyTorch's further arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.autograd.errors import TensorError, TensorTypeError
from diffcompare.autograd.tables import POINTWISE, named, on_arrays
from diffcompare.autograd.tensors import Tensor, fresh
from diffcompare.autograd.types import common_type
from diffcompare.expression.primitives.primitive import QUIET
from diffcompare.expression.primitives.structural import cast


def add(x: Any, y: Any, *, alpha: float = 1) -> Any:
    """x + alpha y."""
    return POINTWISE["add"](x, y if alpha == 1 else y * alpha)


def sub(x: Any, y: Any, *, alpha: float = 1) -> Any:
    """x - alpha y."""
    return POINTWISE["sub"](x, y if alpha == 1 else y * alpha)


def square(x: Tensor) -> Any:
    """x squared."""
    return POINTWISE["pow"](x, 2)


def reciprocal(x: Tensor) -> Any:
    """1/x."""
    return named(POINTWISE["div"](1.0, x), "ReciprocalBackward0")


def rsqrt(x: Tensor) -> Any:
    """1/sqrt(x)."""
    return named(POINTWISE["div"](1.0, POINTWISE["sqrt"](x)), "RsqrtBackward0")


def clamp(x: Tensor, min: Any = None, max: Any = None) -> Any:
    """x between the bounds, with slope 1 on them and between, 0 outside."""
    if min is None and max is None:
        raise TensorTypeError("clamp needs min, max or both")
    return on_arrays("clip", "ClampBackward1", x, min, max)


def where(condition: Tensor, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere."""
    return POINTWISE["where"](condition, x, y)


def masked_fill(x: Tensor, mask: Tensor, value: Any) -> Any:
    """x with the value where the mask is true."""
    return named(POINTWISE["where"](mask, value, x), "MaskedFillBackward0")


def _without_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy's on the entries, whose result has no gradient."""

    def on_entries(*operands: Any, **options: Any) -> Tensor:
        plain = [x.value if isinstance(x, Tensor) else x for x in operands]
        return fresh(np.asarray(function(*plain, **options)))

    on_entries.__name__ = function.__name__
    on_entries.__doc__ = f"NumPy's {function.__name__} of the entries; it has no gradient."
    return on_entries


UNSMOOTH: dict[str, Callable[..., Any]] = {
    **{name: _without_gradient(getattr(np, name)) for name in (
        "isnan", "isinf", "isfinite", "isclose", "logical_and", "logical_or", "logical_xor", "logical_not",
        "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not",
    )},
}  # fmt: skip


def _on_a_par(*operands: Any) -> list[Tensor]:
    """Dividend and divisor as tensors of one number type; `TensorError` for a whole number divided by zero."""
    values = [x.value if isinstance(x, Tensor) else x for x in operands]
    kind = common_type(values)
    if kind.kind in "biu" and not np.all(values[1]):
        raise TensorError("a whole number is divided by zero; real numbers, x.float(), would give inf or nan")
    return [
        cast(kind)(x) if isinstance(x, Tensor) else fresh(np.asarray(value, kind))
        for x, value in zip(operands, values, strict=True)
    ]


def floor_divide(x: Any, y: Any) -> Tensor:
    """The quotient rounded down; it has no gradient."""
    operands = [operand.value for operand in _on_a_par(x, y)]
    return fresh(np.asarray(QUIET.run(lambda: np.floor_divide(*operands))))


def remainder(x: Any, y: Any) -> Any:
    """x - y floor(x/y), with the sign of y."""
    return on_arrays("remainder", "RemainderBackward0", *_on_a_par(x, y))


def equal(x: Tensor, y: Tensor) -> bool:
    """Whether two tensors have the same shape and entries."""
    return bool(np.array_equal(x.value, y.value))


def allclose(x: Tensor, y: Tensor, rtol: float = 1e-5, atol: float = 1e-8) -> bool:
    """Whether |x - y| <= atol + rtol |y| everywhere."""
    return bool(np.allclose(x.value, y.value, rtol=rtol, atol=atol))
