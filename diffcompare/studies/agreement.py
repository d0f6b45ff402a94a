"""All engines at one point, each measured against the certified reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from diffcompare.engines import DEFAULT, Derivatives, Engine, engine_named
from diffcompare.engines.automatic import adjoints, derivative_graph
from diffcompare.engines.budget import within
from diffcompare.engines.call import AUTOMATIC
from diffcompare.engines.certified import DIGITS, Certified, certify_graph
from diffcompare.engines.whole_arrays import on_whole_arrays
from diffcompare.errors import BudgetError, DiffCompareError, TracingError
from diffcompare.expression.explain import KinkFound, kinks, not_finite
from diffcompare.expression.function import Function, function
from diffcompare.expression.graph import Graph
from diffcompare.expression.point import Point, input_names
from diffcompare.measure import Ball, Measurement, Unproven, json_number, measure
from diffcompare.studies.study import Study
from diffcompare.studies.timing import timed
from diffcompare.studies.verdict import judged

GIVEN = 2.0  # seconds that one engine may take
LARGEST = 10**5  # operations of the function
COUNTED = 2 * 10**4  # the same, for the operations of its derivatives to be recorded and counted
WORK = 10**6  # nodes visited for the condition numbers of all variables together


@dataclass(frozen=True, slots=True)
class EngineRow:
    """One engine's gradient, by variable, with its error (signed), ulps and correct digits; times in seconds."""

    engine: str
    available: bool
    gradient: dict[str, float]
    measured: dict[str, Measurement]
    evaluations: int | None
    operations: int | None
    seconds: float | None
    note: str

    @property
    def worst(self) -> Measurement | None:
        """The measurement of the partial derivative with the fewest correct digits; None where nothing is measured."""
        entries = [m for m in self.measured.values() if not math.isnan(m.digits)]
        return min(entries, key=lambda m: m.digits, default=None)

    def to_dict(self, names: Sequence[str]) -> dict[str, Any]:
        """Plain data; null where there is no answer or nothing to measure it against."""

        def measured(field: str) -> dict[str, Any]:
            known = {n: m for n, m in self.measured.items() if m.status in ("ok", "nan", "inf")}
            return {n: json_number(getattr(known[n], field)) if n in known else None for n in names}

        return {
            "engine": self.engine,
            "available": self.available,
            "gradient": {n: json_number(self.gradient.get(n)) for n in names},
            **{field: measured(field) for field in ("error", "ulps", "digits")},
            "evaluations": self.evaluations,
            "operations": self.operations,
            "seconds": self.seconds,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Comparison(Study):
    """Every engine's gradient at a point, the certified reference, and a verdict.

    `condition[x]` is the condition number of the program that computes the partial derivative by x: the sum over its
    operations of |adjoint * value|, divided by |df/dx|.  One rounding (relative error u = 2**-53) of each operation
    can change the result by at most condition * u, relatively and to first order.
    """

    function: str
    point: Point
    value: float
    reference: Certified
    condition: dict[str, float | None]  # None: more variables than are worth the work
    kinks: tuple[KinkFound, ...]
    engines: tuple[EngineRow, ...]
    verdict: tuple[str | None, str]  # the engine (None where no derivative exists) and the reason

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; certified numbers are decimal strings."""
        names = self.reference.names
        return {
            "function": self.function,
            "variables": list(names),
            "point": {n: x.tolist() if hasattr(x, "tolist") else x for n, x in self.point.items()},
            "value": json_number(self.value),
            "reference": {
                "value": _decimal(self.reference.value[0], self.reference.digits),
                "gradient": {n: _decimal(b, self.reference.digits) for n, b in self.reference.gradient.items()},
                "digits": self.reference.digits,
                "reasons": list(self.reference.reasons),
            },
            "condition": {n: json_number(c) for n, c in self.condition.items()},
            "kinks": [str(kink) for kink in self.kinks],
            "engines": [row.to_dict(names) for row in self.engines],
            "verdict": {"engine": self.verdict[0], "reason": self.verdict[1]},
        }


def compare(f: Any, at: Mapping[str, Any], engines: Sequence[str] = DEFAULT) -> Comparison:
    """The gradient of a function with one output by several engines, each measured against the certified reference.

    Raises `DiffCompareError` for a function with several outputs or an engine that does not exist, `PointError` for a
    point that does not fit.  An engine that cannot run here is a row that says why.  A function of arrays with an
    operation that no entry can go through, such as eigenvalues, has no certified reference: forward and reverse mode
    run on whole arrays there, and finite differences as everywhere.

    >>> import diffcompare as dc
    >>> result = dc.compare("ln(x1) + x1*x2 - sin(x2)", at={"x1": 2, "x2": 5}, engines=["reverse"])
    >>> result.engines[0].gradient["x1"], result.reference.gradient["x2"].decimal()
    (5.5, '1.71633781453677373553336082849')
    """
    rows = [engine_named(name) for name in dict.fromkeys(engines)]
    source = function(f)
    point = source.at(at)
    try:
        graph = source.trace(point)
    except TracingError as error:
        return _of_whole_arrays(source, point, rows, error)
    if len(graph.outputs) != 1:
        raise DiffCompareError(
            f"compare takes a function of one output and this one has {len(graph.outputs)}; "
            "compare its outputs one at a time, as in f(x)[0], or use jacobian"
        )
    if graph.operations() > LARGEST:
        raise BudgetError(
            f"over budget: entry by entry {source.name} has {graph.operations()} operations, and compare takes "
            f"{LARGEST}; give it smaller arrays, or differentiate whole arrays with dc.grad"
        )
    reference = certify_graph(graph)
    found = tuple(kinks(graph))
    answers = tuple(_row(engine, source, point, graph, reference, found) for engine in rows)
    condition = conditions(source, point, graph, reference)
    verdict = judged(answers, reference, condition, found)
    return Comparison(source.name, point, graph.values[0], reference, condition, found, answers, verdict)


def _of_whole_arrays(source: Function, point: Point, rows: Sequence[Engine], error: TracingError) -> Comparison:
    """The engines that need no entries, which tracing met an error in; raises where reverse mode cannot run either."""
    (value,) = on_whole_arrays(source, point, "reverse").value
    names = tuple(input_names(point))
    unproven = Unproven("undecided", str(error))
    reference = Certified(names, (unproven,), ((unproven,) * len(names),), DIGITS, 0)
    nothing = Graph(names, [], ())
    answers = tuple(
        _row(engine, source, point, nothing, reference, (), on_whole_arrays if engine.name in AUTOMATIC else None)
        for engine in rows
    )
    verdict = judged(answers, reference, {}, ())
    return Comparison(source.name, point, value, reference, dict.fromkeys(names), (), answers, verdict)


def conditions(source: Function, point: Point, graph: Graph, reference: Certified) -> dict[str, float | None]:
    """The condition number of each partial derivative's program, by one reverse sweep over it; None past the budget.

    Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, Sections 1.6 and 3.1.
    """
    names = graph.names
    if len(names) * len(graph.nodes) > WORK:
        return dict.fromkeys(names)
    program = derivative_graph(source, point)
    values = program.values
    found: dict[str, float | None] = {}
    for j, name in enumerate(names):
        v_bar = adjoints(program, [1.0 if k == j else 0.0 for k in range(len(names))])
        operations = (
            abs(float(v_bar[i]) * float(node.value))
            for i, node in enumerate(program.nodes)
            if node.primitive is not None and node.operands and v_bar[i] is not None
        )
        total = sum(operations)
        truth = reference.gradient[name]
        size = abs(float(truth) if isinstance(truth, Ball) else float(values[j]))
        found[name] = total / size if size else (math.inf if total else 0.0)
    return found


def _row(
    engine: Engine, source: Function, point: Point, graph: Graph, reference: Certified, found: Sequence[KinkFound],
    instead: Callable[..., Derivatives] | None = None,
) -> EngineRow:  # fmt: skip
    """Run one engine, or what is run instead of it, time it and measure its answer."""
    try:
        run = partial(instead, mode=engine.name) if instead else engine.run
        with within(GIVEN):
            answer, seconds = timed(lambda: run(source, point))
    except (DiffCompareError, ImportError) as error:
        return EngineRow(engine.name, False, {}, {}, None, None, None, str(error).splitlines()[0])
    gradient = dict(zip(graph.names, map(float, answer.jacobian[0]), strict=True))
    measured = {name: measure(gradient[name], truth) for name, truth in reference.gradient.items()}
    note = _note(engine, answer, graph, gradient, found)
    operations = _operations(engine, answer, graph)
    return EngineRow(engine.name, True, gradient, measured, answer.evaluations, operations, seconds, note)


def _operations(engine: Engine, answer: Derivatives, graph: Graph) -> int | None:
    """The count of an answer's operations; None where counting takes too long or fails."""
    if engine.kind == "automatic" and graph.operations() > COUNTED:
        return None
    try:
        with within(GIVEN):
            return answer.operations
    except DiffCompareError:
        return None


def _at_a_kink(engine: Engine, kink: KinkFound) -> str:
    """What an engine's answer at a kink stands for."""
    if engine.kind == "numerical":
        return f"a difference across {kink.operation} converges to no derivative"
    if engine.kind == "automatic" and not engine.guest:
        return f"convention {kink.convention} at {kink.operation}"
    return f"{engine.rules} convention at {kink.operation}"


def _note(
    engine: Engine, answer: Derivatives, graph: Graph, gradient: Mapping[str, float], found: Sequence[KinkFound]
) -> str:
    """The engine's own remark, the conventions at kinks, and the reason for anything that is not finite."""
    parts = [answer.note] if answer.note else []
    parts += [_at_a_kink(engine, kink) for kink in found]
    if not all(map(math.isfinite, gradient.values())):
        reason = not_finite(graph)
        if reason or not parts:
            parts.append(reason or f"not finite in the {engine.kind} engine's own intermediate results")
    return "; ".join(dict.fromkeys(parts))


def _decimal(entry: Ball | Unproven, digits: int) -> str | None:
    return entry.decimal(digits) if isinstance(entry, Ball) else None
