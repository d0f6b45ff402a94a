"""Arrays of traced entries: what an array variable is while a function is traced entry by entry.

NumPy's own code runs on arrays of objects, so that indexing, loops, `x @ w` and `np.sum` are NumPy's; what it cannot do
there has a function of its own in `entrywise`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompare.errors import TracingError
from diffcompare.expression.primitives import Traced
from diffcompare.expression.variable import COMPARISONS, Variable

DOUBLE = 8  # bytes; a cast to fewer rounds the values, which no derivative rule knows


class Entries(np.ndarray[Any, Any]):
    """An array of traced entries, of any shape, as a user's function sees it (read-only)."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        from diffcompare.expression.numpy_protocol import apply_ufunc

        return apply_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        from diffcompare.expression.numpy_protocol import apply_function

        return apply_function(function, arguments, options)

    def __getitem__(self, key: Any) -> Any:
        plain = tuple(map(decided_conditions, key)) if isinstance(key, tuple) else decided_conditions(key)
        return super().__getitem__(plain)

    def __setitem__(self, place: Any, value: Any) -> None:
        raise TracingError(
            "in-place assignment to a traced array; build the result instead, for example np.stack([a, b]) or a list"
        )

    def sort(self, *_: Any, **__: Any) -> None:
        raise TracingError("x.sort() changes a traced array in place; write x = np.sort(x)")

    def astype(self, dtype: Any, *_: Any, **__: Any) -> Any:
        """The same entries for a type that holds doubles; any other would round them."""
        wanted = np.dtype(dtype)
        if wanted.kind == "O" or (wanted.kind == "f" and wanted.itemsize >= DOUBLE):
            return self
        raise TracingError(f"the entries of a traced array are doubles; a cast to {wanted.name} cannot be traced")


def _through_the_function(name: str) -> Callable[..., Any]:
    """A method of arrays that NumPy computes without asking, as the function of its name, which asks."""
    return lambda self, *arguments, **options: getattr(np, name)(self, *arguments, **options)


for _name in ("clip", "max", "min", "std", "var"):
    setattr(Entries, _name, _through_the_function(_name))


def entries(values: Sequence[Any], shape: tuple[int, ...]) -> Entries:
    """A read-only array of traced entries, given row by row."""
    array = np.fromiter(values, dtype=object, count=len(values))
    array.flags.writeable = False
    return array.reshape(shape).view(Entries)


def has_entries(value: Any) -> bool:
    """Whether an argument has entries; asking NumPy would trace the question."""
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def boxed(value: Any) -> Any:
    """The same entries as an ordinary object array, on which NumPy's own code runs.

    A traced scalar becomes an object array of no axes, so that NumPy does not ask it again.
    """
    if isinstance(value, Entries):
        return value.view(np.ndarray)
    if isinstance(value, Traced):
        box = np.empty((), dtype=object)
        box[()] = value
        return box
    if isinstance(value, tuple):
        return tuple(map(boxed, value))
    return list(map(boxed, value)) if isinstance(value, list) else value


def unboxed(value: Any) -> Any:
    """Back from an object array to traced entries, or to the one entry of an array of no axes."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value.view(Entries) if value.ndim else value.item()
    return type(value)(map(unboxed, value)) if type(value) in (list, tuple) else value


def on_entries(function: Callable[..., Any], *operands: Any) -> Any:
    """A function of scalars at every entry of the operands, broadcast."""
    if not any(isinstance(operand, (np.ndarray, list, tuple)) for operand in operands):
        return function(*operands)
    return unboxed(np.frompyfunc(function, len(operands), 1)(*map(boxed, operands)))


def decided(value: Any) -> Any:
    """Traced entries as plain truth values, each remembered as a guard; what is not traced stays as it is."""
    if isinstance(value, Traced):
        return bool(value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return np.array([bool(entry) for entry in value.ravel().tolist()], dtype=bool).reshape(value.shape)
    return value


def decided_conditions(value: Any) -> Any:
    """As `decided` for conditions, in an index or between & and |; anything else is NumPy's to accept or refuse."""
    if isinstance(value, Variable):
        return decided(value) if _is_condition(value) else value
    if isinstance(value, np.ndarray) and value.dtype == object and all(map(_is_condition, value.ravel().tolist())):
        return decided(value)
    return value


def _is_condition(value: Any) -> bool:
    if not isinstance(value, Variable):
        return isinstance(value, (bool, np.bool_))
    primitive = value.tape.nodes[value.index].primitive
    return primitive is not None and primitive.name in COMPARISONS
