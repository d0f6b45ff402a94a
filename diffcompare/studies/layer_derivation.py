"""dL/dX and dL/dW of the linear layer derived: by components as the lecture does it, and by the transpose rule.

The matrices of partial derivatives are computed, by forward mode on a traced layer of 2 x 3 x 2; the general lines
follow from them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diffcompare.engines.automatic import derivative_graph
from diffcompare.expression.function import function
from diffcompare.expression.notation import LATEX, TEXT, TYPST, Notation
from diffcompare.studies.lecture_notation import Formula

BATCH, INPUTS, OUTPUTS = 2, 3, 2  # of the layer whose partial derivatives are written out


@dataclass(frozen=True, slots=True)
class DerivationStep:
    """One line of the derivation: what is done, and the formula it gives."""

    what: str
    formula: Formula


_L_X, _L_W = r"\frac{\partial L}{\partial X", r"\frac{\partial L}{\partial W"
_L_Y, _SO = r"\frac{\partial L}{\partial Y", r"\quad\Rightarrow\quad "
_l_x, _l_w, _l_y = (f"(partial L) / (partial {letter}" for letter in "XWY")

COMPONENTS = Formula(
    "Y_ij = sum_k X_ik W_kj",
    r"Y_{ij} = \sum_k X_{ik} W_{kj}",
    "Y_(i j) = sum_k X_(i k) W_(k j)",
)
INNER_PRODUCT = Formula(
    "dL/dX_11 = sum_ij dL/dY_ij dY_ij/dX_11 = sum_k dL/dY_1k W_1k",
    _L_X
    + r"_{11}} = \sum_{ij} "
    + _L_Y
    + r"_{ij}} \frac{\partial Y_{ij}}{\partial X_{11}} = \sum_k "
    + _L_Y
    + r"_{1k}} W_{1k}",
    _l_x
    + "_(1 1)) = sum_(i j) "
    + _l_y
    + "_(i j)) (partial Y_(i j)) / (partial X_(1 1)) = sum_k "
    + _l_y
    + "_(1 k)) W_(1 k)",
)
GRADIENT_OF_X = Formula(
    "dL/dX_ij = sum_k dL/dY_ik W_jk, so dL/dX = dL/dY W^T",
    _L_X + r"_{ij}} = \sum_k " + _L_Y + r"_{ik}} W_{jk}" + _SO + _L_X + "} = " + _L_Y + "} W^T",
    _l_x + "_(i j)) = sum_k " + _l_y + "_(i k)) W_(j k) quad => quad " + _l_x + ") = " + _l_y + ") W^T",
)
GRADIENT_OF_W = Formula(
    "dL/dW_ij = sum_k X_ki dL/dY_kj, so dL/dW = X^T dL/dY",
    _L_W + r"_{ij}} = \sum_k X_{ki} " + _L_Y + "_{kj}}" + _SO + _L_W + "} = X^T " + _L_Y + "}",
    _l_w + "_(i j)) = sum_k X_(k i) " + _l_y + "_(k j)) quad => quad " + _l_w + ") = X^T " + _l_y + ")",
)
TRANSPOSES = Formula(
    "<dL/dY, dX W> = <dL/dY W^T, dX> and <dL/dY, X dW> = <X^T dL/dY, dW>",
    r"\langle \bar{Y}, \dot{X} W \rangle = \langle \bar{Y} W^T, \dot{X} \rangle, \quad "
    r"\langle \bar{Y}, X \dot{W} \rangle = \langle X^T \bar{Y}, \dot{W} \rangle",
    "chevron.l macron(Y), dot(X) W chevron.r = chevron.l macron(Y) W^T, dot(X) chevron.r, quad "
    "chevron.l macron(Y), X dot(W) chevron.r = chevron.l X^T macron(Y), dot(W) chevron.r",
)


def layer_derivation() -> tuple[DerivationStep, ...]:
    """The lines from Y = XW to dL/dX = dL/dY Wᵀ and dL/dW = Xᵀ dL/dY.

    >>> [step.formula.text for step in layer_derivation()][1]
    'dY/dX_11 = [W_11, W_12; 0, 0]'
    """
    size = f"for a layer of {BATCH} x {INPUTS} x {OUTPUTS}"
    return (
        DerivationStep("the layer, by components", COMPONENTS),
        DerivationStep(f"one entry of X, {size}", _matrix("X", (0, 0))),
        DerivationStep("the inner product with dL/dY keeps the row of that entry", INNER_PRODUCT),
        DerivationStep("every entry of X, and all of them at once", GRADIENT_OF_X),
        DerivationStep(f"one entry of W, {size}", _matrix("W", (0, 0))),
        DerivationStep("every entry of W, and all of them at once", GRADIENT_OF_W),
        DerivationStep("tangents pass through the layer, adjoints back through its transpose", TRANSPOSES),
    )


def _matrix(variable: str, place: tuple[int, int]) -> Formula:
    """The partial derivatives of all entries of Y by one entry of X or W, each as forward mode recorded it."""
    point = {"X": np.ones((BATCH, INPUTS)), "W": np.ones((INPUTS, OUTPUTS))}
    i, j = place
    graph = derivative_graph(function(lambda X, W: X @ W), point, "forward", f"{variable}[{i},{j}]")
    names = [_one_based(name) for name in graph.names]

    def rows(notation: Notation) -> list[list[str]]:
        entries = [notation.write(graph.select([output]), names) for output in graph.outputs]
        return [entries[k : k + OUTPUTS] for k in range(0, len(entries), OUTPUTS)]

    by = f"{variable}_{i + 1}{j + 1}"
    latex = r" \\ ".join(" & ".join(row) for row in rows(LATEX))
    typst = "; ".join(", ".join(row) for row in rows(TYPST))
    return Formula(
        f"dY/d{by} = [{'; '.join(', '.join(row) for row in rows(TEXT))}]",
        rf"\frac{{\partial Y}}{{\partial {LATEX.variable(by)}}} = \begin{{bmatrix}} {latex} \end{{bmatrix}}",
        f'(partial Y) / (partial {TYPST.variable(by)}) = mat(delim: "[", {typst})',
    )


def _one_based(name: str) -> str:
    """X[0,1] as the lecture writes it: X_12."""
    letter, _, place = name.partition("[")
    return f"{letter}_{''.join(str(int(k) + 1) for k in place.rstrip(']').split(','))}"
