"""A recurrence l_{n+1} = f(l_n, x) with l_1 = x, and exact operation counts of l_n and its derivatives at any n.

Nothing is unrolled.  Differentiating one step records a small program; what it computes depends on the steps around it
only through its seed (zero, the number 1, another number, or a variable) and through which of its results are needed.
So the counts of n steps follow from those of n - 1 by a sum of whole numbers, however large the tree has become.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from diffcompare.engines.automatic import is_one, plus, sweep, tangents
from diffcompare.errors import DiffCompareError, PointError, TracingError
from diffcompare.expression.function import Function, function
from diffcompare.expression.graph import Graph
from diffcompare.expression.sources import load
from diffcompare.expression.variable import Trace, Variable

LETTER, START = "l", "x"
GENERIC = {START: 0.3, LETTER: 0.7}  # while a step is recorded; no count depends on them
OTHER = 0.45  # for every other number


@dataclass(frozen=True, slots=True)
class Named:
    """A recurrence worth iterating, and what it shows."""

    name: str
    formula: str
    teaches: str


RECURRENCES = {
    entry.name: entry
    for entry in (
        Named("logistic", "4*l*(1 - l)", "l stands twice in a step: the tree doubles, the graph grows by a constant"),
        Named("sine", "sin(x + l)", "l stands once: even written out, the derivative is only quadratic"),
        Named("heron", "(l + x/l)/2", "Heron's iteration for the square root of x: an algorithm swells like a formula"),
        Named("horner", "x*l + 1", "a polynomial by Horner's scheme: its derivative by the same scheme is the graph"),
    )
}


def recurrence(source: Any) -> Function:
    """The step f(l, x, ...) of a name, a formula or a callable; names other than l and x are parameters.

    Raises `DiffCompareError` where it does not use l, has several outputs or branches on values, and `FormulaError`
    for text that cannot be read.

    >>> recurrence("logistic").text(), recurrence("sin(x + l)").names
    ('4*l*(1 - l)', ('l', 'x'))
    """
    text = source.strip() if isinstance(source, str) else None
    if text in RECURRENCES:
        step = function(RECURRENCES[text].formula, text)
    else:
        step = function(source) if text is None else load(text)
    if LETTER not in step.variables(()):
        known = ", ".join(RECURRENCES)
        near = get_close_matches(text, RECURRENCES, 1, 0.7) if text and re.fullmatch(r"[\w-]+", text) else []
        instead = f"did you mean {near[0]}?" if near else f"write for example 4*l*(1 - l), or one of {known}"
        raise DiffCompareError(f"the recurrence {step.name:.60} does not use l, the value before; {instead}")
    try:
        graph = step_graph(step)
    except PointError as error:
        raise DiffCompareError("a recurrence works on numbers; write l and x without an index") from error
    if len(graph.outputs) != 1:
        raise DiffCompareError(f"a recurrence has one value and {step.name:.60} has {len(graph.outputs)}; write one")
    if graph.guards:
        raise TracingError(f"{step.name} branches on values, so each step may differ; write where(condition, a, b)")
    return step


def step_graph(step: Function) -> Graph:
    """The graph of one step, with l, x and the parameters as its inputs.

    >>> step_graph(recurrence("logistic")).operations()
    3
    """
    return step.trace({name: GENERIC.get(name, OTHER) for name in step.variables(())})


class Counts(NamedTuple):
    """Operations of l_n and of its derivative by x, each as a tree written out and as a shared graph.

    The derivative is the tangent program (forward mode) with the primal operations it needs, the adjoint program
    (reverse mode) likewise; neither computes l_n itself unless it needs it.  Products with 1 and sums with 0 are not
    recorded, nothing else is simplified; what a step computes twice is counted twice, and l_n once however often used.
    """

    function_tree: int
    function_graph: int
    derivative_tree: int
    derivative_graph: int
    adjoint: int


def counts(step: Function) -> Iterator[Counts]:
    """Exact operation counts for n = 1, 2, 3, ...

    For the logistic map they are 3 (2^(n-1) - 1), 3 (n-1), (6n-5) 2^(n-2) - 1, 8n - 10 and 8n - 11.  That the tree and
    the graph hold the same operations, and only the tree swells, is S. Laue's point, arXiv 1904.02990.

    >>> from itertools import islice
    >>> [(c.derivative_tree, c.derivative_graph) for c in islice(counts(recurrence("logistic")), 4)]
    [(0, 0), (6, 6), (25, 14), (75, 22)]
    """
    for tangent, adjoint in zip(_tangent_counts(step), _adjoint_counts(step), strict=False):
        yield Counts(*tangent, adjoint)


# What stands for a seed whose value is not known while a step is recorded; None is zero, a float is itself.
ONE, UNKNOWN = "one", "unknown"
Seed = str | float | None

Wanted = frozenset[str]
TANGENT = "dl/dx"  # no parameter can have that name
VALUE_ALONE, TANGENT_ALONE, BOTH = frozenset({LETTER}), frozenset({TANGENT}), frozenset({LETTER, TANGENT})


class Leaves(NamedTuple):
    """An output written out as a tree: its operations, and how often l and its tangent are leaves of it."""

    operations: int
    values: int
    tangents: int


class TangentStep(NamedTuple):
    """One step of forward mode: the next seed, what each result costs and needs, and its tree."""

    seed: Seed
    operations: dict[Wanted, int]
    needs: dict[Wanted, Wanted]
    value: Leaves
    tangent: Leaves


def record_tangent(step: Function, seed: Seed) -> tuple[Trace, Any, Any]:
    """One step of forward mode on a fresh trace: the trace, the next l, and its tangent (None for zero).

    The inputs of the trace are x, l, the tangent of l where it is not known, and the parameters.
    """
    trace = Trace()
    x, l_n = (trace.input(name, GENERIC[name]) for name in (START, LETTER))
    given = {LETTER: _seeded(trace, TANGENT, seed), START: trace.constant(1.0)}
    graph = _traced(step, {LETTER: l_n, START: x}, trace)
    v_dot = tangents(graph, [given.get(name) for name in graph.names])
    return trace, graph.values[0], v_dot[graph.outputs[0]]


def _tangent_step(step: Function, seed: Seed) -> TangentStep:
    trace, l_n, l_dot = record_tangent(step, seed)
    results = {LETTER: l_n} if l_dot is None else {LETTER: l_n, TANGENT: l_dot}
    programs = {
        wanted: trace.graph([value for name, value in results.items() if name in wanted])
        for wanted in (VALUE_ALONE, TANGENT_ALONE, BOTH)
    }
    leaves = _leaves(trace.graph(results.values()))
    return TangentStep(
        seed_of(l_dot),
        {wanted: program.operations() for wanted, program in programs.items()},
        {wanted: _used(program) & BOTH for wanted, program in programs.items()},
        leaves[0],
        leaves[1] if l_dot is not None else Leaves(0, 0, 0),
    )


def _tangent_counts(step: Function) -> Iterator[tuple[int, int, int, int]]:
    known: dict[Seed, TangentStep] = {}
    seed: Seed = ONE
    tree, tree_dot = 0, 0
    graph: dict[Wanted, int] = dict.fromkeys((frozenset[str](), VALUE_ALONE, TANGENT_ALONE, BOTH), 0)
    while True:
        yield tree, graph[VALUE_ALONE], tree_dot, graph[TANGENT_ALONE]
        if seed not in known:
            known[seed] = _tangent_step(step, seed)
        one = known[seed]
        tree, tree_dot = (
            kind.operations + kind.values * tree + kind.tangents * tree_dot for kind in (one.value, one.tangent)
        )
        graph |= {wanted: own + graph[one.needs[wanted]] for wanted, own in one.operations.items()}
        seed = one.seed


class Sweep(NamedTuple):
    """What a reverse sweep brings to the next lower step: the adjoints of l and x, and whether l itself is needed."""

    l_bar: Seed
    x_bar: Seed
    needed: bool


def _adjoint_counts(step: Function) -> Iterator[int]:
    """The sweep goes from the last step down, so a program of n steps begins as one of n + 1 does, and ends at x."""
    steps: dict[Sweep, tuple[int, Sweep]] = {}
    ends: dict[Sweep, int] = {}
    state, total = Sweep(ONE, None, False), 0
    yield 0
    while True:
        if state not in ends:
            ends[state] = _adjoint_step(step, state, at_start=True)[0]
            steps[state] = _adjoint_step(step, state, at_start=False)
        yield total + ends[state]
        operations, state = steps[state]
        total += operations


def _adjoint_step(step: Function, state: Sweep, at_start: bool) -> tuple[int, Sweep]:
    """Operations of one step of the sweep, and the state below it; in the lowest step l is x itself."""
    trace = Trace()
    x = trace.input(START, GENERIC[START])
    l_n = x if at_start else trace.input(LETTER, GENERIC[LETTER])
    graph = _traced(step, {LETTER: l_n, START: x}, trace)
    v_bar: list[Any] = [None] * len(graph.nodes)
    places = {name: graph.names.index(name) for name in (LETTER, START) if name in graph.names}
    at_x = places.get(LETTER if at_start else START)
    x_bar, l_bar = _seeded(trace, "x_bar", state.x_bar), _seeded(trace, "l_bar", state.l_bar)
    if at_x is not None:
        v_bar[at_x] = x_bar
    output = graph.outputs[0]
    v_bar[output] = plus(v_bar[output], l_bar)
    sweep(graph, [0.0], v_bar)
    x_bar = x_bar if at_x is None else v_bar[at_x]
    l_bar = None if at_start else v_bar[places[LETTER]]
    results = [bar for bar in (x_bar, l_bar) if bar is not None]
    program = trace.graph([*results, *(graph.values if state.needed else [])])
    return program.operations(), Sweep(seed_of(l_bar), seed_of(x_bar), LETTER in _used(program))


def _traced(step: Function, given: dict[str, Any], outer: Trace) -> Graph:
    """One step recorded on values of an outer trace; l and x are one variable where they are given as one."""
    inner = Trace()
    arguments: dict[str, Any] = {}
    merged = given[LETTER] is given[START]
    for name in step.variables(()):
        known = LETTER if merged and name == START else name
        if known not in arguments:
            arguments[known] = inner.input(known, given[known] if known in given else outer.input(known, OTHER))
        arguments[name] = arguments[known]
    return inner.graph(step.outputs(arguments, inner))


def _seeded(trace: Trace, name: str, seed: Seed) -> Any:
    if seed == ONE:
        return trace.constant(1.0)
    return trace.input(name, OTHER) if seed == UNKNOWN else seed


def seed_of(result: Any) -> Seed:
    """What the next step needs to know of a recorded tangent or adjoint."""
    if isinstance(result, Variable):
        return ONE if is_one(result) else UNKNOWN
    return None if result is None else float(result)


def _used(program: Graph) -> Wanted:
    """The names of the inputs that the outputs depend on."""
    used = {i for node in program.nodes for i in node.operands} | set(program.outputs)
    return frozenset(name for name, i in zip(program.names, _inputs(program), strict=True) if i in used)


def _inputs(program: Graph) -> list[int]:
    return [i for i, node in enumerate(program.nodes) if node.primitive is None and node.constant is None]


def _leaves(program: Graph) -> Sequence[Leaves]:
    """Each output as a tree, counted on the graph."""
    names = dict(zip(_inputs(program), program.names, strict=True))
    trees: list[Leaves] = []
    for i, node in enumerate(program.nodes):
        own = Leaves(int(bool(node.operands)), int(names.get(i) == LETTER), int(names.get(i) == TANGENT))
        trees.append(Leaves(*map(sum, zip(own, *(trees[j] for j in node.operands), strict=True))))
    return [trees[i] for i in program.outputs]
