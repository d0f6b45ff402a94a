"""Numbers and arrays as the operands of a trace: they count as they are when they enter it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompare.errors import TracingError

if TYPE_CHECKING:
    from diffcompare.expression.primitives import Operation


def as_float(number: Any) -> float:
    """The double nearest to a number; infinite where an integer is too large for one."""
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def kept_array(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array as it is now: itself where nobody can write into it, a read-only copy elsewhere.

    >>> (b := kept_array(np.ones(2))) is kept_array(b)
    True
    """
    if not array.flags.writeable:
        owner = array if array.base is None else array.base
        if isinstance(owner, np.ndarray) and not owner.flags.writeable:
            return array
    own = array.copy("K")
    own.setflags(write=False)
    return own


def same_bytes(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> bool:
    """Whether two arrays hold the same numbers, the sign of a zero included; of objects, whether they are one array."""
    if x is y or x.dtype != y.dtype or x.shape != y.shape or x.dtype.hasobject:
        return x is y
    piece = np.uint64 if x.nbytes % 8 == 0 else np.uint8
    return bool((x.ravel().view(piece) == y.ravel().view(piece)).all())


def has_nan(result: Any) -> bool:
    """Whether a number or an array has a nan, which the sum of the squares of all then is too, and only then.

    >>> has_nan(np.array([np.inf, -np.inf])), has_nan(np.array([1.0, np.nan]))
    (False, True)
    """
    total = np.vdot(result, result).real if getattr(result, "ndim", 0) else result
    return bool(total != total)


def nested(value: Any) -> Any:
    """Nested lists as nested tuples, which can be compared and stored in a set."""
    return tuple(map(nested, value)) if isinstance(value, list) else value


def checked_operand(argument: Any, primitive: Operation, real: bool) -> Any:
    """An operand that is not traced: a number, or an array of numbers.

    Raises `TracingError` for anything else.
    """
    if isinstance(argument, (bool, int, float)) or (isinstance(argument, complex) and not real):
        return argument
    if isinstance(argument, (list, tuple)):
        argument = np.array(argument)
    if isinstance(argument, (np.ndarray, np.generic)) and argument.dtype.kind in "biufcO":
        array: Any = argument
        return array if array.ndim else array.item() if real else array[()]
    raise TracingError(
        f"{primitive.name} of a variable and {type(argument).__name__} {argument!r:.40}: operands must be real numbers"
    )
