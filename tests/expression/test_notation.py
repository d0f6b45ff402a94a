"""Printing: the text form reads back to the same tree; LaTeX and Typst say the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import diffcompare as dc
from diffcompare.errors import BudgetError
from diffcompare.expression.function import Function
from diffcompare.expression.notation import TEXT
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.program import Apply, Instruction, Name, Number, Program

OPERATIONS = ["add", "subtract", "multiply", "divide", "power", "negative", "sin", "sqrt", "maximum", "erf"]


def programs(depth: int = 4) -> st.SearchStrategy[tuple[Instruction, ...]]:
    """Random formulas as postfix programs."""
    leaves: st.SearchStrategy[tuple[Instruction, ...]] = st.one_of(
        st.sampled_from(["x", "y", "x10"]).map(lambda name: (Name(name, ()),)),
        st.one_of(st.integers(0, 9), st.floats(0, 1e3)).map(lambda number: (Number(number),)),
    )

    def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.sampled_from(OPERATIONS).flatmap(
            lambda name: st.tuples(*[inner] * PRIMITIVES[name].arity).map(
                lambda parts: (
                    *[i for part in parts for i in part],
                    Apply(PRIMITIVES[name], PRIMITIVES[name].arity),
                )
            )
        )

    return st.recursive(leaves, grow, max_leaves=2**depth)


@given(programs())
def test_text_reads_back_to_the_same_tree(instructions: tuple[Instruction, ...]) -> None:
    written = Function(Program(instructions, 1, False), "f").text()
    again = dc.function(written).text()
    assert again == written


@pytest.mark.parametrize(
    "formula",
    ["a - (b - c)", "a/(b/c)", "a/(b*c)", "(a^b)^c", "a^b^c", "-a^2", "(-a)^2", "a^(-b)", "a*(-b)", "-(a + b)",
     "a - (-b)",
          "(a + b)*c", "2*(3*a)", "where(a < b, a, b)", "1e-300*a", "[a, b + 1]", "x[0] + x[2]", "sin(a)^2"],
)  # fmt: skip
def test_parentheses_stand_where_reading_needs_them(formula: str) -> None:
    assert dc.function(formula).text() == formula


@pytest.mark.parametrize(
    ("formula", "latex", "typst"),
    [
        ("x1^2/2", r"\frac{x_{1}^{2}}{2}", "frac(x_(1)^(2), 2)"),
        ("theta*alpha_1", r"\theta \, \alpha_{1}", "theta thin alpha_(1)"),
        ("exp(-x)", r"e^{-x}", "e^(-x)"),
        ("(x/y)^2", r"\left(\frac{x}{y}\right)^{2}", "(frac(x, y))^(2)"),
        ("α*β_1*Ω", r"\alpha \, \beta_{1} \, \Omega", "α thin β_(1) thin Ω"),
        (
            "αβ + αx + x_α",
            r"\mathrm{\alpha\beta} + \mathrm{\alpha x} + x_{\alpha}",
            'upright("αβ") + upright("αx") + x_"α"',
        ),
        ("1.5e-7*mass", r"1.5 \cdot 10^{-7} \, \mathrm{mass}", '1.5 dot 10^(-7) thin upright("mass")'),
        ("erf(x[0])", r"\operatorname{erf}\left(x_{0}\right)", 'op("erf") (x_(0))'),
        (
            "where(x >= y, x, 1)",
            r"\begin{cases} x & x \ge y \\ 1 & \text{otherwise} \end{cases}",
            'cases(x &"if" x >= y, 1 &"otherwise")',
        ),
    ],
)
def test_latex_and_typst(formula: str, latex: str, typst: str) -> None:
    assert dc.function(formula).latex() == latex
    assert dc.function(formula).typst() == typst


def test_a_python_function_prints_its_formula_unless_it_depends_on_the_point() -> None:
    assert dc.function(lambda x, y: (x + y) ** 2).text() == "(x + y)^2"

    def branchy(x: Any) -> Any:
        return x if x > 0 else -x

    assert dc.function(branchy).text() == "branchy(x)"


def test_a_formula_nobody_can_read_is_not_written_out() -> None:
    def swollen(x: Any) -> Any:
        for _ in range(40):
            x = x * x
        return x

    graph = dc.function(swollen).trace({"x": 1.0})
    with pytest.raises(BudgetError, match="operations"):
        TEXT.write(graph)
