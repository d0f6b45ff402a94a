"""The operators over automatic differentiation: one vocabulary, all nestable.

`f` is a Function or a plain callable; every operator returns a function of the same arguments.  An argument is a
number or a vector; derivatives by it have its shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from diffcompare.engines import derivatives
from diffcompare.engines.automatic import adjoints, jacobian_columns, jacobian_rows, tangents
from diffcompare.errors import DiffCompareError
from diffcompare.expression.function import Function, bind, flat_outputs, function, with_inputs
from diffcompare.expression.graph import Graph
from diffcompare.expression.numpy_protocol import Entries, entries, is_vector
from diffcompare.expression.variable import Trace, Variable

Operator = Callable[..., Any]


def grad(f: Any, argnums: int | Sequence[int] = 0, engine: str = "reverse") -> Operator:
    """The gradient of a scalar function: a float for a scalar argument, an array of shape (n,) for a vector.

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

    def value_and_gradient(*arguments: Any) -> tuple[Any, Any]:
        call = Call(f, arguments, argnums)
        value, rows = call.rows(engine)
        if len(rows) != 1:
            raise DiffCompareError(f"a gradient needs one output, and the function has {len(rows)}; use jacobian")
        return value[0], call.shaped(rows[0])

    return value_and_gradient


def jacobian(f: Any, argnums: int | Sequence[int] = 0, engine: str = "reverse") -> Operator:
    """The Jacobian, shape (m, n); without the axis of a scalar argument or a single output.

    >>> import diffcompare as dc
    >>> dc.jacobian(lambda x: [x[0] * x[1], x[0]])([2.0, 5.0])
    array([[5., 2.],
           [1., 0.]])
    """

    def jacobian_of(*arguments: Any) -> Any:
        call = Call(f, arguments, argnums)
        _, rows = call.rows(engine)
        shaped = [call.shaped(row) for row in rows]
        if call.single:
            return shaped[0]
        if isinstance(call.argnums, int):
            return call.arranged(shaped)
        return tuple(call.arranged([row[k] for row in shaped]) for k in range(len(call.argnums)))

    return jacobian_of


def jvp(f: Any, argnums: int = 0, engine: str = "forward") -> Operator:
    """The pushforward at the arguments: `jvp(f)(x)(x_dot)` is J x_dot, one forward pass.

    >>> import diffcompare as dc
    >>> dc.jvp(lambda x: x[0] * x[1])([2.0, 5.0])([1.0, 0.0])
    5.0
    """

    def at(*arguments: Any) -> Operator:
        call = Call(f, arguments, argnums)

        def pushforward(x_dot: Any) -> Any:
            seeds = flat(x_dot)
            call.check_length(seeds, len(call.graph.names), "tangent")
            if engine in ("forward", "reverse"):
                v_dot = tangents(call.graph, seeds)
                columns = [0.0 if v_dot[i] is None else v_dot[i] for i in call.graph.outputs]
            else:
                columns = [sum(a * b for a, b in zip(row, seeds, strict=True)) for row in call.rows(engine)[1]]
            return columns[0] if call.single else stacked(columns)

        return pushforward

    return at


def vjp(f: Any, argnums: int = 0, engine: str = "reverse") -> Operator:
    """The pullback at the arguments: `vjp(f)(x)(y_bar)` is y_bar J, one reverse pass.

    >>> import diffcompare as dc
    >>> dc.vjp(lambda x: [x[0] * x[1], x[0]])([2.0, 5.0])([1.0, 10.0])
    array([15.,  2.])
    """

    def at(*arguments: Any) -> Operator:
        call = Call(f, arguments, argnums)

        def pullback(y_bar: Any) -> Any:
            seeds = flat(y_bar)
            call.check_length(seeds, len(call.graph.outputs), "adjoint")
            if engine in ("forward", "reverse"):
                v_bar = adjoints(call.graph, seeds)[: len(call.graph.names)]
                return call.shaped([0.0 if bar is None else bar for bar in v_bar])
            rows = call.rows(engine)[1]
            return call.shaped(
                [sum(w * row[j] for w, row in zip(seeds, rows, strict=True)) for j in range(len(rows[0]))]
            )

        return pullback

    return at


def hessian(f: Any, argnums: int = 0, engine: str = "reverse") -> Operator:
    """The Hessian of a scalar function, shape (n, n): forward mode over the gradient.

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


class Call:
    """A function, its arguments, and the trace of it by those that are differentiated."""

    def __init__(self, f: Any, arguments: tuple[Any, ...], argnums: int | Sequence[int]) -> None:
        self.function = function(f) if isinstance(f, str) else f
        self.arguments = arguments
        self.argnums = argnums if isinstance(argnums, int) else tuple(argnums)
        self.wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for k in self.wanted:
            if not -len(arguments) <= k < len(arguments):
                raise DiffCompareError(f"argnums {k} does not fit a call with {len(arguments)} arguments")
        self.wanted = tuple(k % len(arguments) for k in self.wanted)
        trace = Trace()
        names = function(self.function).names if isinstance(self.function, Function) else ()
        bound = list(arguments)
        for k in self.wanted:
            name = names[k] if k < len(names) else f"x{k + 1}"
            bound[k] = bind(trace, name, as_argument(arguments[k]))
        result = self.function(*bound)
        self.single = not is_vector(result)
        self.shape: tuple[int, ...] = getattr(result, "shape", (-1,))
        label = getattr(self.function, "name", getattr(self.function, "__name__", "the function"))
        self.graph: Graph = trace.graph(flat_outputs(result, label))

    def rows(self, engine: str) -> tuple[list[Any], list[list[Any]]]:
        """The outputs and the Jacobian's rows by an engine."""
        if engine == "reverse":
            return self.graph.values, jacobian_rows(self.graph)
        if engine == "forward":
            columns = jacobian_columns(self.graph)
            return self.graph.values, [list(row) for row in zip(*columns, strict=True)]
        found = derivatives(self.as_function(), self.point(), engine)
        return list(found.value), found.jacobian.tolist()

    def as_function(self) -> Function:
        """The function of the differentiated arguments alone, for the engines that take a Function and a point."""

        def restricted(**given: Any) -> Any:
            arguments = list(self.arguments)
            for k in self.wanted:
                arguments[k] = given[f"x{k + 1}"]
            return self.function(*arguments)

        return Function(restricted, "the function", tuple(f"x{k + 1}" for k in self.wanted))

    def point(self) -> dict[str, Any]:
        """The differentiated arguments as a point; they must be plain numbers for a numerical engine."""
        return {f"x{k + 1}": as_argument(self.arguments[k]) for k in self.wanted}

    def shaped(self, row: Sequence[Any]) -> Any:
        """A flat row of derivatives in the shape of the arguments they belong to."""
        shaped = []
        start = 0
        for k in self.wanted:
            argument = as_argument(self.arguments[k])
            if is_vector(argument):
                shaped.append(stacked(list(row[start : start + len(argument)])))
                start += len(argument)
            else:
                shaped.append(row[start])
                start += 1
        return shaped[0] if isinstance(self.argnums, int) else tuple(shaped)

    def arranged(self, rows: list[Any]) -> Any:
        """One derivative per output, in the shape of the outputs followed by the shape of the argument."""
        array = stacked(rows)
        return array.reshape(self.shape + array.shape[1:]) if len(self.shape) > 1 else array

    def check_length(self, seeds: Sequence[Any], wanted: int, kind: str) -> None:
        """Raise where a tangent or adjoint does not have one entry per input or output."""
        if len(seeds) != wanted:
            raise DiffCompareError(f"the {kind} has {len(seeds)} entries; this function needs {wanted}")


def as_argument(value: Any) -> Any:
    """An argument as it is traced: a number, a variable, or a vector of either."""
    if isinstance(value, (list, tuple)):
        value = stacked(list(value))
    if isinstance(value, np.ndarray):
        if value.ndim > 1:
            raise DiffCompareError(f"an argument of shape {value.shape} is not a vector; flatten it")
        return value if value.dtype == object or value.ndim == 0 else value.astype(float)
    return value


def flat(value: Any) -> list[Any]:
    """A number or a vector as a list of scalars."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return list(value) if is_vector(value) else [value]


def stacked(values: list[Any]) -> Any:
    """A list of scalars or rows as one array; entries stay traced where they are."""
    if any(isinstance(v, (Variable, Entries)) for v in values):
        if not any(is_vector(v) for v in values):
            return entries(values)
        array = np.empty((len(values), len(values[0])), dtype=object)
        for i, row in enumerate(values):
            array[i, :] = list(row)
        return array.view(Entries)
    return np.array(values, dtype=float)
