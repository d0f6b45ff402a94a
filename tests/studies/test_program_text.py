"""Programs as text: pasted into Python, NumPy or a C compiler they compute what the tape computes."""

from __future__ import annotations

import ctypes
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from diffcompare.expression.catalog import CATALOG
from diffcompare.expression.point import point_inputs
from diffcompare.expression.primitives import Primitive
from tests.corpus import needs_corpus, references
from tests.expression.rows import ROWS, function_of

LECTURE = "ln(x1) + x1*x2 - sin(x2)"
COMPILER = shutil.which("cc") or shutil.which("gcc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler here")
SMOOTH = [row for row in ROWS if row.name != "polygamma"]


def pasted(source: str) -> Any:
    """The function that a program defines; the text is our own."""
    space: dict[str, Any] = {}
    exec(source, space)
    return space.get("adjoint") or space["tangent"]


def flat(value: Any) -> list[float]:
    if isinstance(value, (list, tuple)):
        return [entry for part in value for entry in flat(part)]
    return [float(entry) for entry in np.ravel(value)]


def inside(row: Primitive) -> dict[str, float]:
    names = function_of(row).names
    cases = row.domain.cases[-len(names) :]
    return {name: low + (high - low) * 0.613 for name, (low, high) in zip(names, cases, strict=True)}


def weighted(f: Any, at: dict[str, Any]) -> list[float]:
    """The sum of the rows of the Jacobian by the tape: what an adjoint program gives with seeds of 1."""
    function = dc.function(f)
    graph = function.trace(at)
    from diffcompare.engines.automatic import adjoints

    v_bar = adjoints(graph, [1.0] * len(graph.outputs))
    return [0.0 if entry is None else float(entry) for entry in v_bar[: len(graph.names)]]


def test_the_lecture_s_adjoints_line_by_line() -> None:
    lines = dc.code(LECTURE).source.splitlines()
    assert [line.strip() for line in lines if "_bar =" in line] == [
        "v5_bar = y1_bar", "v4_bar = v5_bar", "v3_bar = -v5_bar", "v2_bar = v4_bar", "v1_bar = v4_bar",
        "x2_bar = math.cos(x2) * v3_bar + x1 * v2_bar", "x1_bar = x2 * v2_bar + 1.0 / x1 * v1_bar",
    ]  # fmt: skip
    assert pasted(dc.code(LECTURE).source)(2.0, 5.0) == (11.652071455223084, (5.5, 1.7163378145367738))
    assert pasted(dc.code(LECTURE, mode="forward").source)(2.0, 5.0) == (11.652071455223084, 5.5)


def test_operations_are_those_of_the_lines() -> None:
    assert dc.code("x*y").operations == 3  # v1, and a product for each adjoint
    assert dc.code("x + y").operations == 1
    assert dc.code(LECTURE).to_dict() == {"source": dc.code(LECTURE).source, "operations": 14}


@pytest.mark.parametrize("name", CATALOG)
def test_the_catalogue_in_python(name: str) -> None:
    function, at = CATALOG[name].function(), CATALOG[name].at
    if name == "untaken":
        at = {"x": 0.5}  # at 0, Python divides by 0
    value, derivative = pasted(dc.code(function, at=at).source)(*at.values())
    assert flat(value) == flat(function(*at.values()))
    assert flat(derivative) == weighted(function, at)
    seeds = [1.0] + [0.0] * (sum(map(np.size, at.values())) - 1)
    _, pushed = pasted(dc.code(function, at=at, mode="forward").source)(*at.values(), *seeds)
    assert flat(pushed) == flat(dc.jvp(function, range(len(at)))(*_arrays(at))(_first(at)))


def _arrays(at: dict[str, Any]) -> list[Any]:
    return [np.array(x) if np.shape(x) else float(x) for x in at.values()]


def _first(at: dict[str, Any]) -> tuple[Any, ...]:
    parts = [np.zeros(np.shape(x)) if np.shape(x) else 0.0 for x in at.values()]
    if np.shape(parts[0]):
        parts[0][0] = 1.0
    else:
        parts[0] = 1.0
    return tuple(parts)


@needs_corpus
def test_the_corpus_in_python() -> None:
    def agrees(formula: str, at: dict[str, float]) -> bool:
        gradient = dc.gradient(formula, at=at)
        found = pasted(dc.code(formula, at=at).source)(*(at[name] for name in gradient))[1]
        return flat(found) == list(gradient.values())

    assert [r.id for r in references()[::5] if not agrees(r.formula, r.point)] == []


@pytest.mark.parametrize("row", SMOOTH, ids=lambda row: row.name)
def test_every_primitive_in_python_and_numpy(row: Primitive) -> None:
    at = inside(row)
    function = function_of(row)
    wanted = weighted(function, at)
    point = at if function.name in ("where", "power") else None
    found = flat(pasted(dc.code(function, at=point).source)(**at)[1])
    if row.name in ("gamma", "loggamma"):  # their derivatives take SciPy's polygamma
        assert found == pytest.approx(wanted, rel=1e-15)
    else:
        assert found == wanted
    arrays = {name: np.full(3, x) for name, x in at.items()}
    answer = pasted(dc.code(function, at=point, target="numpy").source)(**arrays)[1]
    parts = answer if len(at) > 1 else (answer,)
    assert np.allclose([np.broadcast_to(part, 3) for part in parts], [[x] * 3 for x in wanted], rtol=2e-15, atol=0)


@needs_compiler
def test_c_gives_the_same_bits(tmp_path: Path) -> None:
    cases = [(function_of(row), inside(row)) for row in SMOOTH if row.name not in ("gamma", "loggamma")]
    cases += [(entry.function(), entry.at) for entry in CATALOG.values() if entry.name != "untaken"]
    for k, (function, at) in enumerate(cases):
        library = compiled(dc.code(function, at=at, target="c").source, tmp_path / f"program_{k}")
        value, derivative = _called(library.adjoint, function, at)
        assert value == pytest.approx(flat(function(*_arrays(at))), rel=4e-16), function.name
        wanted = weighted(function, at)
        if function.name in ("hypot", "arcsinh", "arctan2"):  # Python's hypot carries more digits than libm's
            assert derivative == pytest.approx(wanted, rel=4e-16)
        else:
            assert derivative == wanted, function.name


def compiled(text: str, path: Path) -> ctypes.CDLL:
    path.with_suffix(".c").write_text(text)
    command = [str(COMPILER), "-O2", "-ffp-contract=off", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]
    subprocess.run([*command, f"{path}.so", f"{path}.c", "-lm"], check=True)
    return ctypes.CDLL(f"{path}.so")


def _called(program: Any, function: Any, at: dict[str, Any]) -> tuple[list[float], list[float]]:
    outputs = len(function.trace(at).outputs)
    inputs = point_inputs(function.at(at))
    value, derivative = (ctypes.c_double * outputs)(), (ctypes.c_double * len(inputs))()
    arguments = [
        (ctypes.c_double * np.size(x))(*np.ravel(x)) if np.shape(x) else ctypes.c_double(x) for x in at.values()
    ]
    program(*arguments, *[ctypes.c_double(1.0)] * outputs, value, derivative)
    return list(value), list(derivative)


def test_latex_is_an_align_environment_in_the_lecture_s_letters() -> None:
    source = dc.code(LECTURE, target="latex").source
    assert source.startswith("\\begin{align}\n  v_{-1} &= x_{1} \\\\\n  v_{0} &= x_{2} \\\\\n")
    assert r"\bar{v}_{-1} &= v_{0} \, \bar{v}_{2} + \frac{1}{v_{-1}} \, \bar{v}_{1}" in source
    assert r"\dot{v}_{5} &= \dot{v}_{4} - \dot{v}_{3}" in dc.code(LECTURE, mode="forward", target="latex").source


def branching(x: Any) -> Any:
    return x * x if x < 3 else x


def test_a_program_of_one_branch_refuses_the_other() -> None:
    program = pasted(dc.code(branching, at={"x": 1.0}).source)
    assert program(2.0) == (4.0, 4.0)
    with pytest.raises(ValueError, match="another branch"):
        program(4.0)
    with pytest.raises(ValueError, match="another branch"):
        pasted(dc.code(branching, at={"x": 1.0}, target="numpy").source)(np.array([1.0, 4.0]))


@needs_compiler
def test_in_c_the_other_branch_is_nan(tmp_path: Path) -> None:
    library = compiled(dc.code(branching, at={"x": 1.0}, target="c").source, tmp_path / "program")
    value, derivative = _called(library.adjoint, dc.function(branching), {"x": 4.0})
    assert math.isnan(value[0])
    assert math.isnan(derivative[0])


def test_variables_of_any_name_and_shape() -> None:
    value, gradient = pasted(dc.code("lambda*x[0]*W[1,0] + v1*math").source)(
        [[1.0, 2.0], [3.0, 4.0]], 5.0, 6.0, 7.0, [8.0]
    )
    assert value == 5.0 * 8.0 * 3.0 + 6.0 * 7.0
    assert flat(gradient)[-1] == 15.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dc.code("x", mode="sideways"), "there is no mode sideways"),
        (lambda: dc.code("x", target="fortran"), "there is no target fortran"),
        (lambda: dc.code("polygamma(1, x)", target="c"), "no polygamma"),
        (lambda: dc.code(branching), "add --at x="),
        (lambda: dc.code(lambda x: x[0] * x[1]), r"add --at x=\[1,2,3\]"),
        (lambda: dc.code(lambda x: np.sum(x * x), at={"x": np.ones(20000)}), "over budget"),
    ],
)
def test_what_cannot_be_written_is_one_clear_line(call: Any, message: str) -> None:
    with pytest.raises(dc.DiffCompareError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
