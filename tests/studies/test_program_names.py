"""Programs whose names could mean two things: whatever the variables are called, the numbers are right."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diffcompare as dc
from tests.studies.test_program_text import compiled, needs_compiler, pasted


def bar(x_bar: Any, x: Any) -> Any:
    return x * x_bar**2


CASES: list[Any] = [
    bar,
    "x_bar*x", "x_dot*x", "y1_bar*x + y1*x", "v1*v2*v1_bar + sin(v1*v2)*sin(v1*v2)", "t1*t2*exp(t1*t2)/(1 + t1*t2)",
    "math*sin(x)", "np*sin(x)", "numpy*erf(x)", "sec*sec(x)", "sigmoid*sigmoid(x) + decay", "float*abs*relu(x)",
    "adjoint*tangent*x", "value*derivative*x", "lambda*sin(x)", "range*x", "αβ*αγ + α*alpha", "_*__", "_x*x",
    "tgamma*gamma(x)", "fabs*abs(x)", "pow*x^y", "log*ln(x)", "double*x", "sin*sin(x)",
    *(f"{word}*sin(x)" for word in ("M_PI", "NAN", "INFINITY", "HUGE_VAL", "FP_NAN", "unix", "linux", "asm", "_Bool")),
]  # fmt: skip


def at_of(f: Any) -> dict[str, float]:
    return {name: 0.5 + 0.25 * k for k, name in enumerate(dc.function(f).names)}


def wanted(f: Any) -> list[float]:
    gradient = dc.gradient(f, at=at_of(f))
    return [gradient[name] for name in dc.function(f).names]


@pytest.mark.parametrize("target", ["python", "numpy"])
@pytest.mark.parametrize("f", CASES)
def test_no_name_hides_another(f: Any, target: str) -> None:
    at = at_of(f)
    value, gradient = pasted(dc.code(f, at=at, target=target).source)(*at.values())
    assert value == pytest.approx(dc.function(f)(*at.values()), rel=2e-15)
    assert list(gradient) == pytest.approx(wanted(f), rel=2e-15)
    tangent = pasted(dc.code(f, at=at, mode="forward", target=target).source)
    for k in range(len(at)):
        assert tangent(*at.values(), *np.eye(len(at))[k])[1] == pytest.approx(wanted(f)[k], rel=2e-15)


@needs_compiler
@pytest.mark.parametrize("f", [case for case in CASES if case != "tgamma*gamma(x)"])  # C has no digamma
def test_no_name_hides_another_in_c(f: Any, tmp_path: Path) -> None:
    at = at_of(f)
    point, n = [ctypes.c_double(x) for x in at.values()], len(at)
    value, derivative = (ctypes.c_double * 1)(), (ctypes.c_double * n)()
    reverse = compiled(dc.code(f, at=at, target="c").source, tmp_path / "reverse")
    reverse.adjoint(*point, ctypes.c_double(1.0), value, derivative)
    assert list(derivative) == pytest.approx(wanted(f), rel=2e-15)
    forward = compiled(dc.code(f, at=at, mode="forward", target="c").source, tmp_path / "forward")
    for k in range(n):
        forward.tangent(*point, *map(ctypes.c_double, np.eye(n)[k]), value, derivative)
        assert derivative[0] == pytest.approx(wanted(f)[k], rel=2e-15)


def test_variables_keep_their_names_where_the_language_has_them() -> None:
    assert "def adjoint(x, x_bar, y1_bar=1.0):" in dc.code("x*x_bar").source
    assert "def adjoint(gamma, αβ, y1_bar=1.0):" in dc.code("gamma*αβ").source
    assert "void adjoint(double alphabeta, double alphagamma," in dc.code("αβ*αγ", target="c").source
    assert "alphabeta_bar" in dc.code("αβ*αγ", target="c").source


def test_the_greek_letters_of_latex() -> None:
    source = dc.code("α*β_1", target="latex").source
    assert r"v_{-1} &= \alpha" in source
    assert r"v_{0} &= \beta_{1}" in source


def test_temporaries_beyond_nine_have_whole_subscripts() -> None:
    formula = " + ".join(f"exp(sin(x*{k}))*exp(sin(x*{k}))" for k in range(2, 14))
    found = re.findall(r"\bt_(\S+)", dc.code(formula, target="latex").source)
    assert len(set(found)) > 9
    assert all(subscript.startswith("{") for subscript in found)


def test_vectors_beside_numbers_of_the_names_of_their_entries() -> None:
    value, gradient = pasted(dc.code("x[0]*x[1]*x0*x0_bar").source)([2.0, 3.0], 5.0, 7.0)
    assert (value, gradient) == (210.0, ([105.0, 70.0], 42.0, 30.0))
