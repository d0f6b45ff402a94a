"""Plain NumPy code on traced arrays: indexing, methods, operators, arrays of objects, and what is refused in words."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.errors import TracingError
from diffcompare.expression.array_functions import FUNCTIONS, METHODS
from diffcompare.expression.arrays.indexing import joined
from diffcompare.expression.arrays.unsupported import HINTS, IN_PLACE
from diffcompare.expression.numbers import FLOAT
from diffcompare.expression.numpy_protocol import PRIMITIVE_OF, apply_function, name_of
from diffcompare.expression.variable import Trace, Variable
from tests.expression.array_cases import Case, arrays, called, offered
from tests.expression.test_arrays import check

X = np.array([[1.0, 2.0], [3.0, 4.5]])


def traced(value: Any) -> Variable:
    return Trace(entrywise=False).input("x", value)


@st.composite
def keys(draw: Any, shape: tuple[int, ...]) -> Any:
    """Integers, slices, newaxis and ellipsis; whole numbers with repeats in arrays; or a mask of everything."""
    if draw(st.booleans()):
        return np.array(
            draw(st.lists(st.booleans(), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        ).reshape(shape)
    places = [
        st.one_of(
            st.integers(-n, n - 1),
            st.slices(n),
            st.lists(st.integers(-n, n - 1), min_size=2, max_size=2).map(np.array),
        )
        for n in shape
    ]
    key = [draw(place) for place in places[: draw(st.integers(0, len(shape)))]]
    if draw(st.booleans()):
        key.append(...)
    if draw(st.booleans()):
        key.insert(draw(st.integers(0, len(key))), None)
    return tuple(key)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_index_differentiates(data: st.DataObject) -> None:
    x = data.draw(arrays())
    key = data.draw(keys(x.shape))
    if np.size(x[key]):
        check(Case(lambda xp, x: x[key] ** 2, (x,)), 0)


def test_repeated_indices_add_up() -> None:
    assert dc.grad(lambda x: np.sum(x[[0, 0, 1]]))(np.ones(3)).tolist() == [2.0, 1.0, 0.0]
    assert dc.grad(lambda x: np.sum(x[x > 0]))(np.array([1.0, -1.0])).tolist() == [1.0, 0.0]


CALLS: dict[str, tuple[Any, ...]] = {
    "swapaxes": (0, 1), "repeat": (2,), "take": ([0, 0],), "compress": ([True, False],), "dot": (X,), "clip": (1.5, 4),
    "round": (1,), "argpartition": (0,), "reshape": (4, 1), "transpose": (1, 0), "astype": (np.float32,),
    "item": (1, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods_give_what_numpy_s_give(name: str) -> None:
    x = X if name != "searchsorted" else X[1]
    more = (4.0,) if name == "searchsorted" else CALLS.get(name, ())
    found, expected = getattr(traced(x), name)(*more), getattr(x, name)(*more)
    plain = [v.value for v in np.ravel(np.asarray(found, dtype=object))] if name == "tolist" else found
    plain = plain.value if isinstance(plain, Variable) else plain
    np.testing.assert_array_equal(plain, np.ravel(expected) if name == "tolist" else expected)


def test_attributes_are_those_of_the_array() -> None:
    x = traced(X)
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 2), 2, 4, np.float64, 2)
    assert (x.T.value == X.T).all()
    assert (x.mT.value == X.T).all()
    assert (x.real.value == X).all()
    scalar = traced(3.0)
    assert (scalar.shape, scalar.ndim, scalar.size, scalar.dtype) == ((), 0, 1, np.float64)
    assert np.zeros(2, dtype=scalar.dtype).dtype == np.float64
    with pytest.raises(AttributeError, match="no attribute 'frobnicate'"):
        _ = x.frobnicate
    with pytest.raises(AttributeError, match="a traced variable has no attribute tobytes"):
        _ = x.tobytes


def test_every_function_of_the_tables_is_a_method() -> None:
    for name in (*METHODS, *PRIMITIVE_OF, *IN_PLACE):
        assert callable(getattr(traced(X), name))


OPERATORS: list[Callable[[Any], Any]] = [
    lambda x: x % 0.7, lambda x: 7.1 % x, lambda x: (x // 0.7) * x, lambda x: divmod(x, 0.7)[1], lambda x: abs(-x),
    lambda x: +x @ x, lambda x: X @ x, lambda x: x**x, lambda x: 2**x, lambda x: 1 / x - x / 2,
    lambda x: np.where((x > 0) & ~(x > 4) | (x < 1), x, 2 * x) ** 2,
    lambda x: np.where((x > 2.5) ^ (x > 4), x, 2 * x) ** 2,
    lambda x: np.add.outer(x, x[0]), lambda x: np.r_[x, X, x] ** 2, lambda x: np.c_[x, X] ** 2,
    lambda x: np.array([x, x * x]) ** 2, lambda x: np.asarray(x) * np.array([x[0], x[1] ** 2]),
    lambda x: np.linalg.inv(np.array([[x[0, 0], 1.0], [0.5, x[1, 1]]], like=x)),
    lambda x: np.std(np.array([x[0, 0], x[0, 1], x[1, 0] * x[1, 1]])), lambda x: np.mean([x[0, 0] ** 2, x[0, 1]]),
    lambda x: np.stack([row @ row for row in x]), lambda x: np.vectorize(lambda t: t * t)(x),
    lambda x: np.frompyfunc(lambda t: t * t, 1, 1)(x), lambda x: sum(row.sum() ** 2 for row in x),
]  # fmt: skip


@pytest.mark.parametrize("function", OPERATORS)
def test_operators_and_arrays_of_objects_differentiate(function: Callable[..., Any]) -> None:
    check(Case(lambda xp, x: function(x), (X,)), 0)


def test_an_array_of_objects_taken_from_one_array_is_that_array_again() -> None:
    trace = Trace(entrywise=False)
    x = trace.input("x", X)
    whole, column = joined(np.asarray(x)), joined(np.asarray(x)[:, 0])
    assert [node.primitive.name for node in trace.graph([whole]).nodes if node.primitive] == ["reshape", "reshape"]
    assert [node.primitive.name for node in trace.graph([column]).nodes if node.primitive] == ["reshape", "index"]
    assert column.value.tolist() == [1.0, 3.0]


def test_casts_to_whole_numbers_have_no_derivative() -> None:
    weights = np.array([[0.2, 1.7], [0.4, 0.9]])
    assert dc.grad(lambda x: x[np.int64(x[:, 1])].sum())(weights).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert dc.grad(lambda x: np.sum(x.astype(int) * x))(weights).tolist() == [[0.0, 1.0], [0.0, 0.0]]
    assert dc.grad(lambda x: sum(x[0] for _ in range(np.argmax(x))))(np.array([1.0, 2.0])).tolist() == [1.0, 0.0]
    assert dc.grad(lambda x: int(x) * x)(2.5) == 2.0


def test_what_was_decided_by_values_is_remembered() -> None:
    trace = Trace(entrywise=False)
    x = trace.input("x", np.array([1.0, 3.0, 2.0]))
    graph = trace.graph([x[np.argmax(x)] + x[x > 1.5].sum()])
    assert graph.holds(FLOAT, [np.array([0.0, 5.0, 4.0])])
    assert not graph.holds(FLOAT, [np.array([9.0, 5.0, 4.0])])


DISPATCHED = {
    name_of(function): function
    for space in (np, np.linalg, np.fft)
    for function in vars(space).values()
    if hasattr(function, "_implementation")
}


@pytest.mark.parametrize("name", sorted(set(DISPATCHED) - set(FUNCTIONS)))
def test_every_other_function_is_refused_by_name_with_what_to_write(name: str) -> None:
    with pytest.raises(TracingError, match=rf"np\.{name} has no derivative rule here; \w+"):
        apply_function(DISPATCHED[name], (traced(X),), {})


def test_hints_name_functions_that_numpy_has() -> None:
    known = {*dir(np), *(f"linalg.{name}" for name in dir(np.linalg))}
    assert set(HINTS) <= known
    assert not set(HINTS) & set(FUNCTIONS)


REFUSED: list[tuple[Callable[[Any], Any], str]] = [
    (lambda x: np.fft.fft(x), "Fourier matrix"), (lambda x: np.median(x), r"np\.sort"),
    (lambda x: np.linalg.pinv(x), r"np\.linalg\.solve"), (lambda x: np.gcd(x, 2), r"np\.gcd has no derivative rule"),
    (lambda x: np.add.at(x, 0, 1.0), r"np\.add\.at changes an array in place"),
    (lambda x: np.add(x, 1, out=np.zeros((2, 2))), "write x = x"), (lambda x: np.sum(x, out=np.zeros(())), "with out="),
    (lambda x: np.sum(x, 0, None, np.zeros(2)), "with out="), (lambda x: x.sum(out=np.zeros(())), "with out="),
    (lambda x: np.add(x, 1, where=X > 2), r"np\.where"), (lambda x: np.var(x, where=X > 2), "where"),
    (lambda x: x.sort(), r"x = np\.sort\(x\)"), (lambda x: x.fill(0.0), "in place"),
    (lambda x: x.__setitem__(0, 1.0), "in-place"), (lambda x: np.zeros(2).__setitem__(0, x[0, 0]), "in place"),
    (lambda x: np.zeros((2, 2)).__iadd__(x), "write x = x"), (lambda x: np.put(x, [0], 1.0), r"np\.where"),
    (lambda x: np.linalg.inv(np.asarray(x)), "like=x"), (lambda x: np.sqrt(np.array([x[0, 0], 2.0])), "like=x"),
    (lambda x: np.asarray(x, dtype=float), r"x\.astype\(float\)"), (lambda x: float(x[0, 0]), "plain number"),
    (lambda x: range(x[0, 0]), "plain number"), (lambda x: np.reshape(x, 4, order="A"), "order='C'"),
    (lambda x: np.pad(x, 1, "linear_ramp"), "constant, edge"), (lambda x: np.cross(x, x), r"x\[0\]\*y\[1\]"),
    (lambda x: np.add.reduceat(x, [0]), r"np\.add\.reduce"), (lambda x: x + "a", "real numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message"), REFUSED)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_cannot_be_traced_says_what_to_write(code: Callable[..., Any], message: str) -> None:
    with pytest.raises(TracingError, match=message):
        dc.grad(code)(X)


WITHOUT = {"out", "order", "like", "where", "initial", "kwargs", "mean", "ndmax", "copy", "device", "subok", "args"}


def has_parameters(name: str) -> bool:
    """Whether NumPy's function has parameters by name, and ours does not hand them on to it as they are."""
    ours = inspect.signature(FUNCTIONS[name]).parameters.values()
    return (
        name in offered(np) and not isinstance(called(np, name), np.ufunc) and "options" not in {p.name for p in ours}
    )


@pytest.mark.parametrize("name", sorted(filter(has_parameters, FUNCTIONS)))
def test_parameters_have_numpy_s_names_and_places(name: str) -> None:
    theirs = [p for p in inspect.signature(called(np, name)).parameters if p not in WITHOUT]
    ours = inspect.signature(FUNCTIONS[name]).parameters
    by_place = name in ("linalg.tensordot", "linalg.outer")  # the operands are x1 and x2 there, and a and b elsewhere
    assert [p for p in ours if p in theirs] == [p for p in theirs if not by_place or p in ours]
