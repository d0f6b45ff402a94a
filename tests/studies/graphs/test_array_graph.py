"""One box for each operation on whole arrays, with the shape that NumPy computes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.errors import DiffCompareError, PointError, SourceError

SHAPES = {"X": (5, 4), "W": (4, 3), "b": (3,)}
AT = {name: np.ones(shape) for name, shape in SHAPES.items()}


def layer(X: Any, W: Any, b: Any) -> Any:
    return np.mean(np.maximum(X @ W + b, 0) ** 2, axis=0)


def shaped(X: Any, W: Any, b: Any) -> Any:
    """Reductions, products with vectors, and reshapes that the code itself asks for."""
    scaled = np.max(X, axis=1, keepdims=True) * np.reshape(np.sum(X, axis=0, keepdims=True), (2, 2, 1, 1))
    column = np.reshape(X @ np.reshape(W @ b, (4, 1)), (5,))
    return np.sum(scaled) + column @ np.maximum(X @ W, 0) @ b


def test_operations_are_written_as_numpy_calls_them() -> None:
    graph = dc.array_graph(layer, AT)
    assert [(box.title, box.shape) for box in graph.boxes] == [
        ("X", (5, 4)), ("W", (4, 3)), ("b", (3,)), ("v1 = X @ W", (5, 3)), ("v2 = v1 + b", (5, 3)),
        ("v3 = maximum(v2, 0)", (5, 3)), ("v4 = v3^2", (5, 3)), ("v5 = sum(v4, (0,))", (3,)), ("v6 = v5/5", (3,)),
    ]  # fmt: skip
    assert graph.arrows == (
        ("X", "v1"), ("W", "v1"), ("v1", "v2"), ("b", "v2"), ("v2", "v3"), ("v3", "v4"), ("v4", "v5"), ("v5", "v6"),
    )  # fmt: skip
    assert [box.name for box in graph.boxes if box.root] == ["v6"]


@pytest.mark.parametrize("f", [layer, shaped])
def test_titles_compute_the_shapes_and_the_result_when_numpy_runs_them(f: Any) -> None:
    known: dict[str, Any] = {**AT, "maximum": np.maximum, "sum": np.sum, "max": np.max, "reshape": np.reshape}
    for box in dc.array_graph(f, AT).boxes:
        if box.kind == "operation":
            name, _, formula = box.title.replace("^", "**").partition(" = ")
            known[name] = eval(formula, known)
            assert known[name].shape == box.shape, box.title
            if box.root:
                assert np.array_equal(known[name], f(**AT))


def test_arrays_that_are_no_variables_are_constants() -> None:
    graph = dc.array_graph(lambda x: x @ np.eye(3) + 2 * x, {"x": np.ones(3)})
    assert [(box.name, box.shape) for box in graph.boxes if box.kind == "constant"] == [("c1", (3, 3))]


def test_an_index_is_written_as_in_brackets() -> None:
    graph = dc.array_graph(lambda x: x[1:3, ..., None], {"x": np.ones((4, 2))})
    assert [box.title for box in graph.boxes] == ["x", "v1 = x[1:3, ..., None]"]


def test_an_operand_used_twice_has_two_arrows() -> None:
    assert dc.array_graph(lambda x: x @ x, {"x": np.ones((2, 2))}).arrows == (("x", "v1"), ("x", "v1"))


def test_a_long_operation_is_written_by_its_name() -> None:
    graph = dc.array_graph(lambda x: np.concatenate([x] * 20), {"x": np.ones(2)})
    assert graph.boxes[-1].title == "v1 = concatenate(...)"
    assert len(graph.arrows) == 20


def test_variables_called_as_intermediate_values_keep_their_names() -> None:
    graph = dc.array_graph(lambda v1, c1: np.sin(v1) * c1, {"v1": 1.0, "c1": 2.0})
    assert [box.title for box in graph.boxes] == ["v1", "c1", "vv1 = sin(v1)", "vv2 = vv1 * c1"]


def test_a_formula_and_code_that_has_no_entries() -> None:
    assert [box.title for box in dc.array_graph("x[0]*pi", {"x": [1, 2]}).boxes[1:]] == ["v1 = x[0]", "v2 = v1 * pi"]
    assert dc.array_graph(lambda A: np.linalg.eigvalsh(A), {"A": np.eye(3)}).boxes[-1].shape == (3,)


def test_a_product_with_a_vector_is_one_operation() -> None:
    graph = dc.array_graph(lambda W, x: x @ (W @ x), {"W": np.ones((3, 3)), "x": np.ones(3)})
    assert [(box.title, box.shape) for box in graph.boxes[2:]] == [("v1 = W @ x", (3,)), ("v2 = x @ v1", ())]


def test_a_reshape_of_the_user_s_is_its_own_operation() -> None:
    graph = dc.array_graph(lambda W, x: (W @ np.reshape(x, (3, 1))) * 2, {"W": np.ones((3, 3)), "x": np.ones(3)})
    assert [box.operation for box in graph.boxes[2:]] == ["reshape", "matmul", "multiply"]


def test_several_results_are_all_roots() -> None:
    graph = dc.array_graph(lambda x: [np.sin(x), np.cos(x)], {"x": np.ones(2)})
    assert [box.title for box in graph.boxes if box.root] == ["v1 = sin(x)", "v2 = cos(x)"]


def test_plain_data_for_json() -> None:
    data = dc.array_graph(layer, AT).to_dict()
    assert data["nodes"][3] == {
        "name": "v1", "kind": "operation", "title": "v1 = X @ W", "operation": "matmul", "shape": [5, 3], "calls": [],
        "frozen": False, "root": False, "keeps_grad": False, "notes": [],
    }  # fmt: skip
    assert data["edges"][0] == ["X", "v1"]


def endless(x: Any) -> Any:
    for _ in range(10**5 + 1):
        x = x + 1
    return x


@pytest.mark.parametrize(
    ("f", "at", "message"),
    [(layer, {"X": 1.0}, "W"), (endless, {"x": 0.0}, "over budget: 100001 operations")],
)
def test_what_has_no_graph_says_why(f: Any, at: dict[str, Any], message: str) -> None:
    with pytest.raises((DiffCompareError, PointError), match=re.escape(message)):
        dc.array_graph(f, at)


def test_a_singular_matrix_is_one_line() -> None:
    with pytest.raises(SourceError, match="LinAlgError at the point: Singular matrix"):
        dc.array_graph(lambda x: np.sum(np.linalg.inv(x)), at={"x": np.ones((2, 2))})
