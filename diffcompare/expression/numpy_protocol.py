"""Plain NumPy code on traced variables, through NumPy's own protocols.

`np.sin(x)` on a variable records the primitive `sin`; a vector variable is an array of traced entries, so that
indexing, loops, `x @ w` and `np.sum` are NumPy's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression.primitives import PRIMITIVES, Traced
from diffcompare.expression.variable import Variable

PRIMITIVE_OF: dict[str, Callable[..., Any]] = {
    **{name: row for row in PRIMITIVES.values() for name in (row.name, *row.aliases)},
    "true_divide": PRIMITIVES["divide"],
    "float_power": PRIMITIVES["power"],
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "positive": lambda x: x,
    "exp2": lambda x: 2**x,
    "deg2rad": lambda x: x * (np.pi / 180),
    "radians": lambda x: x * (np.pi / 180),
    "rad2deg": lambda x: x * (180 / np.pi),
    "degrees": lambda x: x * (180 / np.pi),
}  # fmt: skip


class Entries(np.ndarray[Any, Any]):
    """An array of traced entries: a vector variable as a user's function sees it (read-only)."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return apply_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        return apply_function(function, arguments, options)

    def __setitem__(self, place: Any, value: Any) -> None:
        raise TracingError(
            "in-place assignment to a traced array; build the result instead, for example np.array([a, b]) or a list"
        )


def entries(values: Sequence[Any]) -> Entries:
    """A read-only array of traced entries, shape (n,)."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    array.flags.writeable = False
    return array.view(Entries)


def is_vector(value: Any) -> bool:
    """Whether an argument has entries; asking NumPy would trace the question."""
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def plain(value: Any) -> Any:
    """The same entries as an ordinary object array, on which NumPy's own code runs."""
    if isinstance(value, Entries):
        return value.view(np.ndarray)
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value)
    return value


def boxed(value: Any) -> Any:
    """As `plain`, with a traced scalar as an object array of no axes, so that NumPy does not ask it again."""
    if isinstance(value, Traced):
        box = np.empty((), dtype=object)
        box[()] = value
        return box
    return type(value)(map(boxed, value)) if isinstance(value, (list, tuple)) else plain(value)


def traced(value: Any) -> Any:
    """Back from an object array to traced entries."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value.view(Entries) if value.ndim else value.item()
    return value


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A NumPy ufunc on traced operands: the primitive of that name."""
    if options.get("out") is not None:
        raise TracingError("in-place operations on traced arrays are not possible; write x = x + y instead of x += y")
    if on_arrays(inputs):
        return _array_ufunc(ufunc, method, inputs, options)
    operands = [plain(value) for value in inputs]
    if method == "__call__" and ufunc.signature is None:
        primitive = _named(ufunc.__name__)
        if any(isinstance(value, np.ndarray) and value.ndim for value in operands):
            return traced(np.frompyfunc(primitive, len(operands), 1)(*operands))
        return primitive(*(o.item() if isinstance(o, np.ndarray) else o for o in operands))
    return traced(getattr(ufunc, method)(*operands, **options))


def _array_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A ufunc on traced arrays; of its methods, the reductions that have a function of their own."""
    from diffcompare.expression.array_functions import FUNCTIONS, arrayed

    if options.get("where", True) is not True:
        raise TracingError(f"np.{ufunc.__name__} with where= cannot be traced; write np.where(condition, ..., ...)")
    if method != "__call__":
        name = REDUCTIONS.get(f"{ufunc.__name__}.{method}")
        if name is None:
            raise TracingError(f"np.{ufunc.__name__}.{method} cannot be traced; there are {', '.join(REDUCTIONS)}")
        return FUNCTIONS[name](*inputs, **({"axis": 0} | options))
    function = FUNCTIONS.get(ufunc.__name__) or _named(ufunc.__name__)
    return function(*map(arrayed, inputs))


REDUCTIONS = {
    "add.reduce": "sum", "multiply.reduce": "prod", "maximum.reduce": "max", "minimum.reduce": "min",
    "add.accumulate": "cumsum", "logical_and.reduce": "all", "logical_or.reduce": "any",
}  # fmt: skip


def array_function(name: str) -> Callable[..., Any]:
    """The function on arrays that an operator such as @ stands for."""
    from diffcompare.expression.array_functions import FUNCTIONS

    if name not in FUNCTIONS:
        raise TracingError(_unknown(name, FUNCTIONS))
    return FUNCTIONS[name]


def on_arrays(value: Any) -> bool:
    """Whether anything in here, however nested, is traced as whole arrays."""
    if isinstance(value, Variable):
        return not value.trace.entrywise
    if isinstance(value, (list, tuple)):
        return any(map(on_arrays, value))
    if isinstance(value, np.ndarray) and value.dtype == object:
        return any(map(on_arrays, value.ravel()[:64].tolist()))
    return False


ENTRYWISE: dict[str, Callable[..., Any]] = {
    "where": lambda condition, x, y: np.frompyfunc(PRIMITIVES["where"], 3, 1)(condition, x, y),
    "clip": lambda x, low, high: _named("minimum")(_named("maximum")(x, low), high),
}


def apply_function(function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A NumPy function on traced arrays by our table; on traced entries by NumPy's own code on an object array."""
    from diffcompare.expression.array_functions import FUNCTIONS

    if on_arrays(arguments) or on_arrays(list(options.values())):
        if function.__name__ not in FUNCTIONS:
            raise TracingError(_unknown(function.__name__, FUNCTIONS))
        return FUNCTIONS[function.__name__](*arguments, **options)
    replacement = ENTRYWISE.get(function.__name__)
    inputs = [boxed(value) for value in arguments]
    try:
        return traced(replacement(*inputs) if replacement else function(*inputs, **options))
    except TypeError as error:
        raise TracingError(
            f"np.{function.__name__} cannot be traced; write it with arithmetic, np.sum, indexing and a loop"
        ) from error


def _unknown(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, n=1)
    advice = f"; the nearest is {near[0]}" if near else ""
    return f"np.{name} has no derivative rule here{advice}"


def _named(name: str) -> Callable[..., Any]:
    if name in PRIMITIVE_OF:
        return PRIMITIVE_OF[name]
    raise TracingError(_unknown(name, PRIMITIVE_OF))
