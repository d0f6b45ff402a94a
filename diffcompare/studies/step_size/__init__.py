"""The error of finite differences against the step h, split exactly into truncation and rounding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompare.engines.certified import DIGITS, taylor
from diffcompare.engines.exact_difference import Split, split
from diffcompare.engines.line import Line
from diffcompare.engines.stencil import ComplexStep, Scheme
from diffcompare.engines.step import Step, hidden, optimal
from diffcompare.expression.explain import explain
from diffcompare.expression.function import function
from diffcompare.expression.graph import Graph
from diffcompare.expression.point import Point, point_inputs
from diffcompare.measure import Ball, Unproven, json_number
from diffcompare.studies.step_size.error_curve import best_step, slopes
from diffcompare.studies.step_size.flat_line import LINES, FlatLine, flat_line, without_step
from diffcompare.studies.step_size.setting import (
    default_step,
    floats_named,
    place_of,
    rounded,
    schemes_named,
    steps_of,
)
from diffcompare.studies.study import Study

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class SchemeErrors:
    """One scheme at every step h, shape (k,): its estimates and their signed errors.

    `best` is the step where the typical error is least, `predicted` the optimum by f and its derivatives at the
    point, `default` the textbook's step with the error found there; `slopes` are powers of h.
    """

    scheme: str
    order: int
    h: Array
    estimate: Array
    parts: Split
    best: Step | None
    predicted: Step | None
    default: Step
    slopes: dict[str, float | None]
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data; null where there is no best step, no prediction or no slope."""
        return {
            "scheme": self.scheme,
            "order": self.order,
            "h": _numbers(self.h),
            "estimate": _numbers(self.estimate),
            "error": _numbers(self.parts.error),
            "truncation": _numbers(self.parts.truncation),
            "rounding": _numbers(self.parts.rounding),
            "best": _plain(self.best),
            "predicted": _plain(self.predicted),
            "default": _plain(self.default),
            "slopes": self.slopes,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Sweep(Study):
    """Schemes against h at a point, in one type of floats, and the engines that need no step."""

    function: str
    variable: str
    point: Point  # rounded to the type of floats: the derivative is the one there
    dtype: str
    epsilon: float  # the distance from 1 to the next number of the type
    derivative: Ball | Unproven
    schemes: tuple[SchemeErrors, ...]
    lines: tuple[FlatLine, ...]
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; the certified derivative is a decimal string, or says why there is none."""
        derivative = self.derivative
        return {
            "function": self.function,
            "variable": self.variable,
            "point": {name: x.tolist() if hasattr(x, "tolist") else x for name, x in self.point.items()},
            "dtype": self.dtype,
            "epsilon": self.epsilon,
            "derivative": derivative.decimal(DIGITS) if isinstance(derivative, Ball) else derivative.kind,
            "schemes": [scheme.to_dict() for scheme in self.schemes],
            "lines": [
                {"engine": line.engine, "error": json_number(line.error), "note": line.note} for line in self.lines
            ],
            "note": self.note,
        }


def sweep(
    f: Any,
    at: Mapping[str, Any],
    wrt: str | None = None,
    schemes: Sequence[str] | str | None = None,
    steps: tuple[float, float, int] | None = None,
    dtype: str = "float64",
    engines: Sequence[str] = LINES,
) -> Sweep:
    """The error of each scheme (default: forward, central, central4, complex-step) at every step (low, high, count).

    Everything is rounded to `dtype`: the point first, then each h and each operation.  Truncation is the difference
    in exact arithmetic at that very point and h, minus the certified derivative; rounding is the rest.  The default
    steps go from the unit roundoff to 0.1, in units of the power of ten below |x| where that is more than 1.  The
    engines beside them are those that need no step.

    Raises `DiffCompareError` for several outputs and for names of schemes, types or engines that do not exist,
    `PointError` for an unknown `wrt`, `BudgetError` for more work than some ten seconds.
    Source: Baydin, Pearlmutter, Radul, Siskind, JMLR 18(153), 2018, Figure 3.

    >>> import diffcompare as dc
    >>> forward = dc.sweep("x^2", at={"x": 3}, schemes=["forward"], steps=(0.25, 0.5, 2)).schemes[0]
    >>> forward.parts.truncation, forward.parts.rounding
    (array([0.25, 0.5 ]), array([0., 0.]))
    """
    rows, floats, beside = schemes_named(schemes, dtype), floats_named(dtype), without_step(engines)
    source = function(f)
    given = source.at(at)
    point = rounded(given, floats)
    graph = source.trace(point)
    line = Line(source, point, place_of(graph, wrt), graph)
    name, epsilon = graph.names[line.j], float(np.finfo(floats).eps)
    h = steps_of(steps, line, rows, floats)
    defaults = [default_step(scheme, line.x, epsilon, floats) for scheme in rows]
    derivative = taylor(graph, name, 1, 2 * DIGITS)[1]
    derivatives = _derivatives(graph, name, {scheme.order + 1 for scheme in rows})
    estimates = _estimates(line, rows, np.append(h, np.array(defaults, floats)))
    parts = split(line, rows, [*map(float, h), *defaults], estimates)
    found = []
    for k, scheme in enumerate(rows):
        default = Step(defaults[k], abs(float(parts[k].error[len(h) + k])))
        predicted = _predicted(scheme, derivatives[scheme.order + 1], epsilon / 2)
        curve = parts[k].only(slice(len(h)))
        found.append(_read(scheme, h, estimates[k][: len(h)], curve, predicted, default, epsilon * abs(line.x)))
    notes = explain(graph) or ([derivative.reason] if isinstance(derivative, Unproven) else [])
    if point_inputs(given) != line.inputs:
        notes = [f"the point is rounded to {dtype}, and the derivative is the one there", *notes]
    lines = tuple(flat_line(engine, line, derivative, floats) for engine in beside)
    return Sweep(source.name, name, point, dtype, epsilon, derivative, tuple(found), lines, "; ".join(notes))


def _estimates(line: Line, rows: Sequence[Scheme | ComplexStep], h: Array) -> list[Array]:
    """Each scheme's estimates at all steps, in the type of h; every value of f is computed once for all schemes."""
    offsets = sorted({o for row in rows if isinstance(row, Scheme) for o in row.offsets})
    x = h.dtype.type(line.x)
    values: dict[Any, Any] = {}
    with np.errstate(all="ignore"):
        if offsets:
            xs = np.stack([x + int(o) * h for o in offsets])
            values.update(zip(offsets, line.floats(xs.ravel()).reshape(xs.shape), strict=True))
        if len(offsets) < len({o for row in rows for o in row.offsets}):
            unknown = bool(explain(line.graph))  # where f is not analytic the imaginary part means nothing
            values[1j] = np.array(
                [complex("nan+nanj")] * len(h) if unknown else line.complexes((line.x + 1j * h).tolist())
            )
        return [row.estimate([values[o] for o in row.offsets], h) for row in rows]


def _read(
    scheme: Scheme | ComplexStep,
    h: Array,
    estimate: Array,
    parts: Split,
    predicted: Step | None,
    default: Step,
    finest: float,
) -> SchemeErrors:
    """What the curve of one scheme says."""
    steps = h.astype(float)
    best = best_step(steps, parts, growth=-1 if isinstance(scheme, Scheme) else 0)
    return SchemeErrors(
        scheme.name, scheme.order, steps, estimate.astype(float), parts, best, predicted, default,
        slopes(steps, parts, best, finest), _gap(h, parts),
    )  # fmt: skip


def _derivatives(graph: Graph, name: str, orders: Set[int]) -> dict[int, list[Ball | Unproven]]:
    """f, f', .. up to each order: by one expansion where the longest is proven, by one each where it is not."""
    longest = taylor(graph, name, max(orders))
    if all(isinstance(derivative, Ball) for derivative in longest):
        return {order: longest[: order + 1] for order in orders}
    return {order: taylor(graph, name, order) for order in orders}


def _predicted(scheme: Scheme | ComplexStep, known: Sequence[Ball | Unproven], roundoff: float) -> Step | None:
    """The optimal step by the derivatives of f at the point; None where they are not proven to exist."""
    numbers = [float(ball) for ball in known if isinstance(ball, Ball)]
    if len(numbers) < len(known):
        return None
    if isinstance(scheme, Scheme):
        return optimal(numbers[0], numbers[-1], scheme, roundoff)
    return hidden(numbers[1], numbers[-1], roundoff)


def _gap(h: Array, parts: Split) -> str:
    """Where a scheme has no error that could be split, and why; empty where it has one at every step."""
    (lost,) = np.nonzero(~np.isfinite(parts.rounding))
    if not len(lost):
        return ""
    why = parts.reasons.get(int(lost[0]), f"the estimate is not finite in {h.dtype}")
    return f"no value at {len(lost)} of {len(h)} steps, first at h = {float(h[lost[0]]):.3g}: {why}"


def _numbers(values: Array) -> list[float | str | None]:
    return [json_number(value) for value in values.tolist()]


def _plain(step: Step | None) -> dict[str, Any] | None:
    return None if step is None else {"h": json_number(step.h), "error": json_number(step.error)}
