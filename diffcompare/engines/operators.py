"""The operators over automatic differentiation: one vocabulary, all nestable.

`f` is a Function or a plain callable; every operator returns a function of the same arguments.  An argument is a
number, an array of any shape, or a tuple, list or dict of them; derivatives by it have its shape.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from diffcompare.engines import derivatives
from diffcompare.engines.automatic import filled, input_adjoints, jacobian_blocks, tangents
from diffcompare.errors import DiffCompareError, TracingError
from diffcompare.expression.arrays.indexing import arrayed
from diffcompare.expression.containers import as_argument, leaves, rebuilt
from diffcompare.expression.function import Function, function, with_inputs
from diffcompare.expression.graph import Graph
from diffcompare.expression.primitives.structural import concatenate, dtype_of, is_complex, reshape, shape_of, size_of
from diffcompare.expression.variable import Trace, Variable, kept_array

Operator = Callable[..., Any]
AUTOMATIC = ("forward", "reverse")
LONGEST = 2.0**1000  # that a tangent is stretched by


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


def grad(f: Any, argnums: int | Sequence[int] = 0, engine: str = "reverse") -> Operator:
    """The gradient of a scalar function: of the shape of the argument, a float for a number.

    Raises `DiffCompareError` where f has several outputs (use `jacobian`).

    >>> import diffcompare as dc
    >>> dc.grad(lambda x: x**3)(2.0), dc.grad(dc.grad(lambda x: x**3))(2.0)
    (12.0, 12.0)
    >>> dc.grad(lambda x: x[0] * x[1])([2.0, 5.0])
    array([5., 2.])
    """
    both = value_and_grad(f, argnums, engine)
    return lambda *arguments: both(*arguments)[1]


def value_and_grad(f: Any, argnums: int | Sequence[int] = 0, engine: str = "reverse") -> Operator:
    """The value and the gradient in one go, as a pair.

    >>> import diffcompare as dc
    >>> dc.value_and_grad(lambda x: x**2)(3.0)
    (9.0, 6.0)
    """

    @no_collection()
    def value_and_gradient(*arguments: Any) -> tuple[Any, Any]:
        call = Call(f, arguments, argnums, engine)
        if len(call.outputs) != 1 or size_of(call.outputs[0]) != 1:
            count = sum(map(size_of, call.outputs))
            raise DiffCompareError(f"a gradient needs one output, and the function has {count}; use jacobian")
        if engine == "reverse":
            return call.outputs[0], call.shaped(call.pulled([_one(call.outputs[0])]))
        if engine == "forward":
            (row,) = jacobian_blocks(call.graph, engine)
            row = [reshape(shape_of(x))(block) for block, x in zip(row, call.inputs, strict=True)]
        else:
            (row,) = call.rows(engine)
        return call.outputs[0], call.shaped(row)

    return value_and_gradient


def jacobian(f: Any, argnums: int | Sequence[int] = 0, engine: str = "reverse") -> Operator:
    """The Jacobian, of the shape of the output followed by the shape of the argument.

    >>> import diffcompare as dc
    >>> dc.jacobian(lambda x: [x[0] * x[1], x[0]])([2.0, 5.0])
    array([[5., 2.],
           [1., 0.]])
    """

    @no_collection()
    def jacobian_of(*arguments: Any) -> Any:
        call = Call(f, arguments, argnums, engine)
        if engine in AUTOMATIC:
            return rebuilt(call.result, list(map(call.shaped, jacobian_blocks(call.graph, engine))))
        rows = iter(call.rows(engine))
        blocks = []
        for output in call.outputs:
            own = [next(rows) for _ in range(size_of(output))]
            columns = [_arranged([row[j] for row in own], shape_of(output), x) for j, x in enumerate(call.inputs)]
            blocks.append(call.shaped(columns))
        return rebuilt(call.result, blocks)

    return jacobian_of


def jvp(f: Any, argnums: int | Sequence[int] = 0, engine: str = "forward") -> Operator:
    """The pushforward at the arguments: `jvp(f)(x)(x_dot)` is J x_dot, one forward pass or one difference.

    >>> import diffcompare as dc
    >>> dc.jvp(lambda x: x[0] * x[1])([2.0, 5.0])([1.0, 0.0])
    5.0
    """

    def at(*arguments: Any) -> Operator:
        call = Call(f, arguments, argnums, engine, lasting=True)

        def pushforward(x_dot: Any) -> Any:
            parts = (x_dot,) if call.single else tuple(x_dot)
            seeds = checked_seeds(tuple(map(as_argument, parts)), call.inputs, "tangent")
            if engine in AUTOMATIC:
                v_dot = tangents(call.graph, seeds)
                found = [filled(v_dot[i], call.graph.nodes[i].value) for i in call.graph.outputs]
            else:
                found = call.along(seeds, engine)
            return rebuilt(call.result, list(map(_plain_float, found)))

        return pushforward

    return at


def vjp(f: Any, argnums: int | Sequence[int] = 0, engine: str = "reverse") -> Operator:
    """The pullback at the arguments: `vjp(f)(x)(y_bar)` is y_bar J, one reverse pass.

    >>> import diffcompare as dc
    >>> dc.vjp(lambda x: [x[0] * x[1], x[0]])([2.0, 5.0])([1.0, 10.0])
    array([15.,  2.])
    """

    def at(*arguments: Any) -> Operator:
        call = Call(f, arguments, argnums, engine, lasting=True)

        def pullback(y_bar: Any) -> Any:
            seeds = checked_seeds(as_argument(y_bar), call.outputs, "adjoint")
            if engine in AUTOMATIC:
                return call.shaped(call.pulled(seeds))
            weights = [w for seed in seeds for w in np.ravel(seed)]
            columns = zip(*call.rows(engine), strict=True)
            return call.shaped([sum(w * part for w, part in zip(weights, column, strict=True)) for column in columns])

        return pullback

    return at


def hessian(f: Any, argnums: int = 0, engine: str = "reverse") -> Operator:
    """The Hessian of a scalar function, of the argument's shape twice: forward mode over the gradient.

    >>> import diffcompare as dc
    >>> dc.hessian(lambda x: x[0] ** 2 * x[1])([2.0, 5.0])
    array([[10.,  4.],
           [ 4.,  0.]])
    """
    return jacobian(grad(f, argnums), argnums, "forward" if engine == "reverse" else engine)


def hvp(f: Any, argnums: int = 0, engine: str = "reverse") -> Operator:
    """The Hessian-vector product: `hvp(f)(x)(v)` is H v, forward mode over reverse mode, no Hessian built.

    >>> import diffcompare as dc
    >>> dc.hvp(lambda x: x[0] ** 2 * x[1])([2.0, 5.0])([1.0, 0.0])
    array([10.,  4.])
    """
    return jvp(grad(f, argnums), argnums, "forward" if engine == "reverse" else engine)


def derivative(f: Any, order: int = 1, argnums: int = 0, engine: str = "reverse") -> Operator:
    """The n-th derivative of a function of a scalar argument; order 0 is the function itself.

    Raises `DiffCompareError` for a negative order.

    >>> import diffcompare as dc
    >>> dc.derivative(lambda x: x**5, order=3)(2.0)
    240.0
    """
    if order < 0 or order != int(order):
        raise DiffCompareError(f"a derivative of order {order} does not exist; give a whole number >= 0")
    g = function(f) if isinstance(f, str) else f
    for _ in range(order - 1):
        g = jacobian(g, argnums, "reverse")
    return jacobian(g, argnums, engine) if order else g


def gradient(f: Any, at: Mapping[str, Any], engine: str = "reverse", h: float | str | None = None) -> dict[str, Any]:
    """The gradient by name: `{variable: derivative}`, an array of shape (n,) for a vector variable.

    `h` is the step of a finite-difference engine: a number, or one of the rules "textbook", "relative", "estimated".
    Raises `DiffCompareError` for several outputs, an unknown engine, or a step that does not fit.

    >>> import diffcompare as dc
    >>> dc.gradient("x1 * x2", at={"x1": 2, "x2": 5})
    {'x1': 5.0, 'x2': 2.0}
    >>> dc.gradient("x^2", at={"x": 3}, engine="finite-central", h=0.5)
    {'x': 6.0}
    """
    g = function(f)
    point = g.at(at)
    found = derivatives(g, point, engine, h)
    if len(found.value) != 1:
        raise DiffCompareError(f"a gradient needs one output, and the function has {len(found.value)}; use jacobian")
    return with_inputs(point, found.jacobian[0].tolist())


OBJECTS = (
    "np.array([x, y]) and np.asarray(x) make arrays of objects of traced values, which NumPy refused here ({}); "
    "write np.array([x, y], like=x) or np.stack([x, y])"
)


class Call:
    """A function, its arguments, its result, and for automatic differentiation its trace, each array as one value.

    A `lasting` one is used when its caller may have written into the arguments, and copies them.
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
        self.single = isinstance(argnums, int)
        wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for k in wanted:
            if not -len(arguments) <= k < len(arguments):
                raise DiffCompareError(f"argnums {k} does not fit a call with {len(arguments)} arguments")
        self.wanted = tuple(k % len(arguments) for k in wanted)
        self.arguments = list(arguments)
        self.arranged = tuple(as_argument(arguments[k]) for k in self.wanted)
        self.inputs = leaves(self.arranged)
        if lasting:
            self.inputs = [kept_array(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in self.inputs]
        name = getattr(self.function, "name", "the function")
        if engine in AUTOMATIC:
            trace = Trace(entrywise=False)
            bound = [trace.input(f"x{k + 1}", leaf) for k, leaf in enumerate(self.inputs)]
            self.result = as_result(self.run(bound), name)
            self.graph: Graph = trace.graph(leaves(self.result))
            self.outputs = list(map(_plain_float, self.graph.values))
        else:
            self.result = as_result(self.run(list(map(np.copy, self.inputs))), name)
            self.outputs = list(map(_plain_float, leaves(self.result)))

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
        return [filled(v_bar, x) for v_bar, x in zip(input_adjoints(self.graph, y_bar), self.inputs, strict=True)]

    def rows(self, engine: str) -> list[list[Any]]:
        """The Jacobian by an engine that calls the function, a row for each entry of an output."""
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
        parts = rebuilt(self.arranged, list(map(_plain_float, row)))
        return parts[0] if self.single else parts


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
        return arrayed([as_result(item, name) for item in result])
    if isinstance(result, (Variable, np.ndarray)):
        return arrayed(result)
    return result if isinstance(result, (float, complex, np.generic)) else flat_outputs(result, name)[0]


def _one(output: Any) -> Any:
    return np.ones(shape_of(output), dtype=dtype_of(output)) if shape_of(output) else 1.0


def _plain_float(value: Any) -> Any:
    """A double of NumPy's as a float of Python's."""
    return float(value) if type(value) is np.float64 else value


def _split(flat: Sequence[Any], like: Sequence[Any]) -> list[Any]:
    """Consecutive entries in the shapes of these values."""
    rest = iter(flat)
    return [_arranged([next(rest) for _ in range(size_of(value))], shape_of(value), 0.0) for value in like]


def _arranged(parts: list[Any], shape: tuple[int, ...], like: Any) -> Any:
    """Parts of the shape of `like`, in an array of that shape of them, which may be empty."""
    if not shape:
        return parts[0]
    whole = (*shape, *shape_of(like))
    if not parts:
        return np.zeros(whole, dtype_of(like))
    if any(isinstance(part, Variable) for part in parts):
        rows = [reshape((1, *shape_of(part)))(part) for part in parts]
        return reshape(whole)(concatenate(rows, 0))
    return np.array(parts).reshape(whole)


def _flat(result: Any) -> list[Any]:
    return [entry for leaf in leaves(result) for entry in (np.ravel(leaf).tolist() if shape_of(leaf) else [leaf])]
