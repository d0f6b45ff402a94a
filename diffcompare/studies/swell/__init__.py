"""Expression swell: how the derivative of an iterated recurrence grows, as a tree, as a shared graph, and in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any

from diffcompare.errors import BudgetError, DiffCompareError
from diffcompare.expression.function import Function
from diffcompare.studies.lecture_notation import Formula
from diffcompare.studies.study import Study
from diffcompare.studies.swell.costs import Automatic, Symbolic, automatic_costs, symbolic_costs
from diffcompare.studies.swell.growth import Law, fitted
from diffcompare.studies.swell.iterates import Iterate, iterates
from diffcompare.studies.swell.recurrence import Counts, counts, recurrence

MOST = 10**5  # iterations
LONGEST = 14_000  # bits of a count: Python reads and writes whole numbers of 4300 digits, no longer ones
READABLE = 16  # iterates that are written as formulas, if they are short enough


@dataclass(frozen=True, slots=True)
class Row:
    """One n: l_n and its derivative in writing and in numbers; None past the budget."""

    n: int
    texts: Iterate | None
    counts: Counts
    symbolic: Symbolic | None
    automatic: Automatic

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        texts, symbolic = self.texts, self.symbolic
        return {
            "n": self.n,
            **{name: getattr(texts, name).text if texts else None for name in Iterate._fields},
            "function_tree_operations": self.counts.function_tree,
            "function_graph_operations": self.counts.function_graph,
            "derivative_tree_operations": self.counts.derivative_tree,
            "derivative_graph_operations": self.counts.derivative_graph,
            "adjoint_operations": self.counts.adjoint,
            "sympy_tree_nodes": symbolic.tree_nodes if symbolic else None,
            "cse_operations": symbolic.cse_operations if symbolic else None,
            "symbolic_seconds": symbolic.seconds if symbolic else None,
            "symbolic_evaluation_seconds": symbolic.evaluation_seconds if symbolic else None,
            "automatic_seconds": self.automatic.seconds,
            "automatic_evaluation_seconds": self.automatic.evaluation_seconds,
        }


# The four ways to hold a derivative, with the words for each and the count that is its size.
REPRESENTATIONS: dict[str, tuple[str, Callable[[Row], int | None]]] = {
    "tree": ("tree written out", lambda row: row.counts.derivative_tree),
    "cse": ("subexpressions collected after", lambda row: row.symbolic and row.symbolic.cse_operations),
    "graph": ("shared graph", lambda row: row.counts.derivative_graph),
    "adjoint": ("adjoint program", lambda row: row.counts.adjoint),
}


@dataclass(frozen=True, slots=True)
class Swell(Study):
    """The growth of the derivatives of l_1 = x, l_2, l_3, ... by x."""

    name: str
    recurrence: Formula
    rows: tuple[Row, ...]
    laws: dict[str, Law | None]  # by representation
    over_budget: str | None  # from which n on SymPy was not asked, and why

    @property
    def lesson(self) -> str:
        """What the last row shows, in words."""
        n, last = self.rows[-1].n, self.rows[-1].counts
        tree, graph = last.derivative_tree, last.derivative_graph
        if tree == graph:
            return f"The derivative of l_{n} takes {graph} operations, as a tree or as a graph: nothing swells."
        return (
            f"The derivative of l_{n} takes {approximately(tree)} operations written out as a tree and {graph} in the "
            "shared graph. Swell belongs to trees, not to symbolic differentiation as such (Laue, arXiv 1904.02990)."
        )

    def sizes(self, representation: str) -> dict[int, int]:
        """The operations of the derivative in one representation, by n, as far as they are known."""
        found = ((row.n, REPRESENTATIONS[representation][1](row)) for row in self.rows)
        return {n: size for n, size in found if size is not None}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        laws = {
            name: law and {"name": law.name, "formula": law.formula.text, "from": law.start, "exact": law.exact}
            for name, law in self.laws.items()
        }
        rows = [row.to_dict() for row in self.rows]
        return {"recurrence": self.recurrence.text, "rows": rows, "laws": laws, "over_budget": self.over_budget}


def swell(f: Any = "logistic", iterations: int = 12) -> Swell:
    """Expression swell of a recurrence l_{n+1} = f(l_n, x), l_1 = x, for n = 1 .. iterations.

    f is a name, a formula in l, x and parameters, or a callable.  Operation counts are exact at every n and never need
    the tree; what SymPy has to build (texts, its own sizes and times) is None past a budget.  Raises `DiffCompareError`
    for a recurrence without l or a number of iterations that does not fit.

    >>> import diffcompare as dc
    >>> study = dc.swell("logistic", iterations=6)
    >>> study.rows[2].texts.derivative.text
    '16*(1 - x)*(1 - 2*x)^2 - 16*x*(1 - 2*x)^2 - 64*x*(1 - x)*(1 - 2*x)'
    >>> study.laws["graph"].formula.text
    '8*n - 10'
    """
    if not isinstance(iterations, int) or not 1 <= iterations <= MOST:
        raise DiffCompareError(f"{iterations} iterations do not fit; give a whole number from 1 to {MOST}")
    step = recurrence(f)
    sizes = _sizes(step, iterations)
    texts: list[Iterate | None] = [*islice(iterates(step), min(iterations, READABLE))]
    symbolic: list[Symbolic | None] = []
    over_budget = None
    try:
        for cost in symbolic_costs(step, [size.derivative_tree for size in sizes]):
            symbolic.append(cost)
    except BudgetError as error:
        over_budget = str(error)
    for column in (texts, symbolic):
        column += [None] * (iterations - len(column))
    columns = zip(texts, sizes, symbolic, automatic_costs(step), strict=False)
    rows = tuple(Row(n, *cells) for n, cells in enumerate(columns, 1))
    study = Swell(step.name, Formula(step.text(), step.latex(), step.typst()), rows, {}, over_budget)
    return replace(study, laws={name: fitted(study.sizes(name)) for name in REPRESENTATIONS})


def _sizes(step: Function, iterations: int) -> list[Counts]:
    """The exact counts; raises `BudgetError` where one has more digits than Python writes."""
    found: list[Counts] = []
    for n, size in enumerate(islice(counts(step), iterations), 1):
        if max(size.function_tree, size.derivative_tree).bit_length() > LONGEST:
            raise BudgetError(f"the tree of l_{n} has more than 10^4200 operations; ask for at most {n - 1} iterations")
        found.append(size)
    return found


def approximately(count: int) -> str:
    """A count in full up to a thousand million, beyond it to two digits.

    >>> approximately(68607), approximately(2**1000)
    ('68607', '1.1e301')
    """
    return str(count) if count < 10**9 else f"{Decimal(count):.1e}".replace("e+", "e")
