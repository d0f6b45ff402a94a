"""Finite differences of a function at a point: no rule of differentiation, only values of the function.

A gradient of n inputs costs n + 1 evaluations with the forward or backward scheme, 2n with the central one and k n with
a scheme of k points; the value at the point is shared where a scheme uses it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from diffcompare.engines import Derivatives
from diffcompare.engines.adaptive import adaptive
from diffcompare.engines.budget import budgeted
from diffcompare.engines.stencil import SCHEMES, Scheme, one_sided
from diffcompare.engines.step import Step, estimated, fixed, relative, textbook
from diffcompare.errors import DiffCompareError
from diffcompare.expression.explain import explain
from diffcompare.expression.function import Function
from diffcompare.expression.numbers import COMPLEX
from diffcompare.expression.point import Point, input_names, point_inputs, with_inputs

MOST = 4  # inputs that are named in a note, remarks in it
LOST = "neither"  # side of an input has finite values only
CENTRE = (-1, 0.0)  # where no input is moved
IMAGINARY_STEP = 1e-100  # its square is below the rounding of anything, and it needs no relation to x


class Samples:
    """Values of a function along each input, remembered so that a shared value is computed and counted once."""

    def __init__(self, function: Function, point: Point) -> None:
        self.function = function
        self.point = point
        self.names = input_names(point)
        self.x = point_inputs(point)
        self.seen: dict[tuple[int, float], np.ndarray] = {}

    def along(self, j: int, t: float) -> np.ndarray:
        """All outputs, shape (m,), with input j set to t; shape (1,) and nan where the function is not defined."""
        place = CENTRE if t == self.x[j] else (j, t)
        if place not in self.seen:
            self.seen[place] = self._evaluated([*self.x[:j], t, *self.x[j + 1 :]])
        return self.seen[place]

    def output(self, j: int, k: int) -> Callable[[float], float]:
        """Output k as a function of input j; nan stands for all outputs where the function is not defined."""

        def along(t: float) -> float:
            values = self.along(j, t)
            return float(values[k] if len(values) > 1 else values[0])

        return along

    def value(self) -> np.ndarray:
        """The outputs at the point itself; reported, not counted, where no scheme asked for it."""
        known = self.seen.get(CENTRE)
        return known if known is not None else self._evaluated(self.x)

    def columns(self) -> Iterator[tuple[int, float]]:
        """The inputs by number and value, while the time that the caller gave lasts."""
        return budgeted(enumerate(self.x), len(self.x), "columns")

    def _evaluated(self, inputs: Sequence[float]) -> np.ndarray:
        return np.array(self.function.evaluate(with_inputs(self.point, inputs)))


# How a step is chosen for one output as a function of one input: (f, x, scheme) -> Step.
StepRule = Callable[[Callable[[float], float], float, Scheme], Step]

RULES: dict[str, StepRule] = {
    "textbook": lambda f, x, scheme: textbook(x, scheme),
    "relative": lambda f, x, scheme: relative(x, scheme),
    "estimated": estimated,
}


def step_rule(h: float | str) -> StepRule:
    """The rule of that name, or the step that was asked for; raises `DiffCompareError` for neither."""
    if isinstance(h, str):
        if h not in RULES:
            raise DiffCompareError(f"there is no step rule {h}; give a number or one of {', '.join(RULES)}")
        return RULES[h]
    return lambda f, x, scheme: fixed(x, h)


def difference(function: Function, point: Point, scheme: Scheme, h: float | str = "textbook") -> Derivatives:
    """One scheme with a step h or the name of a rule; one-sided at an edge of the domain.

    The rules: "textbook" is eps^(1/(p+1)) max(1, |x|), "relative" eps^(1/(p+1)) |x|, "estimated" the optimum from the
    sampled derivative of order p + 1, the smallest one where there are several outputs.
    """
    rule = step_rule(h)
    samples = Samples(function, point)
    found = [_column(samples, j, x, scheme, rule, h == "estimated") for j, x in samples.columns()]
    sides = dict.fromkeys(side for _, side in found)
    notes = [f"{side} differences at the edge of the domain" for side in sides if side not in ("", LOST)]
    lost = [name for name, (_, side) in zip(samples.names, found, strict=True) if side == LOST]
    if lost:
        more = f" and {len(lost) - MOST} more" if len(lost) > MOST else ""
        notes.append(f"not every value is finite around {', '.join(lost[:MOST])}{more}")
    return _answer(samples, [column for column, _ in found], notes)


def _column(
    samples: Samples, j: int, x: float, scheme: Scheme, rule: StepRule, by_output: bool
) -> tuple[np.ndarray, str]:
    """The derivatives of all outputs by input j, and the side that the scheme had to turn to."""
    outputs = range(len(samples.value()) if by_output else 1)
    for chosen in (scheme, one_sided(scheme, "forward"), one_sided(scheme, "backward"), scheme):
        h = min(rule(samples.output(j, k), x, chosen).h for k in outputs)
        values = np.array(np.broadcast_arrays(*(samples.along(j, x + float(offset) * h) for offset in chosen.offsets)))
        if np.isfinite(values).all():
            side = "" if chosen is scheme else chosen.name.rstrip("0123456789")
            return np.atleast_1d(chosen.estimate(values, h)), side
    with np.errstate(invalid="ignore"):
        column = np.atleast_1d(scheme.estimate(values, h))
    return np.where(np.isfinite(values).all(axis=0), column, math.nan), LOST


finite_forward = partial(difference, scheme=SCHEMES["forward"])
finite_backward = partial(difference, scheme=SCHEMES["backward"])
finite_central = partial(difference, scheme=SCHEMES["central"])
finite_central4 = partial(difference, scheme=SCHEMES["central4"])
finite_central6 = partial(difference, scheme=SCHEMES["central6"])
finite_central8 = partial(difference, scheme=SCHEMES["central8"])


def finite_adaptive(function: Function, point: Point) -> Derivatives:
    """Extrapolated differences with an error estimate, given in the note."""
    samples = Samples(function, point)
    outputs = len(samples.value())
    columns, notes, worst = [], [], 0.0
    for j, x in samples.columns():
        column = []
        for k in range(outputs):
            found = adaptive(samples.output(j, k), x)
            column.append(found.value)
            worst = max(worst, found.error if math.isfinite(found.value) else 0.0)
            notes += [found.note] if found.note else []
        columns.append(np.array(column))
    return _answer(samples, columns, [f"estimated error {worst:.1e}"] * (worst > 0) + notes)


def complex_step(function: Function, point: Point) -> Derivatives:
    """The complex step Im f(x + ih)/h with h = 1e-100: no subtraction, so no rounding error grows as h shrinks.

    nan, with the reason in the note, at a kink or outside the domain.
    Source: Squire, Trapp, SIAM Review 40 (1998) 110-112.

    >>> import diffcompare as dc
    >>> dc.gradient("exp(x)/sqrt(sin(x)^3 + cos(x)^3)", at={"x": 1.5}, engine="complex-step")
    {'x': 4.053427893898621}
    """
    graph = function.trace(point)
    x = point_inputs(point)
    obstacles = explain(graph)
    if obstacles:  # where the function is not analytic the imaginary part means nothing
        unknown = np.full((len(graph.outputs), len(x)), math.nan)
        return Derivatives(list(map(float, graph.values)), unknown, 0, 0, f"not analytic here: {obstacles[0]}")
    columns = []
    for j in budgeted(range(len(x)), len(x), "columns"):
        inputs = [complex(value, IMAGINARY_STEP if i == j else 0.0) for i, value in enumerate(x)]
        values = graph.replay(COMPLEX, inputs)
        columns.append([complex(values[i]).imag / IMAGINARY_STEP for i in graph.outputs])
    jacobian = np.array(columns, dtype=float).T.reshape(len(graph.outputs), len(x))
    return Derivatives(list(map(float, graph.values)), jacobian, len(x), len(x) * graph.operations())


def _answer(samples: Samples, columns: Sequence[np.ndarray], notes: Sequence[str]) -> Derivatives:
    evaluations = len(samples.seen)
    value, *columns = np.broadcast_arrays(samples.value(), *columns)
    jacobian = np.array(columns, dtype=float).reshape(len(columns), len(value)).T

    def count() -> int:
        return evaluations * samples.function.trace(samples.point).operations()

    distinct = list(dict.fromkeys(notes))
    more = [f"and {len(distinct) - MOST} remarks of this kind"] * (len(distinct) > MOST)
    return Derivatives(value.tolist(), jacobian, evaluations, count, "; ".join([*distinct[:MOST], *more]))
