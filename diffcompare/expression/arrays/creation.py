"""What NumPy makes of traced values or beside them: arrays of numbers, grids, and questions that only shapes answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompare.expression.arrays.axes import flat, lifted
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.primitives.primitive import concrete
from diffcompare.expression.primitives.structural import broadcast_to, cast, dtype_of, shape_of


def on_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result depends on shapes and types alone, on the plain values."""

    def plain(*arguments: Any, **options: Any) -> Any:
        return function(*map(_concrete, arguments), **options)

    return plain


def _concrete(value: Any) -> Any:
    return concrete(arrayed(value)) if isinstance(value, (list, tuple, np.ndarray)) else concrete(value)


def array(
    object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", subok: bool = False, ndmin: int = 0,  # noqa: A002  NumPy's
) -> Any:  # fmt: skip
    """np.array(..., like=x): lists of traced values as one traced array."""
    x = asarray(object, dtype)
    missing = ndmin - len(shape_of(x))
    return x[(None,) * missing] if missing > 0 else x


def asarray(a: Any, dtype: Any = None, order: Any = None, *, device: None = None, copy: Any = None) -> Any:
    x = arrayed(a)
    return x if dtype is None or np.dtype(dtype) == dtype_of(x) else cast(dtype)(x)


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: None = None) -> Any:
    return asarray(x, dtype)


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None,
    *, device: None = None,
) -> Any:  # fmt: skip
    like = arrayed(a)
    filled = broadcast_to(shape_of(like) if shape is None else tuple(np.atleast_1d(shape).tolist()))
    return asarray(filled(arrayed(fill_value)), dtype_of(like) if dtype is None else dtype)


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    rows = [flat(arrayed(x)) for x in xi]
    n = len(rows)
    places = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    grids = [lifted(row, place, n) for row, place in zip(rows, places, strict=True)]
    whole = np.broadcast_shapes(*map(shape_of, grids))
    return tuple(grid if sparse else broadcast_to(whole)(grid) for grid in grids)
