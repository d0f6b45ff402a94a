"""dc.compile at one point: the tape's numbers bit for bit, branches, arguments of any arrangement, clear errors."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.engines.compiled.compilation import Compilation
from diffcompare.errors import PointError, TracingError
from diffcompare.expression.catalog import CATALOG
from diffcompare.expression.containers import leaves
from diffcompare.expression.function import Function
from diffcompare.expression.primitives import Primitive
from tests.corpus import Reference, needs_corpus, references
from tests.expression.rows import ROWS, function_of, points

LECTURE = "ln(x1) + x1*x2 - sin(x2)"


def same(found: Any, wanted: Any) -> bool:
    """Equal to the last bit, but for the sign of a zero; nan where nan is."""
    found, wanted = np.ravel(np.asarray(found, dtype=float)), np.ravel(np.asarray(wanted, dtype=float))
    return found.shape == wanted.shape and bool(np.all((found == wanted) | (np.isnan(found) & np.isnan(wanted))))


def by_tape(f: Any, at: dict[str, Any]) -> list[Any]:
    return list(dc.gradient(f, at=at).values())


@needs_corpus
def test_the_corpus_has_the_tape_s_gradients() -> None:
    def agrees(reference: Reference) -> bool:
        program = dc.compile(reference.formula, at=reference.point)
        return same(program(**reference.point), by_tape(reference.formula, reference.point))

    assert [reference.id for reference in references() if not agrees(reference)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_primitive_has_the_tape_s_derivatives_wherever_it_was_compiled(
    row: Primitive, data: st.DataObject
) -> None:
    function = function_of(row)
    program = dc.compile(function, at=data.draw(points(row)))
    anywhere = st.floats(-5, 5) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e300, -1e300, 800.0, -800.0])
    at = {name: data.draw(anywhere) for name in function.names}
    assert same(program(*at.values()), by_tape(function, at)), at


@pytest.mark.parametrize("name", CATALOG)
def test_the_catalogue_in_every_want(name: str) -> None:
    function, at = CATALOG[name].function(), CATALOG[name].at
    arguments = [np.array(value) if np.shape(value) else value for value in at.values()]
    places = tuple(range(len(at)))
    jacobian = dc.jacobian(function, places)(*arguments)
    assert same(dc.compile(function, at=at, want="value")(*arguments), function(*arguments))
    found = dc.compile(function, at=at, want="jacobian")(*arguments)
    for entry, wanted in zip(found if len(at) > 1 else (found,), jacobian, strict=True):
        assert same(entry, wanted)
        assert np.shape(entry) == np.shape(wanted)
    if name == "polar":
        return
    value, gradient = dc.compile(function, at=at, want="value_and_gradient")(*arguments)
    assert same(value, function(*arguments))
    assert same(gradient, by_tape(function, at))


def test_the_hessian_vector_product_takes_the_direction_after_the_point() -> None:
    product = dc.compile("x1^2*x2 + sin(x2)", at={"x1": 1.0, "x2": 2.0}, want="hvp")
    x1, x2 = sp.symbols("x1 x2")
    hessian = sp.hessian(x1**2 * x2 + sp.sin(x2), (x1, x2)).subs({x1: 3.0, x2: 0.5})
    wanted = np.array(hessian.tolist(), dtype=float) @ [1.0, -2.0]
    assert np.allclose(product(3.0, 0.5, (1.0, -2.0)), wanted, rtol=1e-15)
    assert product(3.0, 0.5, direction=(1.0, -2.0)) == product(3.0, 0.5, (1.0, -2.0))


def test_any_source_compiles() -> None:
    x, y = sp.symbols("x y")
    sources = ("x*sin(y)", lambda x, y: x * np.sin(y), x * sp.sin(y))
    results = {dc.compile(source, at={"x": 1, "y": 2})(0.5, 1.5) for source in sources}
    assert results == {(math.sin(1.5), 0.5 * math.cos(1.5))}


def settling(x: float) -> float:
    while x < 3:
        x = x * x + 0.3
    return x


def test_a_point_on_another_branch_is_traced_again_once() -> None:
    compilation = dc.compile(settling, at={"x": 4.0})
    slow = Compilation(dc.compile(settling, at={"x": 4.0}, way="tape").request)
    for x in (4.0, 2.0, 1.2, 1.1, 2.0, 1.2):
        assert compilation(x) == slow(x) == dc.grad(settling)(x)
    assert len(slow.branches) == 4


@pytest.mark.parametrize(
    ("formula", "at", "wanted"),
    [
        ("where(x < 1, x, sqrt(x))", 0.0, 1.0),  # 0 times an infinite slope, in the branch not taken
        ("sqrt(x^2)", 0.0, 0.0),
        ("ln(x)", 0.0, math.inf),
        ("1/x", 0.0, -math.inf),
        ("exp(x)", 1000.0, math.inf),
    ],
)
def test_where_python_raises_or_a_product_is_nan_the_tape_answers(formula: str, at: float, wanted: float) -> None:
    program = dc.compile(formula, at={"x": 2.0})
    assert program(at) == wanted == dc.gradient(formula, at={"x": at})["x"]


def test_a_derivative_has_the_arrangement_of_its_argument() -> None:
    def layer(p: dict[str, Any], x: Any) -> Any:
        return np.sum(np.tanh(x @ p["w"] + p["b"]) ** 2)

    rng = np.random.default_rng(0)
    p, x = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}, rng.normal(size=(40, 3))
    program = dc.compile(layer, at={"p": p, "x": x}, argnums=0)
    found, wanted = program({"b": p["b"], "w": p["w"] + 1}, x), dc.grad(layer)({"w": p["w"] + 1, "b": p["b"]}, x)
    assert all(np.allclose(found[key], wanted[key], rtol=1e-13) for key in p)
    assert dc.compile(layer, at={"p": p, "x": x}, argnums=(1,))(p, x)[0].shape == x.shape


def test_single_precision_stays() -> None:
    x = np.linspace(0, 1, 200, dtype=np.float32)
    assert dc.compile(lambda x: np.sum(x**3), at={"x": x})(x).dtype == np.float32


def test_names_that_no_parameter_can_have() -> None:
    program = dc.compile("lambda*gamma(e) + float^2", at={"lambda": 2, "e": 3, "float": 4})
    assert program(**{"e": 3.0, "float": 4.0, "lambda": 2.0})[1] == 8.0


def test_numbers_of_numpy_s_and_whole_numbers_are_floats() -> None:
    program = dc.compile("x^3/y", at={"x": 1.0, "y": 1.0})
    for convert in (int, np.float64, np.int64, np.float32, np.array):
        found = program(convert(3), convert(2))
        assert found == (13.5, -6.75)
        assert all(type(entry) is float for entry in found)


@pytest.mark.parametrize("way", ["python", "numpy", "tape"])
def test_the_way_can_be_forced(way: str) -> None:
    program = dc.compile(LECTURE, at={"x1": 2, "x2": 5}, way=way)
    assert program(2.0, 5.0) == tuple(by_tape(LECTURE, {"x1": 2, "x2": 5}))
    assert program.ways == {"one point": way, "many points": way}


BAD: list[tuple[Any, str]] = [
    (lambda: dc.compile("x", at={"x": 1}, want="hessian"), "there is no want 'hessian'"),
    (lambda: dc.compile("x", at={"x": 1}, way="gpu"), "there is no way 'gpu'"),
    (lambda: dc.compile("x", at={"x": 1}, fma=True), "fma is for the kernels"),
    (lambda: dc.compile("x", at={"y": 1}), "there is no variable y"),
    (lambda: dc.compile("x", at={"x": 1}, argnums=1), "argnums 1 does not fit"),
    (lambda: dc.compile("[x, x]", at={"x": 1}), "a gradient needs one output"),
    (lambda: dc.compile("2", at={}), "has no variables"),
    (lambda: dc.compile(max, at={}), "the parameters of .* cannot be read"),
    (lambda: dc.compile(lambda x: np.sum(x), at={"x": np.array([math.nan])}), "x is not finite"),
    (lambda: dc.compile("x*y", at={"x": 1, "y": 1})(1.0), "y has no value"),
    (lambda: dc.compile("x", at={"x": 1})("one"), "x is a str"),
    (lambda: dc.compile("x", at={"x": 1})(1j), "x is complex"),
    (lambda: dc.compile("x[0]", at={"x": [1, 2]})([1, 2, 3]), r"x has shape \(3,\); .* compiled for \(2,\)"),
    (lambda: dc.compile("x[0]", at={"x": [1, 2]})([[1, 2], [3]]), "rows have different lengths"),
    (lambda: dc.compile("x*y", at={"x": 1, "y": 1})(np.ones(3), np.ones(4)), "do not fit each other"),
    (lambda: dc.compile("x*y", at={"x": 1, "y": 1}, way="tape")(1, 2, 3), "takes 2 arguments"),
    (lambda: dc.compile("x*y", at={"x": 1, "y": 1}, way="tape")(1, z=3), "takes no z"),
    (lambda: dc.compile("x*y", at={"x": 1, "y": 1}, way="tape")(1, x=3), "x is given twice"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_what_does_not_fit_is_one_clear_line(call: Any, message: str) -> None:
    with pytest.raises(dc.DiffCompareError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_the_engine_answers_as_the_tape_and_is_compiled_once() -> None:
    function: Function = dc.function(LECTURE)
    first = dc.gradient(function, at={"x1": 2, "x2": 5}, engine="compiled")
    assert list(first.values()) == by_tape(LECTURE, {"x1": 2, "x2": 5})
    row = dc.compare(function, at={"x1": 3, "x2": 4}, engines=["compiled"]).engines[0]
    assert row.available
    assert row.operations is not None
    assert row.operations < dc.compare(LECTURE, at={"x1": 3, "x2": 4}, engines=["reverse"]).engines[0].operations
    assert [r.engine for r in dc.cost("helmholtz", [1, 5], ["compiled"]).rows] == ["compiled"] * 2


def test_numbers_of_a_narrow_type_keep_it() -> None:
    x = np.float32(0.1)

    def f(x: Any) -> Any:
        return np.sin(x) * x

    for want in ("value", "gradient", "value_and_gradient", "jacobian"):
        for way in (None, "tape"):
            assert {type(part) for part in leaves(dc.compile(f, at={"x": x}, want=want, way=way)(x))} == {np.float32}
    assert dc.compile(f, at={"x": x})(x) == dc.grad(f)(x)


def test_numbers_of_any_size_are_doubles_or_refused() -> None:
    for way in (None, "numpy"):
        slope = dc.compile("x^2", at={"x": 1.0}, way=way)
        assert slope(2**80) == 2.0**81
        assert slope(Fraction(1, 4)) == 0.5
        with pytest.raises(PointError, match=r"beyond the largest double"):
            slope(10**400)


def test_a_compiled_function_is_not_traced_and_says_so() -> None:
    slope = dc.compile("x^2", at={"x": 1.0})
    with pytest.raises(TracingError, match="trace the function that it was made from"):
        dc.grad(slope)(2.0)


def test_a_function_with_more_branches_than_are_kept_returns_what_it_returned_before() -> None:
    def steps(x: Any) -> Any:
        k = 0
        while x > k:
            k += 1
        return x * k, {"s": x + k}

    value = dc.compile(steps, at={"x": 0.5}, want="value")
    for k in range(40):
        assert value(k + 0.5) == ((k + 0.5) * (k + 1), {"s": 2 * k + 1.5})
