"""The graph: counts, sharing, branches and replay in other number domains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.expression.numbers import COMPLEX, FLOAT, array


def logistic(n: int) -> Any:
    def iterate(x: Any) -> Any:
        for _ in range(n - 1):
            x = 4 * x * (1 - x)
        return x

    return dc.function(iterate)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 10, 60])
def test_counts_of_the_logistic_map(n: int) -> None:
    graph = logistic(n).trace({"x": 0.2})
    assert graph.operations() == 3 * (n - 1)
    assert graph.tree_operations()[graph.outputs[0]] == 3 * (2 ** (n - 1) - 1)


def test_expressions_written_twice_are_merged_only_where_asked() -> None:
    graph = dc.function("exp(x*y) + sin(x*y) + 2*2").trace({"x": 1, "y": 2})
    assert graph.operations() == 7
    assert graph.merged().operations() == 6
    assert graph.merged().values == graph.values


def test_what_is_not_needed_is_not_in_the_graph() -> None:
    def wasteful(x: Any, y: Any) -> Any:
        np.exp(x * y)
        return x + 1

    graph = dc.function(wasteful).trace({"x": 1, "y": 2})
    assert graph.operations() == 1
    assert graph.names == ("x", "y")


def test_replay_agrees_between_number_domains() -> None:
    graph = dc.function("x^2*sin(y) + erf(x)/gamma(y) - logaddexp(x, y)").trace({"x": 0.5, "y": 2.0})
    value = graph.values[0]
    assert graph.replay(FLOAT, [0.5, 2.0])[-1] == value
    assert graph.replay(COMPLEX, [0.5 + 0j, 2.0 + 0j])[-1].real == pytest.approx(value, rel=1e-15)
    many = graph.replay(array(np.float64), [np.array([0.5, 0.6]), np.array([2.0, 2.1])])[-1]
    assert many.shape == (2,)
    assert many[0] == pytest.approx(value, rel=1e-15)
    assert graph.replay(array(np.float32), [np.float32([0.5]), np.float32([2.0])])[-1].dtype == np.float32


def test_the_branch_not_taken_is_not_live() -> None:
    graph = dc.function("where(x < 1, x, sqrt(x))").trace({"x": 0.0})
    live = {
        node.primitive.name for node, flag in zip(graph.nodes, graph.live(), strict=True) if flag and node.primitive
    }
    assert live == {"where", "less"}


def test_shapes_are_carried() -> None:
    assert {node.shape for node in dc.function("x + 1").trace({"x": 1}).nodes} == {()}
