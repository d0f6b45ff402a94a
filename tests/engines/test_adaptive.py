"""The adaptive derivative: error estimates that hold, few evaluations, edges, kinks, noise and wide scales."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import mpmath
import pytest

from diffcompare.engines.adaptive import Estimate, adaptive

Black = Callable[[float], float]
Exact = Callable[[mpmath.mpf], mpmath.mpf]


class Counted:
    """A black box that counts its calls and remembers where it was called."""

    def __init__(self, f: Black) -> None:
        self.f = f
        self.calls: list[float] = []

    def __call__(self, x: float) -> float:
        self.calls.append(x)
        return self.f(x)


def inside(f: Black, low: float = -math.inf, high: float = math.inf) -> Black:
    """nan outside low..high, inf where f overflows: as a compiled formula behaves."""

    def guarded(x: float) -> float:
        try:
            return f(x) if low <= x <= high else math.nan
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return guarded


def slope(f: Exact, x: float) -> mpmath.mpf:
    with mpmath.workdps(80):
        h = mpmath.mpf(10) ** -30 * (abs(mpmath.mpf(x)) or 1)
        return (f(mpmath.mpf(x) + h) - f(mpmath.mpf(x) - h)) / (2 * h)


def digits(answer: Estimate, truth: mpmath.mpf) -> float:
    miss = abs((answer.value - truth) / truth)
    return 17.0 if miss == 0 else float(-mpmath.log10(miss))


HARD: list[tuple[str, Black, Exact, float, float]] = [
    ("sin far out", math.sin, mpmath.sin, 1e10, 12),
    ("steep arctan", lambda x: math.atan(1e6 * x), lambda x: mpmath.atan(10**6 * x), 0.0, 13),
    ("ln near 0", inside(math.log, 1e-300), mpmath.log, 1e-3, 12),
    ("sqrt near 0", inside(math.sqrt, 0), mpmath.sqrt, 1e-12, 12),
    ("a small slope", math.tanh, mpmath.tanh, 15.0, 2),
    ("fast cosine", lambda x: math.cos(1000 * x), lambda x: mpmath.cos(1000 * x), 0.3, 12),
    ("fast sine at 0", lambda x: math.sin(1e6 * x), lambda x: mpmath.sin(10**6 * x), 0.0, 12),
    ("near a pole", math.tan, mpmath.tan, 1.57, 11),
    ("near an edge", inside(math.asin), mpmath.asin, 0.999, 11),
    ("nearer an edge", inside(math.asin), mpmath.asin, 1 - 1e-9, 9),
    ("huge", inside(math.exp), mpmath.exp, 700.0, 13),
    ("tiny", math.exp, mpmath.exp, -700.0, 13),
    ("huge x", lambda x: x * x, lambda x: x * x, 1e150, 15),
    ("flat", lambda x: math.sin(1e-9 * x), lambda x: mpmath.sin(mpmath.mpf(1e-9) * x), 1.0, 13),
    ("large constant", lambda x: 1e8 + x, lambda x: 10**8 + x, 1.0, 12),
    (
        "narrow peak",
        lambda x: math.exp(-1e4 * (x - 0.5) ** 2),
        lambda x: mpmath.exp(-(10**4) * (x - 0.5) ** 2),
        0.51,
        12,
    ),
    (
        "narrow ripple",
        lambda x: x + 1e-3 * math.sin(1e5 * x),
        lambda x: x + mpmath.mpf(1e-3) * mpmath.sin(10**5 * x),
        1.0,
        7,
    ),
    (
        "period 1/64",
        lambda x: math.sin(128 * math.pi * x),
        lambda x: mpmath.sin(128 * mpmath.mpf(math.pi) * x),
        0.3,
        11,
    ),
    ("line", lambda x: 2 * x + 1, lambda x: 2 * x + 1, 3.0, 15),
    ("log shifted", inside(lambda x: math.log(x - 0.0999)), lambda x: mpmath.log(x - mpmath.mpf(0.0999)), 0.1, 11),
]


@pytest.mark.parametrize(("f", "exact", "x", "least"), [row[1:] for row in HARD], ids=[row[0] for row in HARD])
def test_hard_cases_keep_their_digits_and_their_word(f: Black, exact: Exact, x: float, least: float) -> None:
    box = Counted(f)
    answer = adaptive(box, x)
    truth = slope(exact, x)
    assert abs(answer.value - truth) <= answer.error
    assert digits(answer, truth) >= least
    assert answer.evaluations == len(box.calls) <= 31


@pytest.mark.parametrize(
    ("f", "exact", "x"),
    [
        (math.expm1, mpmath.expm1, -40.0),  # the slope 4e-18 is far below the rounding of f
        (lambda x: (1 - math.cos(x)) / (x * x), lambda x: (1 - mpmath.cos(x)) / (x * x), 1e-6),  # f itself cancels
        (lambda x: x * x, lambda x: x * x, 0.0),
        (math.cos, mpmath.cos, 0.0),
        (math.sin, mpmath.sin, math.pi / 2),
        (lambda x: 5.0, lambda x: mpmath.mpf(5), 1.0),
        (lambda x: x * abs(x), lambda x: x * abs(x), 0.0),
    ],
)
def test_where_no_digit_can_be_had_the_error_says_so(f: Black, exact: Exact, x: float) -> None:
    answer = adaptive(f, x)
    assert abs(answer.value - slope(exact, x)) <= answer.error


ELEMENTARY: list[tuple[Black, Exact, float, float]] = [
    (math.sin, mpmath.sin, -3, 3),
    (math.exp, mpmath.exp, -3, 3),
    (math.log, mpmath.log, 0.01, 3),
    (math.atan, mpmath.atan, -3, 3),
    (math.tanh, mpmath.tanh, -3, 3),
    (math.sqrt, mpmath.sqrt, 0.01, 3),
    (lambda z: z * z * z - 2 * z * z + z, lambda z: z * z * z - 2 * z * z + z, -3, 3),
    (lambda z: math.exp(-z * z), lambda z: mpmath.exp(-z * z), -3, 3),
    (lambda z: math.exp(math.sin(z)), lambda z: mpmath.exp(mpmath.sin(z)), -3, 3),
]


def random_case(source: random.Random) -> tuple[Black, mpmath.mpf, float]:
    """offset + scale * g(frequency * x + phase) with scales 1e-8..1e8 and frequencies 1e-6..1e6."""
    g, exact, low, high = source.choice(ELEMENTARY)
    scale, frequency = 10 ** source.uniform(-8, 8), 10 ** source.uniform(-6, 6)
    phase = source.choice([0.0, source.uniform(-2, 2)])
    offset = source.choice([0.0, 0.0, scale * 10 ** source.uniform(-3, 3)])
    x = (source.uniform(low, high) - phase) / frequency
    inner = mpmath.mpf(frequency) * mpmath.mpf(x) + mpmath.mpf(phase)
    f = inside(lambda t: offset + scale * g(frequency * t + phase))
    return f, mpmath.mpf(scale) * mpmath.mpf(frequency) * slope(exact, inner), x


def test_four_hundred_scaled_functions_are_covered_in_99_of_100() -> None:
    source = random.Random(20261124)
    covered, found, spent = 0, [], 0
    for _ in range(400):
        f, truth, x = random_case(source)
        answer = adaptive(f, x)
        covered += abs(answer.value - truth) <= answer.error
        found.append(digits(answer, truth))
        spent += answer.evaluations
    found.sort()
    assert covered >= 396
    assert found[200] > 13.5
    assert found[4] > 9
    assert spent / 400 < 20


@pytest.mark.parametrize(
    ("f", "x", "left", "right"),
    [
        (abs, 0.0, -1, 1),
        (lambda x: max(x, 0.0), 0.0, 0, 1),
        (lambda x: abs(x - 1), 1.0, -1, 1),
        (lambda x: abs(x - 1e6), 1e6, -1, 1),
        (lambda x: 1e-9 * abs(x - 1e-6), 1e-6, -1e-9, 1e-9),
        (lambda x: math.sin(x) + abs(x), 0.0, 0, 2),
        (lambda x: 1e4 * x + abs(x), 0.0, 9999, 10001),
        (lambda x: max(x, x * x), 1.0, 1, 2),
        (lambda x: x if x < 1 else math.sqrt(x), 1.0, 1, 0.5),
    ],
)
def test_a_kink_is_named_with_both_slopes(f: Black, x: float, left: float, right: float) -> None:
    answer = adaptive(f, x)
    assert math.isnan(answer.value)
    assert answer.error == math.inf
    named = answer.note.removeprefix("kink: left derivative ").split(", right derivative ")
    assert [float(side) for side in named] == pytest.approx([left, right], rel=1e-4, abs=1e-6)


def test_next_to_a_kink_there_is_a_derivative() -> None:
    answer = adaptive(lambda x: abs(x - 1 - 1e-9), 1.0)
    assert abs(answer.value + 1) <= answer.error < 1e-9


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: float((x > 0) - (x < 0)), 0.0),
        (lambda x: math.sqrt(abs(x)), 0.0),
        (math.cbrt, 0.0) if hasattr(math, "cbrt") else (lambda x: math.copysign(abs(x) ** (1 / 3), x), 0.0),
        (inside(math.sqrt, 0), 0.0),
        (inside(math.asin), 1.0),
        (lambda x: float(math.floor(x)), 1.0),
    ],
)
def test_jumps_and_vertical_tangents_have_no_value(f: Black, x: float) -> None:
    answer = adaptive(f, x)
    assert math.isnan(answer.value)
    assert answer.error == math.inf
    assert "do not settle" in answer.note


def test_outside_the_domain_the_note_says_so() -> None:
    assert adaptive(inside(math.log), 0.0) == Estimate(math.nan, math.inf, 1, 0.0, "f has no finite value at x")
    assert adaptive(math.sin, 2.0, upper=1.0).evaluations == 0


@pytest.mark.parametrize(
    ("x", "lower", "upper", "note"),
    [
        (1.0, 1.0, math.inf, "one-sided: forward"),
        (1.0, -math.inf, 1.0, "one-sided: backward"),
        (1.0, 1 - 1e-9, math.inf, "one-sided: forward"),
        (1.0, 0.9, 1.1, ""),
        (0.0, 0.0, 0.5, "one-sided: forward"),
    ],
)
def test_bounds_are_never_left_and_the_quotients_turn_one_sided(
    x: float, lower: float, upper: float, note: str
) -> None:
    box = Counted(math.sin)
    answer = adaptive(box, x, lower=lower, upper=upper)
    assert all(lower <= t <= upper for t in box.calls)
    assert len(box.calls) == answer.evaluations
    assert answer.note == note
    assert abs(answer.value - math.cos(x)) <= answer.error < 1e-9


@pytest.mark.parametrize("level", [1e-12, 1e-9, 1e-6, 1e-4])
def test_noise_is_measured_and_covered(level: float) -> None:
    covered = 0
    for seed in range(100):
        source = random.Random(seed)

        def noisy(x: float, source: random.Random = source) -> float:
            return math.sin(x) + level * source.uniform(-1, 1)

        answer = adaptive(noisy, 1.0)
        covered += abs(answer.value - math.cos(1.0)) <= answer.error
        assert answer.error < 1e4 * level
    assert covered >= 99
    if level >= 1e-9:
        assert "noise of about" in answer.note


def test_the_error_is_not_merely_large() -> None:
    for f, truth in ((math.exp, math.e), (math.sin, math.cos(1.0)), (math.atan, 0.5), (math.log, 1.0)):
        answer = adaptive(inside(f), 1.0)
        assert answer.error < 1e-11 * abs(truth)
