"""Plain NumPy code on traced variables, through NumPy's own protocols.

`np.sin(x)` on a variable records the primitive `sin`, on a traced array once, on an array of traced entries entry by
entry.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression.arrays.indexing import arrayed, joined, scalars
from diffcompare.expression.arrays.unsupported import IN_PLACE, in_place, unsupported
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives.structural import cast, shape_of
from diffcompare.expression.variable import UFUNCS, Variable

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


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A NumPy ufunc on traced operands: the primitive of that name."""
    if options.get("out") is not None:
        raise TracingError("in-place operations on traced arrays are not possible; write x = x + y instead of x += y")
    if on_arrays(inputs):
        return _array_ufunc(ufunc, method, inputs, options)
    from diffcompare.expression import entrywise

    return entrywise.apply_ufunc(ufunc, method, inputs, options)


def _array_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A ufunc on traced arrays; of its methods, those that a function on arrays stands for."""
    from diffcompare.expression.array_functions import UFUNC_METHODS

    name = ufunc.__name__
    if options.get("where", True) is not True:
        raise TracingError(f"np.{name} with where= cannot be traced; write np.where(condition, np.{name}(...), ...)")
    if method == "at":
        raise TracingError(f"np.{name}.at changes an array in place; write x + y with y by np.where or np.stack")
    if set("".join(ufunc.types)) <= set("O->"):  # Python code, by np.frompyfunc
        return joined(np.asarray(getattr(ufunc, method)(*map(scalars, map(arrayed, inputs)), **options)))
    if method == "outer":
        first, second = map(arrayed, inputs)
        return array_function(name)(first[(..., *(None,) * len(shape_of(second)))], second)
    if method == "__call__":
        function = array_function(name)
        UFUNCS[ufunc] = lambda *operands, **axis: function(*map(arrayed, operands), **axis)
        dtype = options.get("dtype")
        result = UFUNCS[ufunc](*inputs, **{k: v for k, v in options.items() if k == "axis"})
        return result if dtype is None else cast(dtype)(result)
    if f"{name}.{method}" not in UFUNC_METHODS:
        raise TracingError(f"np.{name}.{method} cannot be traced; there are np.{', np.'.join(UFUNC_METHODS)}")
    return _called(f"{name}.{method}", UFUNC_METHODS[f"{name}.{method}"], *inputs, **({"axis": 0} | options))


def array_function(name: str) -> Callable[..., Any]:
    """The function on arrays that a ufunc or an operator such as @ stands for."""
    from diffcompare.expression.array_functions import FUNCTIONS

    return FUNCTIONS.get(name) or primitive_named(name)


def method_named(name: str) -> Callable[..., Any] | None:
    """The method of arrays of this name; one that would change the array raises `TracingError` when it is called."""
    from diffcompare.expression.array_functions import METHODS

    if name in METHODS:
        return partial(_called, name, METHODS[name])
    if name in IN_PLACE:
        return partial(_refuse, name)
    return PRIMITIVE_OF.get(name)


def _refuse(name: str, *_: Any, **__: Any) -> NoReturn:
    raise in_place(name)


def on_arrays(value: Any) -> bool:
    """Whether anything in here, however nested, is traced as whole arrays."""
    if isinstance(value, Variable):
        return not value.tape.entrywise
    if isinstance(value, (list, tuple)):
        return any(map(on_arrays, value))
    if isinstance(value, np.ndarray) and value.dtype == object:
        return any(map(on_arrays, value.ravel()[:64].tolist()))
    return False


def apply_function(function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A NumPy function on traced arrays by our table; on traced entries by NumPy's own code where that can."""
    from diffcompare.expression import entrywise
    from diffcompare.expression.array_functions import FUNCTIONS

    if on_arrays(arguments) or on_arrays(list(options.values())):
        name = name_of(function)
        if name not in FUNCTIONS:
            raise unsupported(name, FUNCTIONS)
        return _called(name, FUNCTIONS[name], *arguments, **options)
    return entrywise.apply_function(function, arguments, options)


def name_of(function: Callable[..., Any]) -> str:
    """A function of NumPy's as it is written after "np.": sum, linalg.norm, fft.fft."""
    module = function.__module__.removeprefix("numpy").removeprefix(".").replace("lib.scimath", "emath")
    return f"{module}.{function.__name__}" if module else function.__name__


def _called(name: str, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
    """The result; raises `TracingError` for parameters that the function here does not have, and for out=."""
    try:
        result = function(*arguments, **options)
    except TypeError as error:
        try:
            inspect.signature(function).bind(*arguments, **options)
        except TypeError as mismatch:
            raise TracingError(f"np.{name} cannot be traced with these arguments ({mismatch})") from error
        raise
    if options.get("out") is not None or (
        len(arguments) > 2 and inspect.signature(function).bind(*arguments, **options).arguments.get("out") is not None
    ):
        raise TracingError(f"np.{name} with out= cannot be traced; write y = np.{name}(...)")
    return result


def primitive_named(name: str) -> Callable[..., Any]:
    """The primitive that a ufunc of this name stands for."""
    if name in PRIMITIVE_OF:
        return PRIMITIVE_OF[name]
    raise unsupported(name, PRIMITIVE_OF)
