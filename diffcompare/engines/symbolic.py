"""Symbolic differentiation: the graph as a SymPy expression tree, SymPy's derivative of it, and code made from that.

Nothing of our table of partials is used.  A tree written out can grow exponentially with the graph it comes from, so
the work has a budget in nodes and in seconds, checked before and between the entries of the Jacobian.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.errors import BudgetError, DiffCompareError
from diffcompare.expression.function import Function
from diffcompare.expression.graph import Graph
from diffcompare.expression.numbers import as_number
from diffcompare.expression.numbers import symbolic as sympy_domain
from diffcompare.expression.point import Point, point_inputs
from diffcompare.expression.primitives import PRIMITIVES
from diffcompare.expression.sympy_source import depth

NODES = 2 * 10**5  # of one derivative's tree written out
WORK = 10**7  # nodes times depth of a tree: SymPy, which sorts the factors of every product, takes up to 1 us for each
VISITS = 2 * 10**6  # nodes of the graph times inputs: what counting the trees in advance may cost
DEEPEST = 400  # operations inside operations: SymPy recurses, with several Python frames a level
LARGEST_INTEGER = 2**53
SECONDS = 20.0  # for all entries of a Jacobian

# What NumPy does not have, or has for arrays only, by the name that SymPy prints.
EXTRA: dict[str, Callable[..., Any]] = {
    "erf": PRIMITIVES["erf"],
    "erfc": PRIMITIVES["erfc"],
    "gamma": PRIMITIVES["gamma"],
    "lgamma": PRIMITIVES["loggamma"],
    "loggamma": PRIMITIVES["loggamma"],
    "polygamma": PRIMITIVES["polygamma"],
    "DiracDelta": lambda x, order=0: np.float64("inf") if x == 0 else np.float64(0.0),
}


def symbolic(function: Function, point: Point) -> Derivatives:
    """Value and Jacobian by SymPy's derivative of the whole formula, evaluated as generated code.

    Raises `BudgetError` where the tree of a derivative, written out, would be too large, and `DiffCompareError` where
    SymPy leaves a derivative unevaluated.

    >>> import diffcompare as dc
    >>> dc.gradient("ln(x1) + x1*x2 - sin(x2)", at={"x1": 2, "x2": 5}, engine="symbolic")["x1"]
    5.5
    """
    graph = function.trace(point)
    symbols, outputs = expressions(graph)
    entries = [entry for row in jacobian(outputs, symbols) for entry in row]
    code = generated(symbols, [*outputs, *entries])
    results = code(*point_inputs(point))
    value, found = results[: len(outputs)], np.array(results[len(outputs) :]).reshape(len(outputs), len(symbols))
    found[np.isnan(value)] = np.nan  # to SymPy, nan is a constant with derivative 0
    tree = sum(int(entry.count_ops(visual=False)) for entry in (*outputs, *entries))
    return Derivatives(
        value, found, 1, lambda: cse_operations([*outputs, *entries]), f"{tree} operations written out as trees"
    )


def expressions(graph: Graph) -> tuple[list[Any], list[Any]]:
    """One real SymPy symbol an input, and the outputs as SymPy expressions.

    Raises `BudgetError` where an output or one of its derivatives, written out, would have too many nodes.

    >>> import diffcompare as dc
    >>> symbols, (y,) = expressions(dc.function("x*sin(x)").trace({"x": 1}))
    >>> y.diff(symbols[0])
    x*cos(x) + sin(x)
    """
    import sympy as sp

    nodes = _largest_derivative(graph)
    if nodes > NODES:
        raise BudgetError(
            f"over budget: a derivative written out as a tree has {nodes:.1e} nodes, {NODES} may be built"
        )
    symbols = [sp.Symbol(name, real=True) for name in graph.names]
    values = graph.replay(sympy_domain(), symbols)
    outputs = [as_number(sp, values[i]) for i in graph.outputs]
    deepest = max(map(depth, outputs), default=0)
    if deepest > DEEPEST or deepest * nodes > WORK:
        raise BudgetError(f"over budget: a derivative written out as a tree has {nodes:.1e} nodes, {deepest} deep")
    return symbols, outputs


def _largest_derivative(graph: Graph) -> int:
    """Nodes of the largest derivative of any output by any input; raises `BudgetError` where counting is too much."""
    n = len(graph.names)
    if n * len(graph.nodes) > VISITS:
        raise BudgetError(f"over budget: {n} derivatives of a formula of {graph.operations()} operations")
    return max((derivative_nodes(graph, j)[i] for j in range(n) for i in graph.outputs), default=0)


def derivative_nodes(graph: Graph, j: int) -> list[int]:
    """An upper estimate of each node's derivative by input j, written out as a tree, from the chain rule alone.

    Each operand that depends on the input brings its own derivative, times a partial made of all operands.

    >>> import diffcompare as dc
    >>> derivative_nodes(dc.function("x*x").trace({"x": 1}), 0)
    [1, 9]
    """
    tree: list[int] = []
    derivative: list[int] = []
    for i, node in enumerate(graph.nodes):
        tree.append(1 + sum(tree[k] for k in node.operands))
        terms = [derivative[k] + tree[i] for k in node.operands if derivative[k]]
        derivative.append(int(i == j) if node.primitive is None else sum(terms) + len(terms) // 2)
    return derivative


def jacobian(outputs: Sequence[Any], symbols: Sequence[Any], seconds: float = SECONDS) -> list[list[Any]]:
    """SymPy's derivatives, a row an output; raises `BudgetError` once the time is used up between two entries."""
    end = time.monotonic() + seconds
    rows: list[list[Any]] = []
    for output in outputs:
        rows.append([])
        for symbol in symbols:
            if time.monotonic() > end:
                done, total = sum(map(len, rows)), len(outputs) * len(symbols)
                raise BudgetError(f"SymPy finished {done} of {total} derivatives in {seconds:g} s, the budget")
            rows[-1].append(differentiated(output, symbol))
    return rows


def differentiated(expression: Any, symbol: Any) -> Any:
    """SymPy's derivative; raises `DiffCompareError` where it leaves part of it unevaluated."""
    import sympy as sp

    with _deep_recursion():
        found = expression.diff(symbol)
        if found.has(sp.Derivative, sp.Subs):
            raise DiffCompareError(f"SymPy leaves the derivative of {expression!s:.60} unevaluated")
    return found


def generated(symbols: Sequence[Any], entries: Sequence[Any]) -> Callable[..., list[float]]:
    """A function of the inputs, one float an entry, by SymPy's code printer, common subexpressions collected."""
    import sympy as sp

    entries = [_printable(sp, entry) for entry in entries]
    # The module np, since the name "numpy" would load all that NumPy keeps for later, its Fortran compiler too.
    with _deep_recursion():
        code = sp.lambdify(list(symbols), list(entries), [EXTRA, np], cse=True, dummify=True, docstring_limit=0)

    def evaluate(*inputs: float) -> list[float]:
        with np.errstate(all="ignore"):
            values = np.array(code(*map(np.float64, inputs)), dtype=complex)
            return [float(value) for value in np.where(values.imag == 0, values.real, np.nan)]

    return evaluate


def _printable(sp: Any, entry: Any) -> Any:
    """What NumPy does not compute with becomes a Float, whole numbers beyond 2^53, or nan, 1/0."""
    large = [n for n in entry.atoms(sp.Rational) if max(abs(n.p), n.q) > LARGEST_INTEGER]
    return entry.xreplace({n: sp.Float(n, 20) for n in large} | {sp.zoo: sp.nan})


def cse_operations(entries: Sequence[Any]) -> int:
    """Operations left once SymPy has collected the common subexpressions of finished expressions."""
    import sympy as sp

    shared, rest = sp.cse(list(entries))
    return sum(int(part.count_ops(visual=False)) for part in (*(value for _, value in shared), *rest))


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """Room for SymPy's recursion on an expression as deep as the budget allows."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 40 * DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
