"""Growth laws fitted to counts: the exact law where whole numbers have one, a least-squares fit where they have not."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from diffcompare.expression.function import function
from diffcompare.studies.lecture_notation import Formula

SPARE = 3  # counts beyond those that determine a law: so many equations could have refuted it
ENOUGH = 8  # counts for a least-squares fit
LARGEST_BASE = 64
POLYNOMIALS = ("constant", "linear", "quadratic", "cubic")
ORDERS = sorted(  # numbers of coefficients of p and q in p(n) b^n + q(n), the fewest first
    ((above, below) for above in range(3) for below in range(5) if above + below), key=lambda order: (sum(order), order)
)


@dataclass(frozen=True, slots=True)
class Law:
    """count = p(n) b^n + q(n) from n = `start` on, or about c b^n or c n^k where no such law holds exactly.

    `powers` and `rest` are the coefficients of p and q, lowest first; `exponent` is k.
    """

    name: str  # "linear", "quadratic", ..., "exponential", "power"
    formula: Formula
    start: int
    exact: bool
    base: Fraction = Fraction(1)
    powers: tuple[Fraction, ...] = ()
    rest: tuple[Fraction, ...] = ()
    exponent: float = 0.0

    def log10(self, n: int) -> float:
        """The decimal logarithm of the law at n, which may lie far beyond the largest double; -inf where it is 0.

        >>> round(fitted({n: 2**n for n in range(1, 9)}).log10(10_000), 3)
        3010.3
        """
        if not self.exact:
            return math.log10(self.powers[0]) + n * math.log10(self.base) + self.exponent * math.log10(n)
        value = _at(self.powers, n) * self.base**n + _at(self.rest, n)
        return math.log10(value.numerator) - math.log10(value.denominator) if value > 0 else -math.inf


def fitted(counts: Mapping[int, int]) -> Law | None:
    """The growth law of counts at consecutive n, zeros left out; None where there are too few of them to tell.

    The exact law p(n) b^n + q(n) is the one with the fewest coefficients that the last counts obey, 3 more of them
    than determine it: with E the shift n -> n + 1, (E - b)^i (E - 1)^j takes them to zero.  Otherwise c b^n or c n^k
    is fitted to the logarithms of the second half by least squares.

    >>> law = fitted({n: 3 * 2 ** (n - 1) - 3 for n in range(2, 12)})
    >>> law.name, law.formula.text
    ('exponential', '3*2^(n - 1) - 3')
    """
    ns = [n for n in sorted(counts) if counts[n] > 0]
    values = [counts[n] for n in ns]
    if len(values) <= SPARE:
        return None
    largest = min(values[-1] // values[-2] + 1, LARGEST_BASE)
    for above, below in ORDERS:
        if above + below + SPARE > len(values):
            break
        for base in range(2, largest + 1) if above else (1,):
            operator = _annihilator(base, above, below)
            if all(_applied(operator, values, end) == 0 for end in range(len(values) - SPARE, len(values))):
                return _exact(ns, values, base, above, operator)
    return _approximate(ns, values) if len(values) >= ENOUGH else None


def _annihilator(base: int, above: int, below: int) -> list[int]:
    """The coefficients of (E - base)^above (E - 1)^below, lowest first."""
    operator = [1]
    for root in [base] * above + [1] * below:
        operator = [a - root * b for a, b in zip([0, *operator], [*operator, 0], strict=True)]
    return operator


def _applied(operator: Sequence[int], values: Sequence[int], end: int) -> int:
    """The operator applied to the values that end at this place."""
    return sum(a * v for a, v in zip(operator, values[end - len(operator) + 1 : end + 1], strict=True))


def _exact(ns: Sequence[int], values: Sequence[int], base: int, above: int, operator: Sequence[int]) -> Law:
    """The law's coefficients from the last counts, and the first n from which it holds."""
    unknowns = len(operator) - 1
    equations = []
    for n, value in zip(ns[-unknowns:], values[-unknowns:], strict=True):
        terms = [n**i * base**n for i in range(above)] + [n**j for j in range(unknowns - above)]
        equations.append([Fraction(entry) for entry in (*terms, value)])
    solution = _solution(equations)
    powers, rest = tuple(solution[:above]), tuple(solution[above:])
    end = len(values) - SPARE
    while end >= len(operator) and _applied(operator, values, end - 1) == 0:
        end -= 1
    name = "exponential" if above else POLYNOMIALS[len(rest) - 1]
    return Law(name, _formula(_text(base, powers, rest)), ns[end - unknowns], True, Fraction(base), powers, rest)


def _solution(equations: list[list[Fraction]]) -> list[Fraction]:
    """Gauss and Jordan's elimination, without rounding; the equations have one solution."""
    for k in range(len(equations)):
        pivot = next(i for i in range(k, len(equations)) if equations[i][k])
        equations[k], equations[pivot] = equations[pivot], equations[k]
        equations[k] = [entry / equations[k][k] for entry in equations[k]]
        for i, row in enumerate(equations):
            if i != k:
                equations[i] = [a - row[k] * b for a, b in zip(row, equations[k], strict=True)]
    return [row[-1] for row in equations]


def _approximate(ns: Sequence[int], values: Sequence[int]) -> Law:
    """c b^n or c n^k, whichever has the smaller sum of squares on the logarithms of the second half of the counts."""
    import numpy as np

    start = len(ns) // 2
    logarithms = [math.log(value) for value in values[start:]]
    (slope, level), off, *_ = np.polyfit(ns[start:], logarithms, 1, full=True)
    (exponent, height), off_power, *_ = np.polyfit(np.log(ns[start:]), logarithms, 1, full=True)
    if off.sum() < off_power.sum():
        c, base = math.exp(level), math.exp(slope)
        formula = _formula(f"{c:.3g}*{base:.3g}^n")
        return Law("exponential", formula, ns[start], False, Fraction(base), (Fraction(c),))
    c = math.exp(height)
    formula = _formula(f"{c:.3g}*n^{exponent:.3g}")
    return Law("power", formula, ns[start], False, powers=(Fraction(c),), exponent=float(exponent))


def _at(coefficients: Sequence[Fraction], n: int) -> Fraction:
    return sum((c * n**k for k, c in enumerate(coefficients)), Fraction(0))


def _formula(text: str) -> Formula:
    """In three notations; between two numbers a product has a dot, so that 3 times 2^n does not read 32^n."""
    written = function(text)
    latex = re.sub(r"(\d) \\, (\d)", r"\1 \\cdot \2", written.latex())
    return Formula(written.text(), latex, re.sub(r"(\d) thin (\d)", r"\1 dot \2", written.typst()))


def _text(base: int, powers: Sequence[Fraction], rest: Sequence[Fraction]) -> str:
    """p(n) b^(n - s) + q(n), s such that p has whole coefficients where that can be."""
    if not any(powers):
        return _polynomial(rest)
    shift = next((s for s in range(64) if all((c * base**s).denominator == 1 for c in powers)), 0)
    scaled = [c * base**shift for c in powers]
    factor = _polynomial(scaled)
    factor = f"({factor})*" if sum(map(bool, scaled)) > 1 else "" if factor == "1" else f"{factor}*"
    power = f"{base}^(n - {shift})" if shift else f"{base}^n"
    tail = _polynomial(rest) if any(rest) else ""
    return f"{factor}{power}" + (f" - {tail[1:]}" if tail.startswith("-") else f" + {tail}" if tail else "")


def _polynomial(coefficients: Sequence[Fraction]) -> str:
    """Highest power first, as people write it."""
    text = ""
    for k in range(len(coefficients) - 1, -1, -1):
        c = coefficients[k]
        if c:
            power = "" if k == 0 else "n" if k == 1 else f"n^{k}"
            size = f"{abs(c)}*{power}" if abs(c) != 1 and power else power or str(abs(c))
            text += (" - " if text else "-") if c < 0 else (" + " if text else "")
            text += size
    return text or "0"
