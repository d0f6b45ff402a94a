"""The one measure of disagreement: a floating-point number against a certified one.

Nothing here rounds before the end: the certified number is a ball with rational midpoint and radius, the double is a
rational number, and their difference is exact.  NaN equals nothing, itself included.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

UNIT_ROUNDOFF = 2.0**-53
MOST_DIGITS = -math.log10(UNIT_ROUNDOFF)  # 15.95: what a double can hold

Kind = Literal["not differentiable", "at a branch", "outside the domain", "undecided"]
Status = Literal["ok", "nan", "inf", "shape", "not differentiable", "at a branch", "outside the domain", "undecided"]


@dataclass(frozen=True, slots=True)
class Ball:
    """A real number proven to lie in [midpoint - radius, midpoint + radius]."""

    midpoint: Fraction
    radius: Fraction = Fraction(0)

    @classmethod
    def of(cls, text: str) -> Ball:
        """The numbers that a decimal string stands for: half a unit of its last digit to either side.

        >>> Ball.of("0.25").radius
        Fraction(1, 200)
        """
        mantissa, _, exponent = text.lower().partition("e")
        places = len(mantissa.partition(".")[2]) - int(exponent or 0)
        return cls(Fraction(text), Fraction(1, 2) / Fraction(10) ** places)

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """The smallest and the largest number in the ball."""
        return self.midpoint - self.radius, self.midpoint + self.radius

    def contains(self, number: Fraction | float | int) -> bool:
        """Whether an exactly known number lies in the ball."""
        return abs(Fraction(number) - self.midpoint) <= self.radius

    def overlaps(self, other: Ball) -> bool:
        """Whether the two balls have a number in common; if they do not, one of them is wrong."""
        return abs(self.midpoint - other.midpoint) <= self.radius + other.radius

    def decimal(self, digits: int = 30) -> str:
        """The number to `digits` significant decimal digits, correctly rounded; fewer where the ball proves fewer.

        >>> Ball(Fraction(2, 3), Fraction(1, 10**9)).decimal(30)
        '0.66666667'
        """
        low, high = self.ends
        for count in range(digits, 0, -1):
            rounded = _significant(low, count)
            if rounded == _significant(high, count):
                return _written(*rounded)
        return "0"

    def proves(self, digits: int) -> bool:
        """Whether every number in the ball rounds to the same `digits` significant decimal digits."""
        low, high = self.ends
        return _significant(low, digits) == _significant(high, digits)

    def __float__(self) -> float:
        """The double nearest to the midpoint; infinite beyond the largest one."""
        return nearest_double(self.midpoint)

    def __str__(self) -> str:
        return self.decimal()


@dataclass(frozen=True, slots=True)
class Unproven:
    """A number that has no certificate, and why."""

    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """How far a double is from the truth: signed error, relative error, ulps of the truth's double, correct digits.

    `status` is "ok" or says why there is no number to compare; then all four are nan, except that a nan or an
    infinite estimate of a number that exists has 0 correct digits.
    """

    status: Status
    error: float = math.nan
    relative: float = math.nan
    ulps: float = math.nan
    digits: float = math.nan


def measure(estimate: float, truth: Ball | Unproven | str) -> Measurement:
    """Measure a double against a ball or a decimal string (taken as exactly that number).

    One ulp is the gap between the double nearest to the truth and the next larger one; digits are -log10 of the
    relative error, between 0 and the 15.95 that a double can hold.

    >>> found = measure(1/3, Ball(Fraction(1, 3)))
    >>> found.status, round(found.ulps, 2), round(found.digits, 2)
    ('ok', 0.33, 15.95)
    >>> measure(math.nan, "1").status
    'nan'
    """
    if isinstance(truth, Unproven):
        return Measurement(truth.kind)
    exact = Fraction(truth) if isinstance(truth, str) else truth.midpoint
    if estimate != estimate:
        return Measurement("nan", digits=0.0)
    if math.isinf(estimate):
        return Measurement("inf", error=estimate, relative=math.inf, ulps=math.inf, digits=0.0)
    error = Fraction(estimate) - exact
    unit = math.ulp(nearest_double(exact))
    relative = nearest_double(abs(error / exact)) if exact else (math.inf if error else 0.0)
    ulps = nearest_double(abs(error) / Fraction(unit)) if math.isfinite(unit) else math.inf
    return Measurement("ok", nearest_double(error), relative, ulps, correct_digits(relative))


def measure_all(estimates: Sequence[float], truths: Sequence[Ball | Unproven | str]) -> list[Measurement]:
    """Measure entry by entry; one of status "shape" for each truth where the lengths differ.

    >>> [m.status for m in measure_all([1.0], ["1", "2"])]
    ['shape', 'shape']
    """
    if len(estimates) != len(truths):
        return [Measurement("shape")] * len(truths)
    return [measure(estimate, truth) for estimate, truth in zip(estimates, truths, strict=True)]


def correct_digits(relative: float) -> float:
    """Correct decimal digits of a number with this relative error, between 0 and 15.95.

    >>> round(correct_digits(1e-3), 9), correct_digits(0.0) == MOST_DIGITS
    (3.0, True)
    """
    if relative >= 1:
        return 0.0
    return min(MOST_DIGITS, -math.log10(relative)) if relative > 0 else MOST_DIGITS


def json_number(value: float | None) -> float | str | None:
    """A number as JSON can hold it: "nan", "inf" and "-inf" are strings.

    >>> json_number(1.5), json_number(-math.inf)
    (1.5, '-inf')
    """
    if value is None or math.isfinite(value):
        return value
    return str(float(value))


def nearest_double(exact: Fraction) -> float:
    """The double nearest to a rational number; infinite beyond the largest one."""
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _significant(number: Fraction, digits: int) -> tuple[int, int]:
    """The integer m of `digits` decimal digits and the exponent e for which m * 10**e is nearest to the number."""
    if number == 0:
        return 0, 0
    bits = abs(number.numerator).bit_length() - number.denominator.bit_length()
    exponent = math.floor(bits * math.log10(2)) - digits  # at most two too small
    limit = 10**digits
    while True:
        mantissa = round(number / Fraction(10) ** exponent)
        if abs(mantissa) < limit:
            return mantissa, exponent
        exponent += 1


def _written(mantissa: int, exponent: int) -> str:
    """m * 10**e as a decimal string, without the zeros at its end."""
    if mantissa == 0:
        return "0"
    sign = "-" if mantissa < 0 else ""
    text = str(abs(mantissa))
    point = len(text) + exponent  # the number is 0.text * 10**point
    text = text.rstrip("0")
    if -5 < point <= 0:
        return f"{sign}0.{'0' * -point}{text}"
    if 0 < point <= 21:
        return f"{sign}{text[:point].ljust(point, '0')}.{text[point:] or '0'}"
    return f"{sign}{text[0]}.{text[1:] or '0'}e{point - 1:+d}"
