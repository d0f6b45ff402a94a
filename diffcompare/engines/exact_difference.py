"""The error of a finite difference, split exactly: between its two parts is the same difference in exact arithmetic.

truncation = the difference quotient in exact arithmetic, at the very same h, minus f'; rounding = the quotient in
floating point minus the one in exact arithmetic.  All are balls until the end, by one of two ways:

- Taylor's polynomial about x with Lagrange's remainder, f^(N)/N! enclosed over the whole stencil: nothing cancels,
  however small h is, and one polynomial in h serves a scheme at many steps;
- where that encloses too little (large steps, other branches, edges of the domain), values of f and their difference.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffcompare.engines.call import no_collection
from diffcompare.engines.certified import coefficient
from diffcompare.engines.line import Line
from diffcompare.engines.power_series import working
from diffcompare.engines.stencil import ComplexStep, Scheme
from diffcompare.measure import Unproven

TERMS = 24  # N: terms of the polynomial
BAND = 8.0  # ratio of the steps that share one enclosure of the remainder, until one is proven to be narrow enough
BITS = (192, 384, 768, 1536, 3072)  # working precisions, tried until every number is proven
GOOD_BITS = 60  # relative accuracy of a ball whose nearest double is off by 0.51 ulp at most
SMALLEST = 2.0**-1074  # no double but 0 is nearest to less than half of it

Array = np.ndarray[Any, np.dtype[np.float64]]
Rows = Sequence[Scheme | ComplexStep]
Balls = dict[int, Any]  # by step


@dataclass(frozen=True, slots=True)
class Split:
    """Signed errors of one scheme at every step, shape (k,): error = truncation + rounding; nan where there is none."""

    truncation: Array
    rounding: Array
    error: Array
    reasons: dict[int, str] = field(default_factory=dict)  # by step, why a number is missing

    @classmethod
    def unknown(cls, steps: int) -> Split:
        """Nothing proven yet."""
        return cls(np.full(steps, np.nan), np.full(steps, np.nan), np.full(steps, np.nan))

    def only(self, chosen: Any) -> Split:
        """The same at some of the steps, a slice or places."""
        steps = np.arange(len(self.error))[chosen].tolist()
        reasons = {k: self.reasons[i] for k, i in enumerate(steps) if i in self.reasons}
        return Split(self.truncation[chosen], self.rounding[chosen], self.error[chosen], reasons)

    def record(self, i: int, *balls: Any) -> bool:
        """Write down truncation, rounding and error at step i (None: there is none) if their balls prove doubles."""
        truncation, rounding, error = map(_double, balls)
        if truncation is None or rounding is None or error is None:
            return False
        self.truncation[i], self.rounding[i], self.error[i] = truncation, rounding, error
        self.reasons.pop(i, None)
        return True


@no_collection()
def split(line: Line, schemes: Rows, h: Sequence[float], estimates: Sequence[Any]) -> list[Split]:
    """The split of each scheme's estimates at the steps h, shape (k,) each; each number is off by 0.51 ulp at most.

    >>> import diffcompare as dc
    >>> from diffcompare.engines.stencil import SCHEMES
    >>> parts = split(Line(dc.function("x^2"), {"x": 3.0}, 0), [SCHEMES["forward"]], [0.5], [np.array([6.75])])
    >>> parts[0].truncation, parts[0].rounding
    (array([0.5]), array([0.25]))
    """
    found = [Split.unknown(len(h)) for _ in schemes]
    given = [_exactly(values) for values in estimates]
    left = [list(range(len(h))) for _ in schemes]
    for bits in BITS:
        slope = _slope(line, bits)
        with working(bits, cap=TERMS + 1):
            if not isinstance(slope, Unproven):
                truncations = _truncations(line, schemes, h, left)
                left = [_by_truncation(*row, slope) for row in zip(found, given, left, truncations, strict=True)]
            quotients = _quotients(line, schemes, h, left)
            left = [_by_quotient(*row, slope) for row in zip(found, given, quotients, strict=True)]
        if not any(left):
            break
    return found


def _by_truncation(part: Split, given: Sequence[Any], left: Sequence[int], truncations: Balls, slope: Any) -> list[int]:
    """Record the steps whose truncation error is known well enough; the others are given back."""
    rest = []
    for i in left:
        truncation, error = truncations.get(i), given[i] - slope
        if truncation is None or not part.record(i, truncation, error - truncation, error):
            rest.append(i)
    return rest


def _by_quotient(part: Split, given: Sequence[Any], quotients: Balls, slope: Any) -> list[int]:
    """Record the steps whose exact quotient is known, and reasons; those that need more precision are given back."""
    left = []
    for i, quotient in quotients.items():
        lost = [reason for reason in (quotient, slope) if isinstance(reason, Unproven)]
        exact, exists = not isinstance(quotient, Unproven), not isinstance(slope, Unproven)
        proven = part.record(
            i,
            quotient - slope if exact and exists else None,
            given[i] - quotient if exact else None,
            given[i] - slope if exists else None,
        )
        if lost or not proven:
            part.reasons[i] = lost[0].reason if lost else f"cancellation: not proven at {BITS[-1]} bits"
        if not proven or (not exact and quotient.kind == "undecided"):
            left.append(i)
    return left


def _slope(line: Line, bits: int) -> Any:
    """f' at the point, a ball of that working precision (or more, where less decides nothing), or a reason."""
    way = line.ways[0]
    found: Any = None
    for enough in (b for b in BITS if b >= bits):
        with working(enough, cap=2):
            found = coefficient(way.blocked(line.j) or way.series(line.j), line.graph.outputs[0], 1)
        if not isinstance(found, Unproven) or found.kind != "undecided":
            break
    return found


def _truncations(line: Line, schemes: Rows, h: Sequence[float], left: Sequence[Sequence[int]]) -> list[Balls]:
    """Truncation errors by Taylor's polynomial and its enclosed remainder, where they have enough proven bits.

    With the moments M_m of a scheme, expanding every f(x + o h) gives the quotient as sum M_m h^(m-1) f^(m)(x)/m!,
    where M_0 = 0 and M_1 = 1.
    """
    import flint

    found: list[Balls] = [{} for _ in schemes]
    way, output = line.ways[0], line.graph.outputs[0]
    series = way.blocked(line.j) or way.series(line.j)
    centre = [coefficient(series, output, m) for m in range(TERMS)]
    if any(isinstance(c, Unproven) for c in centre):
        return found
    rows = [(k, scheme, set(left[k])) for k, scheme in enumerate(schemes) if isinstance(scheme, Scheme)]
    polynomials = {k: [_rational(scheme.moment(m)) * c for m, c in enumerate(centre) if m > 1] for k, scheme, _ in rows}
    ends = {k: [_rational(w * o**TERMS) for w, o in zip(s.weights, s.offsets, strict=True)] for k, s, _ in rows}
    furthest = max((abs(float(offset)) for _, scheme, _ in rows for offset in scheme.offsets), default=0.0)
    left_over = sorted(set().union(*(steps for _, _, steps in rows)), key=h.__getitem__)
    narrow = False
    while left_over:
        band = [i for i in left_over if narrow or BAND * h[i] >= h[left_over[-1]]]
        left_over = left_over[: len(left_over) - len(band)]
        around = flint.arb(line.x, furthest * h[band[-1]])
        enclosed = coefficient(way.blocked(line.j, around) or way.series(line.j, around), output, TERMS)
        if isinstance(enclosed, Unproven) or not enclosed.is_finite():
            continue
        for k, _, steps in rows:
            remainder = sum(end * enclosed for end in ends[k])  # f^(N)/N! is taken at another point for each offset
            inside = [i for i in band if i in steps]
            polynomial = flint.arb_poly([0, *polynomials[k], remainder])
            values = polynomial.evaluate([flint.arb(h[i]) for i in inside], algorithm="iter")
            found[k].update((i, v) for i, v in zip(inside, values, strict=True) if v.rel_accuracy_bits() >= GOOD_BITS)
        narrow = all(i in found[k] for k, _, steps in rows for i in band if i in steps)
    return found


def _rational(number: Any) -> Any:
    import flint

    return flint.arb(number.numerator) / number.denominator


def _quotients(line: Line, schemes: Rows, h: Sequence[float], left: Sequence[Sequence[int]]) -> list[Balls]:
    """Difference quotients by exact values of f at x + o h, each of which is computed once for all schemes."""
    import flint

    wanted = {(o, i): None for scheme, steps in zip(schemes, left, strict=True) for i in steps for o in scheme.offsets}
    x = flint.arb(line.x)
    factors = {o: flint.acb(o) if isinstance(o, complex) else _rational(o) for o, _ in wanted}
    points = [x + factors[o] * flint.arb(h[i]) for o, i in wanted]
    values = dict(zip(wanted, line.balls(points), strict=True))
    found: list[Balls] = []
    for scheme, steps in zip(schemes, left, strict=True):
        found.append({})
        for i in steps:
            f_values = [values[o, i] for o in scheme.offsets]
            lost = next((v for v in f_values if isinstance(v, Unproven)), None)
            found[-1][i] = lost or scheme.estimate(f_values, flint.arb(h[i]))
    return found


def _double(ball: Any) -> float | None:
    """The double that a ball proves, nan for no ball; None where it is too wide."""
    if ball is None:
        return np.nan
    if ball.rel_accuracy_bits() >= GOOD_BITS or not ball.mid().is_finite():
        return float(ball)
    return 0.0 if 2 * ball.abs_upper() < SMALLEST else None


def _exactly(numbers: Any) -> list[Any]:
    """Floats of any type as balls of radius 0."""
    import flint

    if np.can_cast(numbers.dtype, np.float64):
        return [flint.arb(v) for v in numbers.tolist()]
    with working(BITS[0]):  # a long double does not fit a double, so it goes as a quotient of two integers
        return [
            operator.truediv(*map(flint.arb, v.as_integer_ratio())) if np.isfinite(v) else flint.arb(float(v))
            for v in numbers
        ]
