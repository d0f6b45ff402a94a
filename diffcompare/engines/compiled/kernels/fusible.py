"""Operations that a kernel computes to NumPy's last bit, as formulas for Numba.

Sums, products, quotients and roots round correctly everywhere; exp, log, tanh and the like do not: they stay NumPy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompare.expression.graph import Node
from diffcompare.expression.primitives import Primitive, Structural
from diffcompare.expression.primitives.stepwise import beats, holds, holds_not
from diffcompare.expression.primitives.structural import dtype_of

KINDS = frozenset(map(np.dtype, ("float64", "float32", "bool")))
FLOATS = frozenset(map(np.dtype, ("float64", "float32")))
# Of 0.0 and -0.0 NumPy takes the second where it has the processor's own instruction, elsewhere the first.
_SECOND = bool(np.signbit(np.maximum(np.zeros(1), np.full(1, -0.0)))[0])
_PICK = "{0} if ({0} " + "{}" + ("" if _SECOND else "=") + " {1}) | ({0} != {0}) else {1}"
FORMULAS = {
    "add": "{0} + {1}", "subtract": "{0} - {1}", "multiply": "{0} * {1}", "divide": "{0} / {1}", "negative": "-{0}",
    "abs": "abs({0})", "sqrt": "np.sqrt({0})", "where": "{1} if {0} else {2}",
    "less": "{0} < {1}", "less_equal": "{0} <= {1}", "greater": "{0} > {1}", "greater_equal": "{0} >= {1}",
    "equal": "{0} == {1}", "not_equal": "{0} != {1}",
    "maximum": _PICK.replace("{}", ">"), "minimum": _PICK.replace("{}", "<"),
    "relu": _PICK.replace("{}", ">").replace("{1}", "np.{kind}(0)"),
}  # fmt: skip
ON_ARRAYS = frozenset({"maximum", "minimum", "relu"})  # of two numbers Python's take another zero
# What a derivative is multiplied by at a corner: NumPy's are truth values where nothing ties.
CORNERS = {
    beats: "np.{kind}(1) if {0} > {1} else np.{kind}(0.5) if {0} == {1} else np.{kind}(0)",
    holds: "{0} != 0", holds_not: "{0} == 0",
}  # fmt: skip


def is_fusible(node: Node, operands: Sequence[Node]) -> bool:
    """Whether a kernel can compute an operation entry by entry: floats, or truth values where those are asked for."""
    kinds = [dtype_of(x.value) for x in operands if not _is_number(x)]
    if not node.shape and isinstance(node.value, np.ndarray):
        return False
    if not kinds or not all(kind in KINDS for kind in (*kinds, dtype_of(node.value))) or not np.size(node.value):
        return False
    if node.primitive is not None and node.primitive.name == "cast":
        return dtype_of(node.value) in FLOATS
    if node.primitive in CORNERS:
        return all(kind in FLOATS for kind in kinds) or node.primitive is holds_not
    if not isinstance(node.primitive, Primitive) or node.primitive.name not in FORMULAS:
        return False
    if node.primitive.name in ON_ARRAYS and not node.shape:
        return False
    return entry_kind(node, operands) in FLOATS


def entry_kind(node: Node, operands: Sequence[Node]) -> np.dtype[Any]:
    """The type in which NumPy takes the operands, all but the condition of a choice."""
    taken = operands[1:] if node.primitive is not None and node.primitive.name == "where" else operands
    kind: np.dtype[Any] = np.result_type(*[x.value for x in taken])
    return kind


def result_kind(node: Node, operands: Sequence[Node]) -> np.dtype[Any]:
    """The type of the result; halves at a tie need a number."""
    return entry_kind(node, operands) if node.primitive is beats else dtype_of(node.value)


def formula(node: Node, operands: Sequence[Node], texts: Sequence[str], kinds: Sequence[np.dtype[Any]]) -> str:
    """An operation on operands that are written as these texts, of these types."""
    kind = entry_kind(node, operands)
    if node.primitive is not None and node.primitive.name == "cast":
        return f"np.{dtype_of(node.value)}({texts[0]})"
    choice = node.primitive is not None and node.primitive.name == "where"
    written = [
        text if own == kind or (choice and k == 0) else f"np.{kind}({text})"
        for k, (text, own) in enumerate(zip(texts, kinds, strict=True))
    ]
    return _pattern(node).format(*written, kind=kind)


def _pattern(node: Node) -> str:
    assert node.primitive is not None
    return CORNERS[node.primitive] if isinstance(node.primitive, Structural) else FORMULAS[node.primitive.name]


def _is_number(node: Node) -> bool:
    """Whether a node is a number that was written in the program."""
    return node.constant is not None and type(node.constant) in (int, float, bool)
