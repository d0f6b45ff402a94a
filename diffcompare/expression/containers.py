"""Arguments and results that are numbers, arrays, or tuples, lists and dicts of them: flat, and back again.

A list of plain numbers is a vector, as NumPy reads it; a list of anything else is a container.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from diffcompare.errors import DiffCompareError, PointError
from diffcompare.expression.variable import Variable


def as_argument(value: Any) -> Any:
    """An argument as it is differentiated: numbers are floats, lists of numbers vectors, whole numbers made real.

    Raises `DiffCompareError` for anything that is neither a number nor an array nor a container of them, `PointError`
    for a whole number that no double can hold.

    >>> as_argument({"w": [1, 2], "b": 3})
    {'w': array([1., 2.]), 'b': 3.0}
    """
    if isinstance(value, np.ndarray):
        return value.astype(float) if value.dtype.kind in "biu" else value
    if isinstance(value, Variable):
        return value
    if isinstance(value, dict):
        return {key: as_argument(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        if value and all(map(_is_number, value)):
            return _vector(value)
        return type(value)(map(as_argument, value))
    if isinstance(value, (numbers.Number, np.generic)):
        return _double(value) if isinstance(value, (numbers.Rational, float, np.bool_)) else value
    raise DiffCompareError(f"{value!r:.40} is a {type(value).__name__}; arguments are numbers, arrays or lists of them")


def leaves(value: Any) -> list[Any]:
    """The numbers and arrays in a value, in order.

    >>> leaves({"w": (1.0, 2.0), "b": 3.0})
    [1.0, 2.0, 3.0]
    """
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, (list, tuple)) else [value]


def rebuilt(like: Any, flat: Sequence[Any]) -> Any:
    """The flat values in the arrangement of `like`.

    >>> rebuilt({"w": (1.0, 2.0), "b": 3.0}, [4.0, 5.0, 6.0])
    {'w': (4.0, 5.0), 'b': 6.0}
    """
    return _built(like, iter(flat))


def rebuilding(like: Any) -> Callable[[Sequence[Any]], Any]:
    """What `rebuilt` does for one arrangement, many times.

    >>> rebuilding((1.0, 2.0))([4.0, 5.0])
    (4.0, 5.0)
    """
    if not isinstance(like, (dict, list, tuple)):
        return itemgetter(0)
    flat = type(like) is tuple and not any(isinstance(item, (dict, list, tuple)) for item in like)
    return tuple if flat else partial(rebuilt, like)


def _built(part: Any, rest: Iterator[Any]) -> Any:
    """No function inside `rebuilt`: it would refer to itself and keep a whole trace until the garbage is collected."""
    if isinstance(part, dict):
        return {key: _built(item, rest) for key, item in part.items()}
    return type(part)([_built(item, rest) for item in part]) if isinstance(part, (list, tuple)) else next(rest)


def _double(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        raise PointError("a whole number is beyond the largest double, 1.8e308; give a smaller one") from None


def _is_number(value: Any) -> bool:
    if isinstance(value, (np.ndarray, Variable)):
        return isinstance(value, Variable) and not value.shape
    return isinstance(value, numbers.Real)


def _vector(values: Sequence[Any]) -> Any:
    from diffcompare.expression.arrays.indexing import joined

    if any(isinstance(value, Variable) for value in values):
        return joined(np.array(values, dtype=object))
    return np.array(values, dtype=float)
