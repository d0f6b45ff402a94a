"""Automatic differentiation: forward mode (columns) and reverse mode (rows) over a traced graph.

Both modes are one loop over the list of nodes and know a primitive only by its partials.  The values in the graph may
be numbers or variables of an outer trace; in the second case what the loop computes is recorded there, so that the
derivative is itself a graph, which can be printed, counted and differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from diffcompare.expression.function import Function, bind
from diffcompare.expression.graph import Graph, Node
from diffcompare.expression.operands import has_nan
from diffcompare.expression.primitives import Operation, Primitive
from diffcompare.expression.primitives.piecewise import equal, where
from diffcompare.expression.primitives.primitive import Traced, concrete, has_objects
from diffcompare.expression.primitives.structural import (
    Structural,
    broadcast_to,
    cast,
    dtype_of,
    shape_of,
    unbroadcast,
)
from diffcompare.expression.variable import Trace, Variable


@np.errstate(all="ignore")
def tangents(graph: Graph, x_dot: Sequence[Any]) -> list[Any]:
    """Forward mode: the tangent of every node for a direction x_dot, one an input, of its shape; None stands for zero.

    Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., SIAM 2008, Section 3.1.

    >>> import diffcompare as dc
    >>> graph = dc.function("ln(x1) + x1*x2 - sin(x2)").trace({"x1": 2, "x2": 5})
    >>> tangents(graph, [1.0, 0.0])[graph.outputs[0]]
    5.5
    """
    v_dot: list[Any] = [
        *(None if is_zero(seed) else seed for seed in x_dot),
        *[None] * (len(graph.nodes) - len(x_dot)),
    ]
    for i, node in enumerate(graph.nodes):
        if node.primitive is None:
            continue
        total = None
        for k, j in enumerate(node.operands):
            if v_dot[j] is not None:
                total = plus(total, pushed(node.primitive, k, v_dot[j], node.value, graph.operand_values(node)))
        v_dot[i] = total
    return v_dot


def pushed(primitive: Operation, k: int, x_dot: Any, result: Any, operands: tuple[Any, ...]) -> Any:
    """The tangent of a result that the tangent of operand k causes, of the result's shape; None stands for zero."""
    if isinstance(primitive, Structural):
        return primitive.pushed(k, x_dot, result, operands)
    caused = times(primitive.partial(k, result, operands), x_dot)
    if caused is None or type(result) is float or shape_of(caused) == shape_of(result):
        return caused
    return broadcast_to(shape_of(result))(caused)


def pulled(primitive: Operation, k: int, v_bar: Any, result: Any, operands: tuple[Any, ...]) -> Any:
    """The adjoint that operand k receives, in its shape and number type; None stands for zero."""
    operand = operands[k]
    if isinstance(primitive, Structural):
        received = primitive.pullback(k, v_bar, result, operands)
    else:
        rule = primitive.partials[k]
        received = times(rule if isinstance(rule, float) else rule(result, *operands), v_bar)
    if received is None or type(received) is float is type(operand):
        return received
    arrays = type(received) is type(operand) is np.ndarray
    if arrays and received.shape == operand.shape and received.dtype == operand.dtype:
        return received
    received = unbroadcast(received, shape_of(operand))
    wanted = dtype_of(operand)
    return received if dtype_of(received) == wanted else cast(wanted)(received)


@np.errstate(all="ignore")
def adjoints(graph: Graph, y_bar: Sequence[Any]) -> list[Any]:
    """Reverse mode: the adjoint of every node for adjoints y_bar, one an output, of its shape; None stands for zero.

    Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., SIAM 2008, Section 3.2.

    >>> import diffcompare as dc
    >>> graph = dc.function("ln(x1) + x1*x2 - sin(x2)").trace({"x1": 2, "x2": 5})
    >>> [round(v_bar, 3) for v_bar in adjoints(graph, [1.0])[:2]]
    [5.5, 1.716]
    """
    v_bar: list[Any] = [None] * len(graph.nodes)
    sweep(graph, y_bar, v_bar)
    return v_bar


@np.errstate(all="ignore")
def input_adjoints(graph: Graph, y_bar: Sequence[Any]) -> list[Any]:
    """As `adjoints`, of the inputs alone; the others are let go as soon as they are passed on."""
    v_bar: list[Any] = [None] * len(graph.nodes)
    sweep(graph, y_bar, v_bar, keep=False)
    return v_bar[: len(graph.names)]


Note = Callable[[int, int, int, Any], None]


def sweep(graph: Graph, y_bar: Sequence[Any], v_bar: list[Any], note: Note | None = None, keep: bool = True) -> None:
    """The reverse sweep, accumulated in v_bar; the adjoints of operations are left there where they are to `keep`.

    `note` is told each update as it is made: target, source, operand number, contribution.
    """
    nodes, varied = graph.nodes, graph.varied()
    owned: set[int] = set()  # adjoints in arrays that nothing else refers to, so that they may change in place
    for i, seed in zip(graph.outputs, y_bar, strict=True):
        v_bar[i] = plus(v_bar[i], None if is_zero(seed) else seed)
    i = len(nodes)
    for node in reversed(nodes):
        i -= 1
        seed, primitive = v_bar[i], node.primitive
        if seed is None or primitive is None:
            continue
        if not keep:
            v_bar[i] = None
        if type(seed) is float and type(node.value) is float and isinstance(primitive, Primitive):  # of a long tape
            for k, j in enumerate(node.operands):
                if varied[j]:
                    rule = primitive.partials[k]
                    slope = rule if isinstance(rule, float) else _slope(rule, node, nodes)
                    contribution = slope * seed if type(slope) is float and slope and seed else times(slope, seed)
                    present = v_bar[j]
                    if present is None:
                        v_bar[j] = contribution
                    elif contribution is not None:
                        v_bar[j] = present + contribution
                    if note is not None:
                        note(j, i, k, contribution)
            continue
        operands = tuple([nodes[j].value for j in node.operands])
        accumulate = primitive.accumulate if isinstance(primitive, Structural) else None
        if accumulate is not None and not is_plain(seed):
            accumulate = None
        for k, j in enumerate(node.operands):
            if not varied[j]:
                continue
            if accumulate is not None:
                if j not in owned:
                    v_bar[j] = _buffer(v_bar[j], nodes[j].value, seed)
                    owned.add(j)
                accumulate(v_bar[j], seed)
                contribution = seed
            else:
                contribution = pulled(primitive, k, seed, node.value, operands)
                owned.discard(j)
                present = v_bar[j]
                v_bar[j] = contribution if present is None else plus(present, contribution)
            if note is not None:
                note(j, i, k, contribution)


def _slope(rule: Callable[..., Any], node: Node, nodes: list[Node]) -> Any:
    """What a rule gives at a node of a long tape.

    No tuple is made of one or two operands, which would be an eighth of the time of the whole tape.
    """
    places = node.operands
    if len(places) == 1:
        return rule(node.value, nodes[places[0]].value)
    if len(places) == 2:
        return rule(node.value, nodes[places[0]].value, nodes[places[1]].value)
    return rule(node.value, *[nodes[j].value for j in places])


def _buffer(present: Any, value: Any, v_bar: Any) -> Any:
    """The adjoint gathered so far, as an array of one's own; zeros where there is none."""
    if present is None:
        return np.zeros(shape_of(value), dtype=dtype_of(v_bar))
    return np.array(present)


def is_plain(value: Any) -> bool:
    """Whether a value is made of numbers alone."""
    return not isinstance(value, Traced) and not has_objects(value)


def times(partial: Any, seed: Any) -> Any:
    """partial * seed without multiplying by 0, 1 or -1; None where the product is a zero that nobody needs.

    A seed that is 0 stays 0 beside an infinite partial: the branch it belongs to does not reach the result.
    """
    if type(partial) is float and type(seed) is float:
        number = partial * seed
        return None if not partial or (number != number and not seed) else number
    if type(partial) is type(seed) is np.ndarray and partial.ndim and seed.ndim:
        if partial.dtype.kind == "b" and seed.dtype.kind == "f":
            return partial.astype(seed.dtype) * seed  # in two thirds of the time of a product with truth values
        product = partial * seed
        return product if partial.dtype.kind == "b" or product.dtype.hasobject else _with_zeros(product, product, seed)
    if type(partial) is float or is_number(partial):
        if partial == 1:
            return seed
        if partial == 0:
            return None
        if partial == -1:
            return -seed
    elif is_one(partial):
        return seed
    if type(seed) is not np.ndarray and is_one(seed):
        return partial
    product = partial * seed
    value = concrete(product)
    if not getattr(value, "ndim", 0):
        return None if value != value and seed == 0 else product
    return product if has_objects(value) else _with_zeros(product, value, seed)


def _with_zeros(product: Any, value: Any, seed: Any) -> Any:
    """A product with 0 where the seed is 0 and the product nan."""
    return where(equal(seed, 0.0), 0.0, product) if has_nan(value) else product


def plus(total: Any, term: Any) -> Any:
    """total + term, where None is zero."""
    return term if total is None else total if term is None else total + term


def is_number(value: Any) -> bool:
    """Whether a value is a single number that will never depend on an input."""
    return not isinstance(value, Traced) and not getattr(value, "ndim", 0)


def is_zero(value: Any) -> bool:
    """Whether a value is the number 0 at every point, not only at this one."""
    return value is not None and is_number(value) and bool(value == 0)


def is_one(value: Any) -> bool:
    """Whether a value is the number 1, or the seed 1 of a recorded derivative."""
    if isinstance(value, Variable):
        constant = value.tape.nodes[value.index].constant
        return constant is not None and is_one(constant)
    return is_number(value) and bool(value == 1)


def filled(derivative: Any, value: Any) -> Any:
    """The derivative, or zeros in the shape of the value where None stands for them."""
    if derivative is not None:
        return derivative
    return 0.0 if type(value) is float else np.zeros(shape_of(value), dtype=dtype_of(value))[()]


def derivative_graph(
    function: Function,
    at: Mapping[str, Any],
    mode: str = "reverse",
    wrt: str | None = None,
    with_value: bool = False,
) -> Graph:
    """The derivative as a graph: primal values and tangents or adjoints, recorded as one program.

    Reverse mode gives the gradient of the summed outputs, shape (n,); forward mode the tangent of every output by the
    scalar input `wrt` (default: the first), shape (m,).  The outputs of the function follow where `with_value`.
    Products with 1 and sums with 0 are not recorded; nothing else is simplified.

    >>> import diffcompare as dc
    >>> derivative_graph(dc.function("x*sin(x)"), {"x": 1}, "forward").operations()
    4
    """
    outer, inner = Trace(), Trace()
    point = function.at(at)
    arguments = {}
    for name, value in point.items():
        outside = bind(outer, name, value)
        arguments[name] = bind(inner, name, outside)
    graph = inner.graph(function.outputs(arguments, inner))
    one = outer.constant(1.0)
    if mode == "reverse":
        found = adjoints(graph, [one] * len(graph.outputs))[: len(graph.names)]
    else:
        column = graph.names.index(wrt) if wrt else 0
        v_dot = tangents(graph, [one if k == column else 0.0 for k in range(len(graph.names))])
        found = [v_dot[i] for i in graph.outputs]
    return outer.graph([0.0 if d is None else d for d in found] + (graph.values if with_value else []))
