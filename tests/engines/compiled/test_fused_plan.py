"""Kernels beside the plain plan, bit for bit.

Most are run by Python, entry by entry in NumPy's numbers, which shows what their text says; Numba compiles a few.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines.compiled import improving
from diffcompare.engines.compiled.arrays import prepared
from diffcompare.engines.compiled.kernels import fused_plan, reductions
from diffcompare.engines.compiled.kernels.fused_plan import FusedPlan, fused
from diffcompare.engines.compiled.plan import planned, running
from diffcompare.expression.graph import Graph
from diffcompare.expression.variable import Trace
from tests.engines.compiled.test_plan import chain, gradient_alone, gradient_program, replayed, rosenbrock, same
from tests.engines.compiled.test_points import needs_numba
from tests.expression.array_cases import BUILDERS, cases

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan, 1e-310, 3e38, -1e300]


def interpreted(text: str) -> Callable[..., None]:
    """A kernel's text run by Python."""
    lines = [line for line in text.splitlines() if not line.startswith(("from numba", "@njit"))]
    space: dict[str, Any] = {}
    exec("\n".join(lines), space)

    def kernel(*arguments: Any) -> None:
        space["kernel"](*[np.float64(x) if type(x) is float else x for x in arguments])

    return kernel


@pytest.fixture
def _by_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused_plan, "loaded", interpreted)
    monkeypatch.setattr(reductions, "MANY", 1)


by_python = pytest.mark.usefixtures("_by_python")


def same_bits(found: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Equal in number type, shape, memory layout and the last bit, signs of zeros included; nan where nan is."""
    return same(found, wanted) and all(
        np.array_equal(np.signbit(a) & ~np.isnan(a), np.signbit(b) & ~np.isnan(b))
        and np.asarray(a).strides == np.asarray(b).strides
        for a, b in zip(found, wanted, strict=True)
    )  # fmt: skip


@by_python
@pytest.mark.parametrize("name", BUILDERS)
def test_kernels_round_as_the_tape_does(name: str) -> None:
    @settings(max_examples=8, deadline=None)
    @given(cases(name))
    def check(case: Any) -> None:
        arguments = [np.asarray(x, dtype=float) for x in case.arguments]
        graph = gradient_program(lambda *x: case.function(np, *x), arguments)
        run, plain = running(FusedPlan(prepared(graph))), planned(graph)
        for point in (arguments, [x + 0.25 for x in arguments], arguments):
            assert same_bits(run(point), plain(point))

    check()


ONE = (np.negative, np.abs, np.sqrt, np.square, lambda x: np.maximum(x, 0), lambda x: x.T,
       lambda x: x[..., ::-1] if x.ndim else x,
       lambda x: 2.5 * x, lambda x: 1 / x, lambda x: np.exp(x), lambda x: np.sum(x),
       lambda x: np.where(x > 0, x, 3.0), lambda x: np.sum(x, axis=0) if x.ndim else x,
       lambda x: x / np.sum(x, axis=-1, keepdims=True) if x.ndim else x,
       lambda x: np.max(x, axis=0) - x if x.ndim else x, lambda x: np.min(x, axis=-1) if x.ndim else x)  # fmt: skip
TWO = (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, lambda x, y: np.where(x < y, x, y),
       lambda x, y: x * (x >= y), lambda x, y: np.where((x == y) | (x != x), y, x * y))  # fmt: skip


@st.composite
def programs(draw: Any) -> tuple[Graph, list[Any]]:
    """A random program on arrays that broadcast against each other, of both types, and special values for it."""
    n, m = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    shapes = [(n, m), (m,), (n, 1), (n, m), ()]
    kinds = [draw(st.sampled_from([np.float64, np.float32])) for _ in shapes]
    numbers = st.sampled_from(SPECIAL) | st.floats(-3, 3, width=32)
    with np.errstate(all="ignore"):
        arguments = [
            np.array(draw(st.lists(numbers, min_size=size, max_size=size)), dtype=kind).reshape(shape)[()]
            for shape, kind in zip(shapes, kinds, strict=True) for size in (int(np.prod(shape)),)
        ]  # fmt: skip
    trace = Trace(entrywise=False)
    values = [trace.input(f"x{k}", x) for k, x in enumerate(arguments)]
    for _ in range(draw(st.integers(2, 12))):
        if draw(st.booleans()):
            values.append(draw(st.sampled_from(ONE))(draw(st.sampled_from(values))))
            continue
        x, y = draw(st.sampled_from(values)), draw(st.sampled_from(values))
        try:
            np.broadcast_shapes(x.shape, y.shape)
        except ValueError:
            continue
        values.append(draw(st.sampled_from(TWO))(x, y))
    return trace.graph(values[-draw(st.integers(1, 4)) :]), arguments


@by_python
@settings(max_examples=200, deadline=None)
@given(programs())
def test_random_programs_have_the_bits_of_the_plan(program: tuple[Graph, list[Any]]) -> None:
    graph, arguments = program
    run, plain = running(FusedPlan(prepared(graph))), planned(graph)
    assert same_bits(run(arguments), plain(arguments))
    assert same_bits(run(arguments), plain(arguments))


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=needs_numba) for kind in (np.float64, np.float32)])
def test_numba_has_numpy_s_bits_at_special_values(kind: Any) -> None:
    with np.errstate(all="ignore"):
        x, y = (part.astype(kind) for part in np.meshgrid(SPECIAL, SPECIAL))
    trace = Trace(entrywise=False)
    a, b = trace.input("x", np.ones_like(x)), trace.input("y", np.full_like(y, 2))
    corners = [a * (a > b), b * (a == b), np.maximum(a, 0.0), dc.grad(lambda a: np.sum(np.maximum(a, b) * b))(a)]
    corners += [dc.grad(lambda a, axis=axis: np.sum(np.max(a * b, axis=axis) * 3.0))(a) for axis in (0, 1)]
    with np.errstate(all="ignore"):
        graph = trace.graph([f(a) for f in ONE] + [f(a, b) for f in TWO] + corners)
        found, wanted = fused(graph)([x, y]), planned(graph)([x, y])
    assert same_bits(found, wanted)
    assert same(found, replayed(graph, [x, y]))


@pytest.mark.parametrize("size", [pytest.param(size, marks=needs_numba) for size in (2, 65, 10**5)])
def test_the_gradient_of_rosenbrocks_function_in_one_kernel(size: int) -> None:
    x = np.random.default_rng(0).standard_normal(size)
    graph = gradient_alone(rosenbrock, x)
    assert len(FusedPlan(prepared(graph)).kernels) == 1
    assert same_bits(fused(graph)([x]), [dc.grad(rosenbrock)(x)])
    strided = np.repeat(x, 2)[::2]
    assert same_bits(fused(graph)([strided]), fused(graph)([x]))


@pytest.mark.parametrize("shape", [pytest.param(s, marks=needs_numba) for s in ((40, 500), (5, 7, 600), (8191, 3))])
def test_sums_of_rows_are_added_up_as_numpy_does(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(shape) * 10.0 ** rng.integers(-9, 9, shape)
    trace = Trace(entrywise=False)
    a = trace.input("x", np.ones(shape))
    y = 1.0 / a - a * a
    graph = trace.graph([np.sum(y, axis=k) for k in range(len(shape))] + [np.sum(y, axis=(-2, -1)), y[0] - 1.0])
    assert same_bits(fused(graph)([x]), planned(graph)([x]))
    (kernel,) = FusedPlan(prepared(graph)).kernels
    assert ("row_sum" in kernel.text(False)) == (shape[-1] > 8)


@needs_numba
def test_results_belong_to_the_caller_and_calls_at_the_same_time_do_not_meet() -> None:
    points = [np.random.default_rng(k).standard_normal(500) for k in range(16)]
    graph = gradient_program(chain, points[:1])
    run = fused(graph)
    wanted = [replayed(graph, [x]) for x in points]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda x: run([x]), points))
    assert all(map(same, found, wanted))
    arrays = [part for results in found for part in results if isinstance(part, np.ndarray)]
    assert not any(np.shares_memory(a, b) for k, a in enumerate(arrays) for b in (*arrays[:k], *points))


@needs_numba
def test_kernels_are_made_once_the_plan_has_run_long_enough() -> None:
    x = np.linspace(-1.0, 1.0, 1000)
    program = dc.compile(rosenbrock, at={"x": x})
    first = program(x)
    assert program.ways["one point"].startswith("numpy, and numba once")
    program.branches[0].run.left = 0.0
    second, third = program(x), program(x)
    assert program.ways["one point"] in ("numba", "numpy, faster than numba")
    assert same_bits([first, first], [second, third])
    forced = dc.compile(rosenbrock, at={"x": x}, way="numba")
    assert forced.ways == {"one point": "numba"}
    assert same_bits([forced(x)], [first])


def test_without_numba_arrays_run_by_numpy_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    x = np.linspace(-1.0, 1.0, 1000)
    monkeypatch.setattr(improving, "BEGINNING", -99.0)
    program = dc.compile(rosenbrock, at={"x": x})
    assert same_bits([program(x)], [program(x)])
    assert "pip install 'diffcompare[jit]'" in program.ways["one point"]
    with pytest.raises(dc.DiffCompareError, match="numba is not installed"):
        dc.compile(rosenbrock, at={"x": x}, way="numba")
