"""One call of a function that is differentiated by its arguments: what they hold, what it returned, and its trace."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import index
from typing import Any

import numpy as np

from diffcompare.engines import derivatives
from diffcompare.engines.automatic import filled, input_adjoints, tangents
from diffcompare.engines.jacobian import jacobian_columns, jacobian_rows
from diffcompare.errors import DiffCompareError, TracingError
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.containers import as_argument, leaves, rebuilt
from diffcompare.expression.entries import Entries, entries
from diffcompare.expression.function import Function, bind, function
from diffcompare.expression.graph import Graph
from diffcompare.expression.operands import kept_array
from diffcompare.expression.primitives.indexing import concatenate
from diffcompare.expression.primitives.structural import dtype_of, is_complex, reshape, shape_of, size_of
from diffcompare.expression.variable import Trace, Variable

AUTOMATIC = ("forward", "reverse")
LONGEST = 2.0**1000  # that a tangent is stretched by
OBJECTS = (
    "np.array([x, y]) and np.asarray(x) make arrays of objects of traced values, which NumPy refused here ({}); "
    "write np.array([x, y], like=x) or np.stack([x, y])"
)


class Call:
    """A function, its arguments, its result, and for automatic differentiation its trace, each array as one value.

    Where the arguments are traced entry by entry already, as by an engine that is given a derivative to differentiate,
    so is the call (`entrywise`).  A `lasting` one is used when its caller may have written into the arguments, and
    copies them.
    """

    def __init__(
        self,
        f: Any,
        arguments: tuple[Any, ...],
        argnums: int | Sequence[int],
        engine: str,
        lasting: bool = False,
    ) -> None:
        self.function = function(f) if isinstance(f, str) else f
        self.wanted, self.single = places(argnums, len(arguments))
        self.arguments = list(arguments)
        self.arranged = tuple(as_argument(arguments[k]) for k in self.wanted)
        self.inputs = leaves(self.arranged)
        if lasting:
            self.inputs = [kept_array(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in self.inputs]
        name = getattr(self.function, "name", "the function")
        self.entrywise = engine in AUTOMATIC and any(map(of_entries, self.inputs))
        if self.entrywise:
            trace = Trace()
            self.result = as_result(self.run([bind(trace, "x", leaf) for leaf in self.inputs]), name)
            self.graph: Graph = trace.graph(_flat(self.result))
            self.outputs = _split(self.graph.values, leaves(self.result))
        elif engine in AUTOMATIC:
            trace = Trace(entrywise=False)
            bound = [trace.input(f"x{k + 1}", leaf) for k, leaf in enumerate(self.inputs)]
            self.result = as_result(self.run(bound), name)
            self.graph = trace.graph(leaves(self.result))
            self.outputs = list(map(plain_float, self.graph.values))
        else:
            self.result = as_result(self.run(list(map(np.copy, self.inputs))), name)
            self.outputs = list(map(plain_float, leaves(self.result)))

    def run(self, inputs: Sequence[Any]) -> Any:
        """The function with these leaves for the differentiated arguments."""
        arguments = list(self.arguments)
        for k, argument in zip(self.wanted, rebuilt(self.arranged, inputs), strict=True):
            arguments[k] = argument
        try:
            return self.function(*arguments)
        except (TypeError, ValueError) as error:
            if isinstance(error.__cause__, DiffCompareError):  # NumPy replaces errors that its coercion meets
                raise error.__cause__ from error
            if isinstance(error, TypeError) and "ufunc" in str(error):
                raise TracingError(OBJECTS.format(error)) from error
            raise

    def pulled(self, y_bar: Sequence[Any]) -> list[Any]:
        """One reverse pass: a derivative an input."""
        if self.entrywise:
            found = zip(input_adjoints(self.graph, _flat(y_bar)), _flat(self.inputs), strict=True)
            return _split([filled(v_bar, x) for v_bar, x in found], self.inputs)
        return [filled(v_bar, x) for v_bar, x in zip(input_adjoints(self.graph, y_bar), self.inputs, strict=True)]

    def pushed(self, x_dot: Sequence[Any]) -> list[Any]:
        """One forward pass: a derivative an output."""
        v_dot = tangents(self.graph, _flat(x_dot) if self.entrywise else x_dot)
        found = [filled(v_dot[i], self.graph.nodes[i].value) for i in self.graph.outputs]
        return _split(found, self.outputs) if self.entrywise else found

    def rows(self, engine: str) -> list[list[Any]]:
        """The Jacobian by an engine that goes entry by entry, a row for each entry of an output."""
        if self.entrywise:
            forward = engine == "forward"
            rows = zip(*jacobian_columns(self.graph), strict=True) if forward else iter(jacobian_rows(self.graph))
            return [_split(row, self.inputs) for row in rows]
        names = [f"x{k + 1}" for k in range(len(self.inputs))]
        source = Function(
            lambda **given: _flat(self.run([given[name] for name in names])), "the function", tuple(names)
        )
        found = derivatives(source, dict(zip(names, self.inputs, strict=True)), engine)
        return [_split(row, self.inputs) for row in found.jacobian]

    def along(self, x_dot: Sequence[Any], engine: str) -> list[Any]:
        """J x_dot, one derivative an output: the derivative of t -> f(x + t s x_dot) at 0 by an engine, over s.

        The power of two s lets a step of t move no input further than a step of its own would.
        """
        x, d = (np.concatenate([np.ravel(part) for part in parts]) for parts in (self.inputs, x_dot))
        moved = d != 0
        if not moved.any():
            return [filled(None, output) for output in self.outputs]
        reach = float(np.min(np.maximum(1.0, np.abs(x[moved])) / np.abs(d[moved])))
        s = 2.0 ** math.floor(math.log2(min(reach, LONGEST)))

        def line(t: Any) -> list[Any]:
            return _flat(self.run([x + t * (s * d) for x, d in zip(self.inputs, x_dot, strict=True)]))

        found = derivatives(Function(line, "the function"), {"t": 0.0}, engine)
        return _split([entry / s for entry in found.jacobian[:, 0]], self.outputs)

    def shaped(self, row: Sequence[Any]) -> Any:
        """Derivatives, one an input, in the arrangement of the arguments they belong to."""
        parts = rebuilt(self.arranged, list(map(plain_float, row)))
        return parts[0] if self.single else parts


def places(argnums: Any, count: int) -> tuple[tuple[int, ...], bool]:
    """Which of so many arguments are meant, and whether it is one by itself: whole numbers of any integer type.

    Raises `DiffCompareError` for anything else, and for an argument that there is not.

    >>> places(np.int64(-1), 2), places([0, 1], 2)
    (((1,), True), ((0, 1), False))
    """
    single = True
    try:
        wanted: tuple[int, ...] = (index(argnums),)
    except TypeError:
        single = False
        try:
            wanted = tuple(map(index, argnums))
        except TypeError:
            raise DiffCompareError(f"argnums {argnums!r:.40} is no whole number, nor a sequence of them") from None
    for k in wanted:
        if not -count <= k < count:
            raise DiffCompareError(f"argnums {k} does not fit a function of {count} arguments")
    return tuple(k % count for k in wanted), single


def checked_seeds(seeds: Any, like: Sequence[Any], kind: str) -> list[Any]:
    """One seed for each of these values, of its shape, real for a real one; raises `DiffCompareError` where not."""
    given = leaves(seeds)
    if len(given) != len(like):
        raise DiffCompareError(f"the {kind} has {len(given)} parts; this function needs {len(like)}")
    for seed, value in zip(given, like, strict=True):
        if shape_of(seed) != shape_of(value):
            raise DiffCompareError(f"the {kind} has shape {shape_of(seed)}; this function needs {shape_of(value)}")
        if is_complex(seed) and not is_complex(value):
            raise DiffCompareError(f"the {kind} of a real value is real; give its real part")
    return given


def as_result(result: Any, name: str) -> Any:
    """What a function returned, as numbers, arrays and containers of them; a list of numbers is a vector.

    Traced entries stay entries.

    Raises `TracingError` for anything else.
    """
    from diffcompare.expression.function import flat_outputs

    if isinstance(result, dict):
        return {key: as_result(item, name) for key, item in result.items()}
    if isinstance(result, (list, tuple)) and any(
        shape_of(item) or isinstance(item, (dict, list, tuple)) for item in result
    ):
        return type(result)(as_result(item, name) for item in result)
    if isinstance(result, (list, tuple)) and result:
        items = [as_result(item, name) for item in result]
        return entries(items, (len(items),)) if any(map(of_entries, items)) else arrayed(items)
    if isinstance(result, Variable):
        return result
    if isinstance(result, np.ndarray):
        return result if of_entries(result) else arrayed(result)
    return result if isinstance(result, (float, complex, np.generic)) else flat_outputs(result, name)[0]


def of_entries(value: Any) -> bool:
    """Whether a value is traced entry by entry; an array of values that are traced otherwise is none."""
    if isinstance(value, Entries):
        return any(map(of_entries, value.ravel().tolist()))
    return isinstance(value, Variable) and value.tape.entrywise


def plain_float(value: Any) -> Any:
    """A double of NumPy's as a float of Python's."""
    return float(value) if type(value) is np.float64 else value


def _split(flat: Sequence[Any], like: Sequence[Any]) -> list[Any]:
    """Consecutive entries in the shapes of these values."""
    rest = iter(flat)
    return [arranged([next(rest) for _ in range(size_of(value))], shape_of(value), 0.0) for value in like]


def arranged(parts: list[Any], shape: tuple[int, ...], like: Any) -> Any:
    """Parts of the shape of `like`, in an array of that shape of them, which may be empty."""
    if not shape:
        return parts[0]
    whole = (*shape, *shape_of(like))
    if any(map(of_entries, parts)):
        return entries(_flat(parts), whole)
    if not parts:
        return np.zeros(whole, dtype_of(like))
    if any(isinstance(part, Variable) for part in parts):
        rows = [reshape((1, *shape_of(part)))(part) for part in parts]
        return reshape(whole)(concatenate(rows, 0))
    return np.array(parts).reshape(whole)


def _flat(result: Any) -> list[Any]:
    return [entry for leaf in leaves(result) for entry in (np.ravel(leaf).tolist() if shape_of(leaf) else [leaf])]


@contextmanager
def no_collection() -> Iterator[None]:
    """No search for garbage in here: a tape grows by millions of objects, none of them garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
