"""Compiled execution: a derivative recorded once, simplified, and run as straight-line code.

The results are the tape's bit for bit where the operations are the same, but for the sign of a zero where the tape
leaves out a product with a partial that happens to be 0 at the point.  The same operation is not the same everywhere:
Python, NumPy and Numba have sums, products, quotients and roots in common, each rounded correctly; of exp, sin, tanh,
powers and the like the last places may differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.compiled.compilation import LONGEST, Compilation
from diffcompare.engines.compiled.python_code import on_arguments
from diffcompare.engines.compiled.request import Request, requested
from diffcompare.engines.jacobian import reverse
from diffcompare.engines.whole_arrays import NOTE, real_entries
from diffcompare.errors import DiffCompareError, TracingError
from diffcompare.expression.containers import leaves
from diffcompare.expression.function import Function, function
from diffcompare.expression.point import Point, point_inputs
from diffcompare.expression.primitives.structural import size_of

WAYS = ("python", "numpy", "numba", "tape")


def compile(  # noqa: A001  the word for it, as in dc.compile
    f: Any, at: Mapping[str, Any], want: str = "gradient", argnums: int | Sequence[int] | None = None,
    way: str | None = None, fma: bool = False,
) -> Callable[..., Any]:  # fmt: skip
    """A function, or a derivative of it, as fast code for points of the shapes and types of `at`.

    `want` is "value", "gradient", "value_and_gradient", "jacobian", "value_and_jacobian" or "hvp".  The result takes
    the arguments of f, by place or by name, and for "hvp" a direction after them, of the shape of the gradient.  It
    returns the value, or derivatives of the shape of the arguments `argnums` (all by default; a tuple of them where f
    has several), a pair of both, or a Jacobian of the shape of the output followed by that of the argument.  Of a
    function of numbers it also takes arrays of points: the axes of the points come first, in arguments and results.

    A program holds on one branch of f, with what f read beside its arguments when it was traced; a point on another
    branch is traced once more.  It runs as straight-line Python at one point, by NumPy in blocks at many points, and by
    a plan of NumPy's calls where f works on arrays.  With Numba (`pip install 'diffcompare[jit]'`) kernels take over
    from NumPy where they give the same bits and are faster, once the calls have taken as long as compiling may take.
    `way` = "python", "numpy", "numba" or "tape" forces one, and `.ways` of the result says which it is.  With `fma` a
    kernel may round a product and a sum once.

    Raises `DiffCompareError` for a want, way or argument that does not exist, `PointError` for a point that does not
    fit, at once or when the result is called, which raises a `TypeError` for arguments that f does not have.

    >>> import diffcompare as dc
    >>> gradient = dc.compile("ln(x1) + x1*x2 - sin(x2)", at={"x1": 2.0, "x2": 5.0})
    >>> gradient(2.0, 5.0), gradient(x2=5, x1=1)
    ((5.5, 1.7163378145367738), (6.0, 0.7163378145367738))
    >>> dc.compile("x^3", at={"x": 1.0}, way="numpy")(np.array([1.0, 2.0, 3.0]))
    array([ 3., 12., 27.])
    """
    if way is not None and way not in WAYS:
        raise DiffCompareError(f"there is no way {way!r}; there are {', '.join(WAYS)}")
    source = function(f)
    if fma and way != "numba":
        raise DiffCompareError('fma is for the kernels of way="numba"; elsewhere every operation rounds')
    compilation = Compilation(requested(source, at, want, argnums), way=way, fma=fma)
    first = compilation.branches[0].recording
    if way not in (None, "python") or not compilation.of_numbers or len(first.graph.nodes) > LONGEST:
        return compilation
    fast = on_arguments(compilation.request, first, compilation)
    if fast is None:
        return compilation
    vars(fast).update(ways=compilation.ways, operations=compilation.operations)
    return fast


class Compiled:
    """The engine: value and Jacobian by a program that is recorded once and kept for the next point.

    It is kept as long as this object, which a study asks about one function several times in a row.  Nothing is kept
    from one `dc.gradient` to the next: what a Python function reads beside its arguments may have changed meanwhile.
    """

    def __init__(self) -> None:
        self._kept: dict[Any, tuple[Compilation, float]] = {}

    def __call__(self, function: Function, point: Point) -> Derivatives:
        """By entries; by whole arrays where no entry can go through the function."""
        key = (function, tuple((name, np.shape(value)) for name, value in point.items()))
        if key not in self._kept:
            start = time.perf_counter()
            made = _compilation(requested(function, point, "value_and_jacobian", None))
            self._kept[key] = made, time.perf_counter() - start
        compilation, seconds = self._kept[key]
        note = f"compiled once, in {1e3 * seconds:.2g} ms"
        if not compilation.entrywise:
            return _on_whole_arrays(compilation, point, f"{note}; {NOTE}")
        branch, found = compilation.program_at(point, point_inputs(point))
        if found is None:
            return replace(reverse(function, point), note="by the tape: the program gives nan")
        m, n = len(branch.recording.primal.outputs), len(branch.recording.primal.names)
        jacobian = np.array(found[m:], dtype=float).reshape(m, n)
        return Derivatives(list(found[:m]), jacobian, min(m, n), branch.recording.graph.operations(), note)


def _compilation(request: Request) -> Compilation:
    try:
        return Compilation(request, entrywise=True)
    except TracingError:
        return Compilation(request, entrywise=False)


def _on_whole_arrays(compilation: Compilation, point: Point, note: str) -> Derivatives:
    """The blocks of a Jacobian, one for each output and argument, as rows."""
    value, jacobian = compilation(*point.values())
    outputs, blocks = leaves(value), iter(leaves(jacobian))
    rows = [
        np.concatenate([np.reshape(next(blocks), (size_of(y), size_of(x))) for x in point.values()], axis=1)
        for y in outputs
    ]
    values = real_entries(outputs, compilation.request.function)
    found = np.concatenate(rows) + 0.0  # -0.0 of a seed 0 is 0
    return Derivatives(values, found, min(found.shape), None, note)
