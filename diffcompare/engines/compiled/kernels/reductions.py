"""Sums and extrema in kernels, their entries taken in NumPy's order."""

from __future__ import annotations

import numpy as np

from diffcompare.engines.compiled.kernels.fusible import FLOATS, FORMULAS
from diffcompare.expression.graph import Node
from diffcompare.expression.primitives.structural import dtype_of, size_of

# By name: what the result begins with, and how it takes the next entry.
REDUCTIONS = {
    "sum": ("0", "{0} + {1}"), "max": ("-np.inf", FORMULAS["maximum"]), "min": ("np.inf", FORMULAS["minimum"]),
}  # fmt: skip
SEVERAL = 8  # entries of a row from which on NumPy takes them several at a time
MANY = 2**14  # entries of an array that it is worth not to keep: Numba compiles a sum of rows for half a second
LONGEST_ROW = 2**13  # entries that a kernel keeps to add them up: beyond, a row is no longer in the fastest cache

# NumPy's sum of at most 128 entries: eight sums side by side.
ROW_SUM = """
def row_sum(row, start, end):
    if end - start < 8:
        total = row[start]
        for i in range(start + 1, end):
            total += row[i]
        return total
    a, b, c, d = row[start], row[start + 1], row[start + 2], row[start + 3]
    e, f, g, h = row[start + 4], row[start + 5], row[start + 6], row[start + 7]
    rest = end - (end - start) % 8
    for i in range(start + 8, rest, 8):
        a += row[i]
        b += row[i + 1]
        c += row[i + 2]
        d += row[i + 3]
        e += row[i + 4]
        f += row[i + 5]
        g += row[i + 6]
        h += row[i + 7]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for i in range(rest, end):
        total += row[i]
    return total
"""


def row_parts(start: int, end: int) -> list[int]:
    """Where the parts of a row begin that NumPy adds up each for itself, of at most 128 entries."""
    if end - start <= 128:
        return [start]
    middle = _middle(start, end)
    return row_parts(start, middle) + row_parts(middle, end)


def sum_of_parts(name: str, start: int, end: int, first: int = 0) -> str:
    """The sum of the sums of the parts of a row, by halves, as a formula.

    >>> sum_of_parts("p", 0, 300)
    '((p[0] + p[1]) + (p[2] + p[3]))'
    """
    if end - start <= 128:
        return f"{name}[{first}]"
    middle = _middle(start, end)
    later = first + len(row_parts(start, middle))
    return f"({sum_of_parts(name, start, middle, first)} + {sum_of_parts(name, middle, end, later)})"


def _middle(start: int, end: int) -> int:
    half = (end - start) // 2
    return start + half - half % 8


def reduced_axes(node: Node, operand: Node) -> list[int]:
    """The axes over which entries are taken together, none of length 1."""
    kept = node.shape or (1,) * len(operand.shape)
    return [k for k, n in enumerate(operand.shape) if n != kept[k]]


def is_one_by_one(node: Node, operand: Node) -> bool:
    """Whether NumPy takes the entries one after the other: along one axis, unless they stand in a long row."""
    if not _is_reduction(node, operand):
        return False
    axes = reduced_axes(node, operand)
    return len(axes) == 1 and (axes[0] != _longer_axes(operand)[-1] or operand.shape[axes[0]] < SEVERAL)


def is_sum_of_rows(node: Node, operand: Node) -> bool:
    """Whether a sum is one of rows, as they lie in memory: over the last axes."""
    if not _is_reduction(node, operand) or node.primitive is None or node.primitive.name != "sum":
        return False
    axes, longer = reduced_axes(node, operand), _longer_axes(operand)
    in_rows = bool(axes) and axes == longer[len(longer) - len(axes) :]
    length = row_length(node, operand)
    return in_rows and not is_one_by_one(node, operand) and length <= LONGEST_ROW and size_of(operand.value) >= MANY


def row_length(node: Node, operand: Node) -> int:
    """The entries of a row that is added up."""
    return size_of(operand.value) // size_of(node.value)


def _longer_axes(operand: Node) -> list[int]:
    return [k for k, n in enumerate(operand.shape) if n != 1]


def _is_reduction(node: Node, operand: Node) -> bool:
    """Whether it is a reduction of floats that lie in memory in the order of their axes."""
    if node.primitive is None or node.primitive.name not in REDUCTIONS or not isinstance(operand.value, np.ndarray):
        return False
    kinds = {dtype_of(node.value), dtype_of(operand.value)}
    return len(kinds) == 1 and kinds <= FLOATS and bool(operand.value.flags.c_contiguous)
