"""Points with arrays of any shape: read, checked, taken apart entry by entry and put together again."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import diffcompare as dc
from diffcompare.errors import FormulaError, PointError
from diffcompare.expression.point import as_point, input_names, parse_point, point_inputs, with_inputs

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SHAPES = arrays.array_shapes(min_dims=1, max_dims=4, max_side=4)


def test_matrices_are_nested_lists_on_the_command_line() -> None:
    point = parse_point(["W=[[1, 2/4], [pi, -4e-1]],x=[1,2]", "y=3"])
    assert point["W"].tolist() == [[1.0, 0.5], [np.pi, -0.4]]
    assert point["x"].tolist() == [1.0, 2.0]
    assert point["y"] == 3.0
    assert parse_point(["T=[[[1],[2]]]"])["T"].shape == (1, 2, 1)


@pytest.mark.parametrize("formula", ["\N{MICRO SIGN}^2", "\N{GREEK SMALL LETTER MU}^2"])
@pytest.mark.parametrize("name", ["\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"])
def test_the_micro_sign_is_the_greek_letter_as_in_python(formula: str, name: str) -> None:
    source = dc.function(formula)
    assert source.names == ("\N{GREEK SMALL LETTER MU}",)
    assert source.at(parse_point([f"{name}=2"])) == source.at({name: 2}) == {"\N{GREEK SMALL LETTER MU}": 2.0}
    assert dc.compile(formula, at={name: 2.0})(3.0) == 6.0
    assert dc.compile(lambda μ: μ**2, at={name: 2.0})(3.0) == 6.0


@given(st.dictionaries(st.sampled_from("uvwx"), FINITE | arrays.arrays(float, SHAPES, elements=FINITE)))
def test_inputs_are_the_entries_in_order_and_go_back_to_their_places(at: dict[str, Any]) -> None:
    point = as_point(at)
    again = with_inputs(point, point_inputs(point))
    assert list(again) == list(at)
    assert all(np.shape(again[name]) == np.shape(value) and np.all(again[name] == value) for name, value in at.items())
    values = dict(zip(input_names(point), point_inputs(point), strict=True))
    for name, value in at.items():
        for place in np.ndindex(*np.shape(value)):
            index = f"[{','.join(map(str, place))}]" if place else ""
            assert values[name + index] == np.asarray(value)[place]


@given(arrays.arrays(float, SHAPES, elements=FINITE))
def test_a_trace_names_the_entries_and_holds_their_values(value: np.ndarray[Any, Any]) -> None:
    graph = dc.function(lambda W: np.ravel(W)).trace({"W": value})
    assert graph.names == tuple(input_names({"W": value}))
    assert graph.values == value.ravel().tolist()


def test_the_point_is_a_copy() -> None:
    mine = np.ones((2, 2))
    theirs = as_point({"W": mine})["W"]
    theirs[0, 0] = 5.0
    assert mine[0, 0] == 1.0


def test_whole_numbers_fractions_and_truth_values_are_numbers() -> None:
    point = as_point({"a": Fraction(1, 4), "b": [True, False], "c": [[10**25, 1]], "d": np.float32(0.5)})
    assert (point["a"], point["d"]) == (0.25, 0.5)
    assert point["b"].tolist() == [1.0, 0.0]
    assert point["c"].tolist() == [[1e25, 1.0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("W=[[1,2],[3]]", r"the rows of W have different lengths; .* as in W=\[\[1,2\],\[3,4\]\]"),
        ("W=[[1,2],3]", "the rows of W have different lengths"),
        ("W=[]", r"W=\[\] is no array with entries; write W=\[1,2,3\]"),
        ("W=[[],[]]", "is no array with entries"),
        ("W=[[1,],[2,3]]", "an entry is missing in"),
        ("W=[[1,nan],[2,3]]", "W=nan is no point to differentiate at"),
        ("W=[[1,two],[2,3]]", "W=two is not a finite number"),
        ("W=[[1,2],[3,4]", "a bracket is never closed"),
        ("W=[1,2]]", "closes nothing"),
        ("W=[1,2]*2", "is no array with entries"),
        ("W=" + "[" * 40 + "1" + "]" * 40, "more than 32 axes"),
        ("W=[[1,1e999],[3,4]]", "is not a number"),
        ("W[0,1]=3", r"write --at W=\[1,2,3\]"),
    ],
)
def test_arrays_that_cannot_be_read_say_why(text: str, message: str) -> None:
    with pytest.raises(PointError, match=message) as error:
        parse_point([text])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1, 2], [3]], "the rows of W have different lengths"),
        ([[1, 2], 3], "the rows of W have different lengths"),
        (np.zeros((2, 0)), r"W has shape \(2, 0\)"),
        ([], r"W has shape \(0,\)"),
        ([[1, np.nan]], r"W\[0,1\] is nan; give finite numbers"),
        (np.full((2, 2, 2), np.inf), r"W\[0,0,0\] is inf"),
        ([[1, "2"]], "not a real number"),
        ([[1, None]], "not a real number"),
        (np.ones((2, 2)) * 1j, "not a real number"),
        ({"a": 1}, "not a real number"),
        ([[10**400]], "beyond the largest double"),
    ],
)
def test_values_that_are_no_arrays_of_numbers_say_why(value: Any, message: str) -> None:
    with pytest.raises(PointError, match=message) as error:
        as_point({"W": value})
    assert "\n" not in str(error.value)


def test_a_formula_takes_the_entries_of_a_matrix_by_two_indices() -> None:
    at = {"W": [[1.0, 2.0], [3.0, 4.0]], "x": [5.0, 6.0]}
    gradient = dc.gradient("W[0,1]*x[1] + W[1, 0]^2", at=at)
    assert gradient["W"].tolist() == [[0.0, 6.0], [6.0, 0.0]]
    assert gradient["x"].tolist() == [0.0, 2.0]
    assert dc.function("W[0,1]/2").text() == "W[0,1]/2"
    assert dc.function("W[0,1]/2").latex() == r"\frac{W_{0,1}}{2}"
    assert dc.function("W[10,1]/2").typst() == "frac(W_(10,1), 2)"
    assert dc.function("W[0,1]*W[1,1]")(np.array(at["W"])) == 8.0
    assert dc.grad("W[0,1]*W[1,1]")(np.array(at["W"])).tolist() == [[0.0, 4.0], [0.0, 2.0]]


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("W[0,1] + W[0]", "W is used both as a matrix and as a vector"),
        ("W + W[0,1]", "W is used both as a matrix and as a number"),
        ("W[0,]", r"an index is a whole number from 0; write for example x\[0\] or W\[0,1\]"),
        ("W[0,-1]", "an index is a whole number"),
        ("W[0,1", "an index is a whole number"),
        ("W[0:1]", "a formula has no assignments"),
    ],
)
def test_indices_that_cannot_be_read_are_pointed_at(formula: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        dc.function(formula)


@pytest.mark.parametrize(
    ("formula", "value", "message"),
    [
        ("W[0,1]", 1.0, r"give it a matrix, for example W=\[\[1,2\],\[3,4\]\]"),
        ("W[0,1]", [1.0, 2.0], r"W\[0,1\] has 2 indices, and the point gives W 1 axes"),
        ("W[0]", [[1.0], [2.0]], r"W\[0\] has 1 indices, and the point gives W 2 axes"),
        ("W[2,1]", [[1.0, 2.0]], r"W\[2,1\] is beyond the shape \(1, 2\)"),
        ("W", [[1.0, 2.0]], r"write its entries in the formula: W\[0,0\], W\[0,1\]"),
    ],
)
def test_a_formula_and_a_point_that_do_not_fit_say_so(formula: str, value: Any, message: str) -> None:
    with pytest.raises(PointError, match=message):
        dc.gradient(formula, at={"W": value})
