"""Simplification: fewer operations, and every result the same bits, signs of zeros included."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines.automatic import derivative_graph
from diffcompare.engines.compiled.simplify import simplified
from diffcompare.expression.graph import Graph
from diffcompare.expression.numbers import FLOAT

SPECIAL = (0.0, -0.0, 1.0, -1.0, 2.0, 5e-324, -5e-324, 1e308, -1e308, math.inf, -math.inf, math.nan, 1 / 3)
numbers = st.one_of(st.sampled_from(SPECIAL), st.floats())

# What is left of each formula, in operations.
LEFT = {
    "1*x": 0, "x*1": 0, "x/1": 0, "x^1": 0, "x - 0": 0, "x + (-0.0)": 0, "(-0.0) + x": 0,
    "x + 0": 1, "0 + x": 1, "0 - x": 1, "x - (-0.0)": 1,  # -0.0 + 0.0 is 0.0
    "x*x + 0": 1, "abs(x) + 0": 1, "exp(x) + 0": 1, "(x*x + y) + 0": 2, "x*0": 1,
    "(-1)*x": 1, "x*(-1)": 1, "x/(-1)": 1, "-(-x)": 0, "x + -y": 1, "-x + y": 1, "x - (-y)": 1, "(-x)*(-y)": 1,
    "y - (-x)*y": 2, "y + x/(-y)": 2, "-(x - y)": 2,
    "x/4": 1, "x/3": 1, "x^2": 1, "x^2*x^2": 2, "x*y + y*x": 2, "x + 2*3": 1, "sin(x)*sin(x)": 2, "2^0.5*x": 1,
}  # fmt: skip


def bits(graph: Graph, *inputs: float) -> list[bytes]:
    """The results' bits; every nan counts as one."""
    values = graph.replay(FLOAT, inputs)
    return [struct.pack("d", math.nan if values[i] != values[i] else values[i]) for i in graph.outputs]


@pytest.mark.parametrize("formula", LEFT)
def test_operations_that_change_nothing_fall_away(formula: str) -> None:
    graph = dc.function(formula).trace(dict.fromkeys(dc.function(formula).names, 1.5))
    assert simplified(graph).operations() == LEFT[formula]


@pytest.mark.parametrize("formula", LEFT)
@given(x=numbers, y=numbers)
def test_what_is_left_gives_the_same_bits_at_every_double(formula: str, x: float, y: float) -> None:
    graph = dc.function(formula).trace(dict.fromkeys(dc.function(formula).names, 1.5))
    inputs = (x, y)[: len(graph.names)]
    assert bits(simplified(graph), *inputs) == bits(graph, *inputs)


FORMULAS = (
    "ln(x)*y - sin(y)/x",
    "(x - y)^3*(x + y)^2",
    "where(x < y, x*y, -x)",
    "tanh(x*y)/cos(x)",
    "1*x^y",
    "-x/(y*-x)",
)


@pytest.mark.parametrize("formula", FORMULAS)
@given(x=numbers, y=numbers)
def test_derivative_programs_keep_their_bits(formula: str, x: float, y: float) -> None:
    graph = derivative_graph(dc.function(formula), {"x": 0.7, "y": 1.3}, with_value=True)
    smaller = simplified(graph)
    assert smaller.operations() < graph.operations()
    assert bits(smaller, x, y) == bits(graph, x, y)


def test_dead_nodes_are_dropped_and_inputs_stay() -> None:
    graph = dc.function("[x*y, sin(x)]").trace({"x": 1, "y": 2})
    one = simplified(Graph(graph.names, graph.nodes, graph.outputs[:1], None))
    assert (one.operations(), one.names) == (1, ("x", "y"))


def test_squares_are_products_on_the_tape_too() -> None:
    assert all(dc.function("x^2")(x) == x * x for x in (1 / 3, 4.1, 1e-200, -7.3))
