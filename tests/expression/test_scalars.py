"""Tapes of single numbers: what is recorded and reversed in a short way is what the general way gives."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines.automatic import adjoints, input_adjoints, plus, times
from diffcompare.expression.graph import Graph, Node
from diffcompare.expression.numpy_protocol import apply_ufunc
from diffcompare.expression.operands import as_float
from diffcompare.expression.primitives import PRIMITIVES, Primitive
from diffcompare.expression.variable import UNARY, Trace
from tests.expression.rows import ROWS

SPECIAL = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0, 1e-320, 1e308, -1e308, np.inf, -np.inf, np.nan)
NUMBERS = st.sampled_from(SPECIAL) | st.floats()
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "power": operator.pow, "less": operator.lt, "less_equal": operator.le, "greater": operator.gt,
    "greater_equal": operator.ge, "equal": operator.eq, "not_equal": operator.ne,
}  # fmt: skip
COMPARISONS = {  # Python asks the second operand of c < x for x > c
    "less": "greater", "less_equal": "greater_equal", "greater": "less", "greater_equal": "less_equal",
    "equal": "equal", "not_equal": "not_equal",
}  # fmt: skip


def numbers(row: Primitive) -> list[st.SearchStrategy[float]]:
    """Any operands; of an order small whole numbers, as larger ones take for ever."""
    return [st.sampled_from((0.0, 1.0, 2.0)), NUMBERS] if row.name == "polygamma" else [NUMBERS] * row.arity


def lines(nodes: Sequence[Node]) -> list[Any]:
    """Nodes in a form in which nan is equal to nan, and 0 not to -0."""
    return [(node.primitive, node.operands, repr(node.value), repr(node.constant)) for node in nodes]


@pytest.mark.parametrize("entrywise", [False, True])
@pytest.mark.parametrize("ufunc", UNARY, ids=lambda ufunc: ufunc.__name__)
def test_a_ufunc_records_what_the_general_way_records(ufunc: np.ufunc, entrywise: bool) -> None:
    for value in SPECIAL:
        short, general = Trace(entrywise), Trace(entrywise)
        y = ufunc(short.input("x", value))
        z = apply_ufunc(ufunc, "__call__", (general.input("x", value),), {})
        assert (y.index, repr(y.value)) == (z.index, repr(z.value))
        assert lines(short.nodes) == lines(general.nodes)


@pytest.mark.parametrize("entrywise", [False, True])
@pytest.mark.parametrize("row_name", OPERATORS)
def test_an_operator_records_what_the_general_way_records(row_name: str, entrywise: bool) -> None:
    row, function = PRIMITIVES[row_name], OPERATORS[row_name]
    for value in SPECIAL:
        for number in (*SPECIAL, 0, 2, -3, 10**400):
            short, general = Trace(entrywise), Trace(entrywise)
            x, y = (short.input(name, at) for name, at in (("x", value), ("y", as_float(number))))
            a, b = (general.input(name, at) for name, at in (("x", value), ("y", as_float(number))))
            found = [function(x, y), function(x, number), function(number, x)]
            expected = [general.operation(row, operands) for operands in ((a, b), (a, number))]
            turned = (PRIMITIVES[COMPARISONS[row_name]], (a, number)) if row_name in COMPARISONS else (row, (number, a))
            expected.append(general.operation(*turned))
            assert [(z.index, repr(z.value)) for z in found] == [(z.index, repr(z.value)) for z in expected]
            assert lines(short.nodes) == lines(general.nodes)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@given(data=st.data())
def test_a_call_with_floats_gives_the_value_of_the_row(row: Primitive, data: st.DataObject) -> None:
    operands = data.draw(st.tuples(*numbers(row)))
    assert repr(row(*operands)) == repr(row.value(*operands))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@given(data=st.data())
def test_the_sweep_over_numbers_is_the_sweep_by_the_rules(row: Primitive, data: st.DataObject) -> None:
    trace = Trace(entrywise=False)
    operands = [trace.input(f"x{k}", data.draw(number)) for k, number in enumerate(numbers(row))]
    once = row(*operands)
    twice = once * data.draw(NUMBERS) + operands[-1]
    graph = trace.graph([twice, once, twice * operands[-1] * once])
    seeds = data.draw(st.tuples(NUMBERS, NUMBERS, NUMBERS))
    expected = swept(graph, seeds)
    assert list(map(repr, adjoints(graph, seeds))) == list(map(repr, expected))
    assert list(map(repr, input_adjoints(graph, seeds))) == list(map(repr, expected[: row.arity]))


def swept(graph: Graph, y_bar: Sequence[float]) -> list[Any]:
    """The reverse sweep in its simplest form."""
    varied = graph.varied()
    v_bar: list[Any] = [None] * len(graph.nodes)
    for i, seed in zip(graph.outputs, y_bar, strict=True):
        v_bar[i] = plus(v_bar[i], seed or None)
    for i in reversed(range(len(graph.nodes))):
        node, seed = graph.nodes[i], v_bar[i]
        for k, j in enumerate(node.operands):
            if seed is not None and varied[j] and isinstance(node.primitive, Primitive):
                slope = node.primitive.partial(k, node.value, graph.operand_values(node))
                v_bar[j] = plus(v_bar[j], times(slope, seed))
    return v_bar


def test_a_product_with_an_infinite_slope_that_nothing_depends_on_is_0() -> None:
    assert dc.vjp(lambda x: [np.sqrt(x), x])(0.0)([0.0, 2.0]) == 2.0
