"""What the derivatives of a recurrence's iterates cost: SymPy's by size and time, the shared graph's by time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple, ParamSpec, TypeVar

from diffcompare.engines.symbolic import DEEPEST, cse_operations, differentiated
from diffcompare.errors import BudgetError, DiffCompareError
from diffcompare.expression.function import Function, function
from diffcompare.expression.graph import Graph
from diffcompare.expression.numbers import FLOAT
from diffcompare.expression.point import point_inputs
from diffcompare.expression.sympy_source import depth, tree_nodes
from diffcompare.studies.swell.iterates import LARGEST_POWER, sympy_iterates
from diffcompare.studies.swell.recurrence import LETTER, ONE, START, TANGENT, Seed, record_tangent, seed_of

TREE = 10**4  # operations of a derivative written out that SymPy may build
SECONDS = 3.0  # of the processor, for SymPy with all iterates together
EVALUATED = 2000  # nodes of SymPy's tree that are run on doubles
RUNS, ENOUGH = 3, 0.02  # a short run is timed again while both last
X, PARAMETER = 0.2, 0.5  # where programs are timed: x, and every other name

P = ParamSpec("P")
T = TypeVar("T")


class Symbolic(NamedTuple):
    """SymPy's derivative of one l_n: its tree, that with common subexpressions collected after the fact, and times."""

    tree_nodes: int
    cse_operations: int
    seconds: float  # to differentiate, SymPy's cache emptied before
    evaluation_seconds: float | None  # to run the tree on doubles; None where it is large or has no primitive


class Automatic(NamedTuple):
    """The shared graph of l_n and its derivative: seconds to record it, and to run it on doubles by the same loop."""

    seconds: float
    evaluation_seconds: float


def symbolic_costs(step: Function, trees: Sequence[int]) -> Iterator[Symbolic]:
    """SymPy's derivative of each iterate; `trees` are the operations of the derivatives written out, n = 1 first.

    Raises `BudgetError` with the n at which it would take too long, and the reason.
    """
    import sympy as sp
    from sympy.core.cache import clear_cache

    x = sp.Symbol(START, real=True)
    differentiated(x, x)  # what SymPy does once for all is not the first iterate's time
    expressions = sympy_iterates(step)
    spent = last = 0.0
    for n, tree in enumerate(trees, 1):
        start = time.process_time()
        late = spent + 2 * last > SECONDS
        expression = None if late or tree > TREE else next(expressions, None)
        reason = _refusal(expression, tree, late)
        if reason:
            raise BudgetError(f"over budget at n = {n}: {reason}")
        clear_cache()
        try:
            derivative, seconds = _clocked(differentiated, expression, x)
        except DiffCompareError as error:
            raise BudgetError(f"from n = {n} on without SymPy: {error}") from error
        nodes = tree_nodes(derivative)
        evaluation = _tree_seconds(derivative) if nodes <= EVALUATED else None
        cost = Symbolic(nodes, cse_operations([derivative]), seconds, evaluation)
        last = time.process_time() - start
        spent += last
        yield cost


def _refusal(expression: Any, tree: int, late: bool) -> str | None:
    """Why SymPy is not asked for this derivative; None where it is."""
    if tree > TREE:
        return f"the derivative written out as a tree has {tree} operations, SymPy may build {TREE}"
    if late:
        return f"SymPy would take longer than its {SECONDS:g} s"
    if expression is None:
        return f"SymPy would multiply out powers of more than {LARGEST_POWER}"
    import sympy as sp

    if expression.has(sp.nan, sp.zoo, sp.oo):
        return f"SymPy finds {expression!s:.40}, which is no number"
    return f"operations stand more than {DEEPEST} deep inside each other" if depth(expression) > DEEPEST else None


def _tree_seconds(derivative: Any) -> float | None:
    try:
        tree = function(derivative, "derivative")
    except DiffCompareError:
        return None
    point = {name: X if name == START else PARAMETER for name in tree.names}
    graph = tree.trace(point)
    inputs = point_inputs(point)
    times: list[float] = []
    while not times or (len(times) < RUNS and sum(times) < ENOUGH):
        times.append(_clocked(graph.replay, FLOAT, inputs)[1])
    return median(times)


def automatic_costs(step: Function) -> Iterator[Automatic]:
    """The tangent program of l_1, l_2, l_3, ...: each grows out of the one before, so the seconds add up."""
    recording = evaluation = 0.0
    seed: Seed = ONE
    known: dict[Seed, Graph] = {}
    values = {START: X, LETTER: X, TANGENT: 1.0}
    record_tangent(step, seed)  # what Python does once for all is not the first step's time
    while True:
        yield Automatic(recording, evaluation)
        (trace, l_n, l_dot), seconds = _clocked(record_tangent, step, seed)
        recording += seconds
        if seed not in known:
            known[seed] = trace.graph([l_n, 0.0 if l_dot is None else l_dot])
        program, seed = known[seed], seed_of(l_dot)
        inputs = [values.get(name, PARAMETER) for name in program.names]
        results, seconds = _clocked(program.replay, FLOAT, inputs)
        evaluation += seconds
        values[LETTER], values[TANGENT] = (results[i] for i in program.outputs)


def _clocked(run: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> tuple[T, float]:
    """What a run gives, and its seconds; no garbage is collected in them, as in Python's own timeit."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        start = time.perf_counter()
        result = run(*arguments, **options)
        return result, time.perf_counter() - start
    finally:
        if collecting:
            gc.enable()
