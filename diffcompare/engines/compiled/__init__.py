"""Compiled execution: a derivative recorded once, simplified, and run as straight-line code.

The results are the tape's bit for bit, but for the sign of a zero where the tape leaves out a product with a partial
that happens to be 0 at the point.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.automatic import reverse
from diffcompare.engines.compiled.compilation import Compilation
from diffcompare.engines.compiled.python_code import on_arguments
from diffcompare.engines.compiled.request import requested
from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import Function, function, point_inputs
from diffcompare.expression.point import Point

WAYS = ("python", "numpy", "numba", "tape")


def compile(  # noqa: A001  the word for it, as in dc.compile
    f: Any, at: Mapping[str, Any], want: str = "gradient", argnums: int | Sequence[int] | None = None,
    way: str | None = None, fma: bool = False,
) -> Callable[..., Any]:  # fmt: skip
    """A function, or a derivative of it, as fast code for points of the shapes and types of `at`.

    The result takes the arguments of f, by place or by name, and for "hvp" a direction after them.  It returns the
    value, or derivatives of the shape of the arguments `argnums` (all by default; a tuple of them where f has several),
    a pair of both, or a Jacobian of the shape of the output followed by that of the argument.

    Raises `DiffCompareError` for a want, way or argument that does not exist, `PointError` for a point that does not
    fit, at once or when the result is called.

    >>> import diffcompare as dc
    >>> gradient = dc.compile("ln(x1) + x1*x2 - sin(x2)", at={"x1": 2.0, "x2": 5.0})
    >>> gradient(2.0, 5.0), gradient(x2=5, x1=1)
    ((5.5, 1.7163378145367738), (6.0, 0.7163378145367738))
    """
    if way is not None and way not in WAYS:
        raise DiffCompareError(f"there is no way {way!r}; there are {', '.join(WAYS)}")
    source = function(f)
    if fma and way != "numba":
        raise DiffCompareError('fma is for the kernels of way="numba"; elsewhere every operation rounds')
    compilation = Compilation(requested(source, at, want, argnums), way=way, fma=fma)
    if way not in (None, "python") or not compilation.of_numbers:
        return compilation
    fast = on_arguments(compilation.request, compilation.branches[0].recording, compilation)
    if fast is None:
        return compilation
    vars(fast).update(ways=compilation.ways, operations=compilation.operations)
    return fast


def compiled(function: Function, point: Point) -> Derivatives:
    """The engine: value and Jacobian by a program that is recorded once and kept as long as the function."""
    key = tuple((name, np.shape(value)) for name, value in point.items())
    kept = _KEPT.setdefault(function, {})
    if key not in kept:
        start = time.perf_counter()
        request = requested(function, point, "value_and_jacobian", None)
        kept[key] = Compilation(request, entrywise=True), time.perf_counter() - start
    compilation, seconds = kept[key]
    branch, found = compilation.program_at(point, point_inputs(point))
    operations = branch.recording.graph.operations()
    if found is None:
        answer = reverse(function, point)
        return replace(answer, note="by the tape: a result is not finite")
    m, n = len(branch.recording.primal.outputs), len(branch.recording.primal.names)
    jacobian = np.array(found[m:], dtype=float).reshape(m, n)
    return Derivatives(list(found[:m]), jacobian, min(m, n), operations, f"compiled once, in {1e3 * seconds:.2g} ms")


_KEPT: WeakKeyDictionary[Function, dict[Any, tuple[Compilation, float]]] = WeakKeyDictionary()
