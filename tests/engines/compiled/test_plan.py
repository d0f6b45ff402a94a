"""A plan beside the simple way, which it must equal: node by node, each result in an array of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines.compiled import plan, steps
from diffcompare.engines.compiled.arrays import prepared
from diffcompare.engines.compiled.plan import Plan, planned
from diffcompare.expression.containers import leaves
from diffcompare.expression.graph import Graph
from diffcompare.expression.numbers import NumberDomain
from diffcompare.expression.variable import Trace
from tests.expression import cases_of_arrays, cases_of_entries, cases_of_matrices  # noqa: F401  they register cases
from tests.expression.array_cases import BUILDERS, cases

SIMPLE = NumberDomain(lambda constant: constant, lambda primitive, operands: primitive(*operands))


def replayed(graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    """The oracle: no buffers, no views to care for, no order but that of the graph."""
    with np.errstate(all="ignore"):
        values = graph.replay(SIMPLE, inputs)
    return [values[i] for i in graph.outputs]


def gradient_program(f: Callable[..., Any], arguments: Sequence[Any]) -> Graph:
    """Value and gradient of the sum of squares of what a function returns, as one program."""
    trace = Trace(entrywise=False)
    inputs = [trace.input(f"x{k}", x) for k, x in enumerate(arguments)]

    def loss(*x: Any) -> Any:
        return sum(np.sum(part * part) for part in leaves(f(*x)))

    value, gradient = dc.value_and_grad(loss, tuple(range(len(inputs))))(*inputs)
    return trace.graph([value, *leaves(gradient)])


def same(found: Sequence[Any], wanted: Sequence[Any]) -> bool:
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(found, wanted, strict=True)]
    return all(a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True) for a, b in pairs)


@pytest.mark.parametrize("long", [2**19, 1], ids=["whole", "in blocks"])
@pytest.mark.parametrize("name", BUILDERS)
def test_a_plan_rounds_as_the_tape_does(name: str, long: int) -> None:
    @settings(max_examples=8, deadline=None)
    @given(cases(name))
    def check(case: Any) -> None:
        arguments = [np.asarray(x, dtype=float) for x in case.arguments]
        graph = gradient_program(lambda *x: case.function(np, *x), arguments)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plan, "LONG", long)
            patch.setattr(plan, "BLOCK", 16 if long == 1 else plan.BLOCK)
            run = planned(graph)
        moved = [x + 0.25 for x in arguments]
        assert same(run(arguments), replayed(graph, arguments))
        assert same(run(moved), replayed(graph, moved))
        assert same(run(arguments), replayed(graph, arguments))

    check()


def chain(x: Any) -> Any:
    y = x[1:] * x[:-1]
    for k in range(20):
        y = np.sin(y) + y / (k + 2.0)
    return y


@settings(deadline=None)
@given(st.integers(2, 40), st.integers(8, 200))
def test_blocks_of_any_length_cover_an_array(size: int, block: int) -> None:
    x = np.linspace(-1.0, 2.0, size)
    graph = gradient_program(chain, [x])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "LONG", 1)
        patch.setattr(plan, "BLOCK", block)
        assert same(planned(graph)([x]), replayed(graph, [x]))


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def test_the_gradient_of_rosenbrocks_function_is_scipys() -> None:
    from scipy.optimize import rosen_der

    x = np.random.default_rng(0).standard_normal(10**5)
    (found,) = planned(gradient_alone(rosenbrock, x))([x])
    assert np.allclose(found, rosen_der(x), rtol=1e-12, atol=1e-9)
    assert np.array_equal(found, dc.grad(rosenbrock)(x))


def gradient_alone(f: Callable[..., Any], x: Any) -> Graph:
    trace = Trace(entrywise=False)
    return trace.graph([dc.grad(f)(trace.input("x", x))])


def test_parts_of_an_array_are_added_in_place() -> None:
    program = Plan(prepared(gradient_alone(rosenbrock, np.ones(10))))
    assert len(program.parts) == 1
    assert sum(node.primitive is not None and node.primitive.name == "scatter" for node in program.nodes) == 2


def test_a_long_program_needs_few_buffers() -> None:
    def function(x: Any) -> Any:
        for _ in range(50):
            x = np.sin(x) + 1.0
        return x

    trace = Trace(entrywise=False)
    program = Plan(prepared(trace.graph([np.sum(function(trace.input("x", np.ones(8))))])))
    assert len(program.steps) == 101
    assert len(program.buffers.like) == 1


def test_results_belong_to_the_caller() -> None:
    trace = Trace(entrywise=False)
    x = trace.input("x", np.ones(3))
    y = np.exp(x)
    run = planned(trace.graph([x, x[::-1], y, y[1:], y.T, np.full(3, 2.0) + 0 * x, np.broadcast_to(np.sum(y), (2,))]))
    given = np.arange(3.0)
    first = run([given])
    before = [np.copy(result) for result in first]
    for result in first:
        result[...] = -1.0
    assert np.array_equal(given, np.arange(3.0))
    second = run([given])
    assert same(second, before)
    run([given + 5.0])
    assert same(second, before)
    assert not any(np.shares_memory(a, b) for k, a in enumerate(second) for b in second[:k])


def test_calls_at_the_same_time_do_not_meet() -> None:
    points = [np.random.default_rng(k).standard_normal(5000) for k in range(16)]
    graph = gradient_program(chain, points[:1])
    run = planned(graph)
    with ThreadPoolExecutor(8) as pool:
        for found, x in zip(pool.map(lambda x: run([x]), points * 4), points * 4, strict=True):
            assert same(found, replayed(graph, [x]))


ORDERED: dict[str, tuple[Callable[..., Any], tuple[int, ...]]] = {
    "sort": (lambda x: np.sum(np.sort(x) * np.arange(40.0)), (40,)),
    "sort along an axis": (lambda x: np.sum(np.sort(x, axis=0) * np.arange(40.0).reshape(8, 5)), (8, 5)),
    "partition": (lambda x: 2 * np.partition(x.ravel(), 5)[5], (8, 5)),
}


@pytest.mark.parametrize("name", ORDERED)
def test_an_order_is_that_of_the_point_and_not_of_the_trace(name: str) -> None:
    f, shape = ORDERED[name]
    x = np.random.default_rng(0).normal(size=shape)
    assert np.array_equal(dc.compile(f, at={"x": x})(-x), dc.grad(f)(-x))
    assert np.allclose(dc.compile(f, at={"x": x}, want="hvp")(-x, x), 0)


DECIDING: dict[str, tuple[Callable[..., Any], Any, Any]] = {
    "isclose": (lambda x: x * x if np.isclose(x, 1) else x, 1.7, 1.0),
    "isfinite": (lambda x: x * x if np.isfinite(1 / x) else 3 * x, 2.0, 0.0),
    "isposinf": (lambda x: x * x if np.isposinf(1 / x) else 3 * x, 2.0, 0.0),
    "allclose": (lambda x: np.sum(x * x) if np.allclose(x, 1) else np.sum(x), np.arange(3.0), np.ones(3)),
    "array_equal": (lambda x: np.sum(x * x) if np.array_equal(x, x[::-1]) else np.sum(x), np.arange(3.0), np.ones(3)),
}


@pytest.mark.parametrize("name", DECIDING)
def test_what_a_test_decides_is_decided_anew_at_every_point(name: str) -> None:
    f, here, there = DECIDING[name]
    for way in (None, "numpy"):
        for one, other in ((here, there), (there, here)):
            assert np.array_equal(dc.compile(f, at={"x": one}, way=way)(other), dc.grad(f)(other))


def test_long_stacks_of_products_are_shared_among_the_cores_bit_for_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "PIECE", 2**10)
    monkeypatch.setattr(steps, "PIECE", 2**10)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 8, 9)), rng.normal(size=(7, 9, 60))
    trace = Trace(entrywise=False)
    a, b = trace.input("x", x), trace.input("y", y)
    graph = trace.graph([a @ b, np.exp(a @ (2 * b)).mT, b.mT @ a.mT])
    assert sum(step.__qualname__.startswith("stack_step") for step in Plan(prepared(graph)).steps) == 3
    for _ in range(3):
        found = planned(graph)([x, y])
        assert found is not None
        assert all(np.array_equal(one, other) for one, other in zip(found, replayed(graph, [x, y]), strict=True))
        y = y[::-1]
