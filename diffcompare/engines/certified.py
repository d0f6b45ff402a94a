"""The certified reference: ball arithmetic on FLINT's own power series, with a proven error bound.

The function's graph, and nothing of our derivative rules, is replayed on series x + t; the coefficient of t is the
derivative.  The working precision doubles until every wanted digit is proven, or until it is plain that it cannot be.

F. Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE Transactions on Computers
66 (2017) 1281-1292.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from diffcompare.engines.power_series import Replay, working
from diffcompare.expression.function import Function
from diffcompare.expression.graph import Graph
from diffcompare.expression.primitives.ball import lead
from diffcompare.measure import Ball, Unproven

DIGITS = 30
FIRST_BITS, LAST_BITS = 2**7, 2**14
WORK = 2**27  # node applications times bits that one certificate may cost
PASSES = 2.0**18  # operations on power series that all passes together may take
GOLDEN = (math.sqrt(5) - 1) / 2  # its multiples, modulo 1, are evenly spread, however many are taken
VANISHING = -1100  # a number below 2**-1100 has 0 as its nearest double
BEYOND = 2**17  # binary exponents past this are not written out


@dataclass(frozen=True, slots=True)
class Certified:
    """Values (m,) and Jacobian (m, n), each entry a ball with `digits` proven decimal digits or the reason for none."""

    names: tuple[str, ...]
    value: tuple[Ball | Unproven, ...]
    jacobian: tuple[tuple[Ball | Unproven, ...], ...]
    digits: int
    bits: int  # working precision that it took

    @property
    def gradient(self) -> dict[str, Ball | Unproven]:
        """The first output's partial derivatives by variable."""
        return dict(zip(self.names, self.jacobian[0], strict=True))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why entries are missing, each reason once; empty where nothing is."""
        entries = (*self.value, *(entry for row in self.jacobian for entry in row))
        return tuple(dict.fromkeys(entry.reason for entry in entries if isinstance(entry, Unproven)))


def certify(function: Function, at: Mapping[str, Any], digits: int = DIGITS) -> Certified:
    """Value and Jacobian of a function at a point of exact doubles, proven to `digits` decimal digits.

    >>> import diffcompare as dc
    >>> found = certify(dc.function("ln(x1) + x1*x2 - sin(x2)"), {"x1": 2, "x2": 5})
    >>> found.gradient["x1"].decimal(), found.gradient["x2"].decimal()
    ('5.5', '1.71633781453677373553336082849')
    >>> certify(dc.function("abs(x)"), {"x": 0}).reasons
    ('abs has a kink at 0, and the point sits on it',)
    """
    return certify_graph(function.trace(at), digits)


def certify_graph(graph: Graph, digits: int = DIGITS) -> Certified:
    """The same for a graph, at the point where it was traced: one pass an input, at doubled precision while needed.

    Passes past the budget are left out; those that fit are spread over the inputs.
    """
    m, n = len(graph.outputs), len(graph.names)
    unknown = Unproven("undecided", "not computed")
    value: list[Ball | Unproven] = [unknown] * m
    columns: list[list[Ball | Unproven]] = [[unknown] * m for _ in range(n)]
    replay = Replay(graph)
    order = sorted(range(n), key=lambda j: j * GOLDEN % 1)
    bits, left = FIRST_BITS, PASSES
    for bits in _precisions(len(graph.nodes)):
        with working(bits, cap=2):
            at_point = replay.blocked() or replay.centre
            value = _improved(value, at_point, graph.outputs, 0, digits)
            share = left / 2  # the rest is for the next precision, where what this one leaves open may be proven
            for j in order:
                if all(map(_settled, columns[j])):
                    continue
                share -= (cost := _cost(replay, j, bits))
                if share < 0:
                    break
                left -= cost
                series = replay.blocked(j) or replay.series(j)
                columns[j] = _improved(columns[j], series, graph.outputs, 1, digits)
        if all(map(_settled, value)) and all(_settled(v) for column in columns for v in column):
            break
    done = sum(unknown not in column for column in columns)
    left_out = Unproven("undecided", f"over budget: derivatives by {done} of {n} variables are certified")
    columns = [[left_out if entry is unknown else entry for entry in column] for column in columns]
    return Certified(
        graph.names, tuple(value), tuple(tuple(column[k] for column in columns) for k in range(m)), digits, bits
    )


def taylor(graph: Graph, variable: str, order: int, digits: int = 15) -> list[Ball | Unproven]:
    """f, f', .. of the first output by one variable up to `order`, shape (order + 1,), at the traced point.

    >>> import diffcompare as dc
    >>> [b.decimal(6) for b in taylor(dc.function("exp(2*x)").trace({"x": 0}), "x", 3)]
    ['1.0', '2.0', '4.0', '8.0']
    """
    j = graph.names.index(variable)
    replay = Replay(graph)
    found: list[Ball | Unproven] = []
    for bits in _precisions(len(graph.nodes) * order):
        with working(bits, cap=order + 1):
            series = replay.blocked(j) or replay.series(j)
            coefficients = [coefficient(series, graph.outputs[0], k) for k in range(order + 1)]
            found = [
                _proven(c if isinstance(c, Unproven) else c * math.factorial(k), digits)
                for k, c in enumerate(coefficients)
            ]
        if all(map(_settled, found)):
            break
    return found


def coefficient(series: list[Any] | Unproven, i: int, k: int) -> Any:
    """Coefficient k of a node's series; a plain ball is a constant."""
    found = series if isinstance(series, Unproven) else series[i]
    if isinstance(found, Unproven):
        return found
    if hasattr(found, "coeffs"):
        return found[k]
    return found if k == 0 else 0 * lead(found)


def _proven(number: Any, digits: int) -> Ball | Unproven:
    """The ball as rational numbers where it proves enough digits, or where no double but 0 is near it."""
    import flint

    if isinstance(number, Unproven):
        return number
    number = flint.arb(number)
    if not number.is_finite():
        return Unproven("outside the domain", "the point is not finite")
    mantissa, exponent = number.abs_upper().man_exp()
    size = int(mantissa).bit_length() + int(exponent)
    if mantissa and size > BEYOND:
        return Unproven("undecided", "a number of more than 39000 decimal digits")
    if mantissa and size < -BEYOND:
        return Ball(Fraction(0), _power_of_two(VANISHING))
    ball = Ball(_rational(number.mid()), _at_least(number.rad()))
    if size < VANISHING or ball.proves(digits):
        return ball
    return Unproven("undecided", f"cancellation: {digits} digits are not proven at {flint.ctx.prec} bits")


def _rational(exact: Any) -> Fraction:
    mantissa, exponent = exact.man_exp()
    return int(mantissa) * _power_of_two(int(exponent))


def _at_least(radius: Any) -> Fraction:
    """A radius, or a larger one where its own would take millions of digits."""
    mantissa, exponent = radius.man_exp()
    if int(mantissa).bit_length() + int(exponent) < -BEYOND:
        return _power_of_two(-BEYOND)
    return _rational(radius)


def _power_of_two(exponent: int) -> Fraction:
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


def _settled(entry: Ball | Unproven) -> bool:
    """Whether more precision would change nothing."""
    return isinstance(entry, Ball) or entry.kind != "undecided"


def _improved(
    entries: list[Ball | Unproven], nodes: list[Any] | Unproven, outputs: tuple[int, ...], k: int, digits: int
) -> list[Ball | Unproven]:
    """The entries of the outputs, those not settled yet read again from coefficient k of the nodes."""
    return [
        entry if _settled(entry) else _proven(coefficient(nodes, i, k), digits)
        for entry, i in zip(entries, outputs, strict=True)
    ]


def _cost(replay: Replay, j: int, bits: int) -> float:
    """Operations of one pass; twice the bits cost little below 1000 of them, about twice as much beyond."""
    guards = replay.guards.dependents(j) if replay.guards else []
    return (len(replay.dependents(j)) + len(guards)) * (1 + bits / 1000)


def _precisions(nodes: int) -> Iterator[int]:
    """Working precisions in bits, doubling while the work stays in bounds."""
    bits = FIRST_BITS
    while bits <= LAST_BITS and (bits == FIRST_BITS or bits * nodes <= WORK):
        yield bits
        bits *= 2
