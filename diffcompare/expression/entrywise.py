"""NumPy's functions on traced entries where NumPy's own code cannot run on objects: by NumPy's name and arguments.

What decides by values, such as a maximum or a mask, remembers its decisions as guards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression import decisions, elimination, rounding
from diffcompare.expression.arrays.elementwise import logaddexp2
from diffcompare.expression.entries import boxed, decided, decided_conditions, on_entries, unboxed
from diffcompare.expression.numpy_protocol import PRIMITIVE_OF, name_of, primitive_named
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.primitives.primitive import concrete
from diffcompare.expression.primitives.reduction import running
from diffcompare.expression.variable import Variable

Axis = int | Sequence[int] | None
absolute, equal, greater, less, maximum, minimum, sqrt, where = (
    PRIMITIVES[name] for name in ("abs", "equal", "greater", "less", "maximum", "minimum", "sqrt", "where")
)


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A ufunc: the primitive of its name at every entry; of its methods, NumPy's own on objects."""
    name = ufunc.__name__
    if method == "at":
        raise TracingError(f"np.{name}.at changes an array in place; write x = x + y for the whole array instead")
    if method in ("reduce", "accumulate") and name in EXTREMA:
        over = EXTREMA[name] if method == "reduce" else RUNNING[name]
        return unboxed(over(boxed(inputs[0]), **({"axis": 0} | options)))
    if method != "__call__" and PRIMITIVE_OF.get(name) in (maximum, minimum):
        ufunc = np.frompyfunc(PRIMITIVE_OF[name], 2, 1, identity=None)  # NumPy's own would compare, and lose the ties
    if name in CONDITIONS:
        inputs = tuple(map(CONDITIONS[name], inputs))
    elif method == "__call__" and ufunc.signature is None and not _is_python_code(ufunc):
        whole = rounding.OF_ARRAYS.get(name) or decisions.OF_ARRAYS.get(name)
        if whole:
            return whole(*map(boxed, inputs))
        return on_entries(OF_ENTRIES.get(name) or primitive_named(name), *inputs)
    return _run(getattr(ufunc, method), f"{name}.{method}".removesuffix(".__call__"), inputs, options)


def _is_python_code(ufunc: np.ufunc) -> bool:
    """Whether np.vectorize or np.frompyfunc made it: such code runs on objects as it is."""
    return all(set(kinds) <= set("O->") for kinds in ufunc.types)


def apply_function(function: Callable[..., Any], arguments: Sequence[Any], options: dict[str, Any]) -> Any:
    """A function by our table, or else by NumPy's own code on objects."""
    name = name_of(function)
    return _run(FUNCTIONS.get(name, function), name, arguments, options)


def _run(function: Callable[..., Any], name: str, arguments: Sequence[Any], options: dict[str, Any]) -> Any:
    """NumPy's code, or ours, on arrays of objects; raises `TracingError` where it needs plain numbers."""
    try:
        return unboxed(function(*map(boxed, arguments), **{key: boxed(value) for key, value in options.items()}))
    except (TypeError, AttributeError) as error:
        raise TracingError(_advice(name)) from error


def _advice(name: str) -> str:
    from diffcompare.expression.array_functions import FUNCTIONS as ON_ARRAYS

    if name in ON_ARRAYS:
        return f"np.{name} cannot be traced entry by entry; dc.grad and dc.jacobian differentiate it on whole arrays"
    return f"np.{name} cannot be traced; write it with arithmetic, np.sum, indexing and a loop"


def choose(condition: Any, *branches: Any) -> Any:
    """np.where: the primitive where the condition is traced; NumPy's choice between entries where it is plain."""
    if not branches:
        return np.nonzero(decided(condition))
    if np.asarray(condition).dtype != object:
        return np.where(condition, *branches)
    return on_entries(where, condition, *branches)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = choose(condition, choice, boxed(result))
    return result


def clipped(x: Any, low: Any, high: Any) -> Any:
    """One entry between two bounds, with the slope of the entry at a bound and 0 beyond it."""
    result = x if low is None else where(less(x, low), low, x)
    return result if high is None else where(greater(x, high), high, result)


def clip(x: Any, a_min: Any = None, a_max: Any = None, out: None = None, **bounds: Any) -> Any:
    return on_entries(clipped, x, bounds.get("min", a_min), bounds.get("max", a_max))


def _extremum(beats: Callable[..., Any], place: Callable[..., Any]) -> Callable[..., Any]:
    """The extremum over axes; entries that tie share the derivative equally, as they do on whole arrays."""

    def of(entries: list[Any]) -> Any:
        winner = entries[int(place([concrete(entry) for entry in entries]))]
        if math.isnan(concrete(winner)):
            decided(equal(winner, winner))  # the branch of nan, whatever the others are
            return winner
        ties = []
        for entry in entries:
            if not _same(entry, winner):
                tied = concrete(entry) == concrete(winner)
                decided((equal if tied else beats)(winner, entry))
                ties += [entry] if tied and math.isfinite(concrete(entry)) else []
        return winner + sum(tie - winner for tie in ties) / (len(ties) + 1) if ties else winner

    def over(x: Any, axis: Axis = None, out: None = None, keepdims: Any = False, **_: Any) -> Any:
        return _reduced(of, np.asarray(x, dtype=object), axis, keepdims is True)

    return over


def _running(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The extremum of the entries up to each one, in the steps of whole arrays, so that ties share alike."""

    def over(x: Any, axis: int, **_: Any) -> Any:
        x = np.asarray(x, dtype=object)
        place = np.lib.array_utils.normalize_axis_index(axis, x.ndim)
        return running(lambda *parts: on_entries(operation, *parts), x, place)

    return over


def _same(x: Any, y: Any) -> bool:
    return x is y or (isinstance(x, Variable) and isinstance(y, Variable) and (x.tape, x.index) == (y.tape, y.index))


def _reduced(reduce: Callable[[list[Any]], Any], x: Any, axis: Axis, keepdims: bool) -> Any:
    """A function of a list of entries, over axes of an array."""
    axes = tuple(range(x.ndim)) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, x.ndim)
    kept = tuple(k for k in range(x.ndim) if k not in axes)
    lanes = x.transpose(kept + axes).reshape(*(x.shape[k] for k in kept), -1)
    result = np.empty(lanes.shape[:-1], dtype=object)
    for place in np.ndindex(*result.shape):
        result[place] = reduce(lanes[place].tolist())
    return result.reshape([1 if k in axes else n for k, n in enumerate(x.shape)]) if keepdims else result


def variance(
    x: Any, axis: Axis = None, dtype: Any = None, out: None = None, ddof: float = 0, keepdims: Any = False
) -> Any:
    """The mean of (x - mean)^2, with n - ddof in the denominator."""
    deviations = x - np.mean(x, axis=axis, keepdims=True)
    total = np.sum(deviations * deviations, axis=axis, keepdims=keepdims is True)
    count = np.size(x) // np.size(total) - ddof
    return total / (count if count > 0 else math.nan)


def deviation(*arguments: Any, **options: Any) -> Any:
    return on_entries(sqrt, variance(*arguments, **options))


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:  # noqa: A002  NumPy's name
    """Norms of vectors and matrices that need no singular values."""
    x = np.asarray(x, dtype=object)
    axes = tuple(range(x.ndim)) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, x.ndim)
    if ord is None or ord in ("fro", "f") or (ord == 2 and len(axes) == 1):
        return on_entries(sqrt, np.sum(x * x, axis=axes, keepdims=keepdims))
    if len(axes) not in (1, 2):
        raise ValueError("Improper number of dimensions to norm.")
    if len(axes) == 2 and ord not in (1, -1, math.inf, -math.inf):
        raise TracingError(f"the norm with ord={ord!r} needs singular values, which cannot be traced entry by entry")
    sizes = on_entries(absolute, x)
    largest_or_smallest = EXTREMA["maximum" if ord > 0 else "minimum"]
    if len(axes) == 2:
        sums = np.sum(boxed(sizes), axis=axes[0 if abs(ord) == 1 else 1], keepdims=True)
        return largest_or_smallest(sums, axes, keepdims=keepdims)
    if abs(ord) == math.inf:
        return largest_or_smallest(boxed(sizes), axes, keepdims=keepdims)
    if ord == 0:
        return np.sum(decided(x != 0), axis=axes, keepdims=keepdims, dtype=float)
    return np.sum(boxed(sizes) ** ord, axis=axes, keepdims=keepdims) ** (1 / ord)


EXTREMA = {"maximum": _extremum(greater, np.argmax), "minimum": _extremum(less, np.argmin)}


def spread(a: Any, axis: Axis = None, out: None = None, keepdims: Any = False) -> Any:
    """np.ptp: the largest entry minus the smallest."""
    return EXTREMA["maximum"](a, axis, keepdims=keepdims) - EXTREMA["minimum"](a, axis, keepdims=keepdims)


RUNNING = {"maximum": _running(maximum), "minimum": _running(minimum)}

CONDITIONS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("logical_and", "logical_or", "logical_xor", "logical_not"), decided),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor", "invert"), decided_conditions),
}

OF_ENTRIES: dict[str, Callable[..., Any]] = {
    **rounding.OF_ENTRIES, "clip": clipped, "conjugate": lambda x: x, "logaddexp2": logaddexp2,
}  # fmt: skip

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "where": choose, "select": select, "clip": clip, "var": variance, "std": deviation, "linalg.norm": norm,
    "max": EXTREMA["maximum"], "amax": EXTREMA["maximum"], "min": EXTREMA["minimum"], "amin": EXTREMA["minimum"],
    "ptp": spread,
    **{f"linalg.{name}": getattr(elimination, name) for name in ("det", "slogdet", "inv", "solve", "cholesky")},
    "round": rounding.rounded, "around": rounding.rounded, "fix": lambda x: on_entries(rounding.trunc, x),
    **decisions.OF_ARRAYS,
}  # fmt: skip
