"""FUNCTION as people name it, and what they are told when it is not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.errors import DiffCompareError, FormulaError, PointError, SourceError
from diffcompare.expression.catalog import CATALOG
from diffcompare.expression.sources import load


def test_a_formula_a_file_a_module_and_a_catalogue_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    (tmp_path / "neighbour.py").write_text("K = 3\n")
    file.write_text("import numpy as np\nfrom neighbour import K\n\ndef f(a, b):\n    return np.sin(a) * b * K\n")
    assert load("x + y").names == ("x", "y")
    assert load(f"{file}:f").names == ("a", "b")
    assert dc.gradient(load(f"{file}:f"), at={"a": 0, "b": 2}) == {"a": 6.0, "b": 0.0}
    assert load("diffcompare.expression.catalog:rosenbrock").names == ("x",)
    assert load("lecture").names == ("x1", "x2")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import nonsense_module_xyz", "does not import: ModuleNotFoundError"),
        ("def f(x:\n", "does not import: SyntaxError"),
        ("1/0", "does not import: ZeroDivisionError"),
        ("import sys; sys.exit(3)", "does not import: SystemExit"),
        ("def g(x): return x", "has no function f; it has g"),
        ("f = 3", "has no function f"),
    ],
)
def test_python_that_does_not_load(tmp_path: Path, code: str, message: str) -> None:
    file = tmp_path / "broken.py"
    file.write_text(code)
    with pytest.raises(SourceError, match=message):
        load(f"{file}:f")


def test_files_that_are_not_there() -> None:
    with pytest.raises(SourceError, match="there is no file"):
        load("missing.py:f")
    with pytest.raises(SourceError, match="does not import"):
        load("no_such_package:f")
    with pytest.raises(SourceError, match=r"name the function in it as model\.py:name"):
        load("model.py")


@pytest.mark.parametrize("name", CATALOG)
def test_every_entry_of_the_catalogue_has_a_value_at_its_point(name: str) -> None:
    entry = CATALOG[name]
    assert all(np.isfinite(entry.function().trace(entry.at).values))
    assert entry.teaches
    assert entry.origin


def test_sized_entries_take_any_number_of_inputs() -> None:
    for entry in CATALOG.values():
        for n in (1, 2, 7) if entry.sized else ():
            graph = entry.function().trace(entry.sized(n))
            assert len(graph.names) == n


POINTS = [
    ({}, "x"),
    ({"x": 1, "z": 2}, "z"),
    ({"x": "1"}, "x"),
    ({"x": None}, "x"),
    ({"x": float("nan")}, "x"),
    ({"x": [1.0]}, "x"),
    ({"x": 1j}, "x"),
]


@pytest.mark.parametrize(("at", "named"), POINTS)
def test_a_point_that_does_not_fit_is_named(at: dict[str, object], named: str) -> None:
    with pytest.raises(PointError, match=named):
        dc.gradient("x^2", at=at)


def test_vectors_and_scalars_are_not_mixed_up() -> None:
    with pytest.raises(PointError, match="vector"):
        dc.gradient("x[0]^2", at={"x": 1.0})
    with pytest.raises(PointError, match="beyond"):
        dc.gradient("x[2]^2", at={"x": [1.0, 2.0]})
    assert dc.gradient("x[0]*x[2]", at={"x": [2.0, 7.0, 3.0]})["x"].tolist() == [3.0, 0.0, 2.0]


def test_pi_and_e_are_constants_unless_the_point_says_otherwise() -> None:
    assert dc.gradient("e*x*pi", at={"x": 1}) == {"x": pytest.approx(np.e * np.pi)}
    assert dc.gradient("e*x", at={"x": 2, "e": 3}) == {"e": 2.0, "x": 3.0}


def test_sympy_expressions_are_functions_too() -> None:
    import sympy as sp

    x, y, beta = sp.symbols("x y beta")
    assert dc.gradient(sp.exp(-x) * sp.sin(y) / beta, at={"x": 0, "y": 0, "beta": 2}) == {
        "beta": 0.0,
        "x": 0.0,
        "y": 0.5,
    }
    assert dc.function([x * y, sp.sqrt(x)]).names == ("x", "y")
    assert dc.gradient(sp.Piecewise((x**2, x > 1), (x, True)), at={"x": 3}) == {"x": 6.0}


def test_every_error_is_ours() -> None:
    for source in ("", "x +", "2x", "foo(x)", "x.real", "__import__('os')"):
        with pytest.raises(FormulaError) as error:
            dc.function(source)
        assert isinstance(error.value, DiffCompareError)
