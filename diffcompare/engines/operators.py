"""The operators over automatic differentiation: one vocabulary, all nestable.

`f` is a Function or a plain callable; every operator returns a function of the same arguments.  An argument is a
number, an array of any shape, or a tuple, list or dict of them; derivatives by it have its shape.  Other arrays that
the code of f uses count as they are when it uses them, also where it writes into them later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from diffcompare.engines import derivatives
from diffcompare.engines.call import AUTOMATIC, Call, arranged, checked_seeds, no_collection, plain_float
from diffcompare.engines.jacobian import jacobian_blocks
from diffcompare.errors import DiffCompareError
from diffcompare.expression.containers import as_argument, rebuilt
from diffcompare.expression.function import function
from diffcompare.expression.point import with_inputs
from diffcompare.expression.primitives.structural import dtype_of, reshape, shape_of, size_of

Operator = Callable[..., Any]


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
        if engine == "forward" and not call.entrywise:
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
        if engine in AUTOMATIC and not call.entrywise:
            return rebuilt(call.result, list(map(call.shaped, jacobian_blocks(call.graph, engine))))
        rows = iter(call.rows(engine))
        blocks = []
        for output in call.outputs:
            own = [next(rows) for _ in range(size_of(output))]
            columns = [arranged([row[j] for row in own], shape_of(output), x) for j, x in enumerate(call.inputs)]
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
            found = call.pushed(seeds) if engine in AUTOMATIC else call.along(seeds, engine)
            return rebuilt(call.result, list(map(plain_float, found)))

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


def _one(output: Any) -> Any:
    return np.ones(shape_of(output), dtype=dtype_of(output)) if shape_of(output) else 1.0
