"""Difference quotients at one point and their extrapolation to h = 0, each with the evidence for its error.

Symmetric pairs f(x - h), f(x + h) give two columns. The slope (f+ - f-) / 2h tends to the derivative;
the bend (f+ + f-) / 2 - f(x) tends to 0, a limit known beforehand. Both are extrapolated over every run
of neighbouring steps. How far a run's bend misses 0, and how far its slope moves when one finer step
joins it, are the evidence for its error; no scale, noise level or order is assumed.

L. F. Richardson, "The deferred approach to the limit", Phil. Trans. R. Soc. A 226 (1927) 299-349;
C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Adv. Eng. Software 4 (1982) 75-76.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

from diffcompare.engines.step import UNIT_ROUNDOFF

STEPS = 15  # steps in one table, so 31 evaluations at most in a symmetric one
LONGEST = 8  # steps in one run; longer runs gain nothing in double precision
GRID = 45679 / 65536  # steps are GRID * 2**k: a period of f may divide 2**k, but hardly this
SETTLED = 2.0**-10  # an error above this part of the slope means that no suitable step was found
NOISE = 4.0  # standard deviations of the noise covered by the error estimate
MARGIN = 2.0  # what is left of an extrapolation is at most its last change if the changes at least halve
ROUNDINGS = 8.0  # roundings that may shift every value of f alike, which no difference can show


@dataclass(frozen=True)
class Run:
    """Steps first..last extrapolated to h = 0: value, error, its part due to noise, noise of f."""

    value: float
    error: float
    noise: float
    level: float
    first: int
    last: int


@dataclass
class Quotients:
    """Difference quotients at x, one a step, largest first; side 0 is symmetric, 1 and -1 one-sided."""

    f: Callable[[float], float]
    x: float
    f_x: float
    side: int
    reach: float  # largest step that stays where f may be evaluated
    steps: list[float] = field(default_factory=list)
    slopes: list[float] = field(default_factory=list)
    bends: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)  # largest |f| that a step has seen
    evaluations: int = 0

    @property
    def full(self) -> bool:
        return len(self.steps) >= STEPS

    def grid(self, h: float) -> float:
        """The grid step up to h, rounded to keep x - h and x + h exact where that can be; 0 below 64 ulps."""
        mantissa, exponent = math.frexp(min(h, self.reach) * (1 + 1 / 64))
        step = math.ldexp(GRID, exponent if mantissa >= GRID else exponent - 1)
        ulp = math.ulp(abs(self.x) + step)
        step = round(step / ulp) * ulp
        return step if step >= 64 * ulp and step <= self.reach else 0.0

    def add(self, h: float) -> bool:
        """Sample at grid step h; False where f has no value, and larger steps are then not tried again."""
        if h in self.steps:
            return True
        if h == 0:
            return False
        ends = (self.x + h if self.side >= 0 else self.x, self.x - h if self.side <= 0 else self.x)
        values: list[float] = []
        for end in ends:
            self.evaluations += end != self.x
            values.append(self.f_x if end == self.x else self.f(end))
            if not math.isfinite((values[-1] - self.f_x) / h):
                self.reach = h / 2
                return False
        at = bisect_left(self.steps, -h, key=lambda step: -step)
        self.steps.insert(at, h)
        self.slopes.insert(at, (values[0] - values[1]) / (ends[0] - ends[1]))
        bend = 0.0 if self.side else ((values[0] - self.f_x) + (values[1] - self.f_x)) / 2
        self.bends.insert(at, bend)
        self.sizes.insert(at, max(map(abs, (*values, self.f_x))))
        return True

    def steepness(self, k: int) -> float:
        """The larger one-sided slope at step k: what an error is measured against."""
        return abs(self.slopes[k]) + abs(self.bends[k]) / self.steps[k]

    def rounding(self, k: int) -> float:
        """Rounding error to expect of the slope at step k if f is as good as correctly rounded."""
        return UNIT_ROUNDOFF * self.sizes[k] / self.steps[k]

    def settled(self, run: Run, part: float = SETTLED) -> bool:
        """Whether the error of a run is at most this part of the slope it belongs to."""
        return run.error <= part * self.steepness(run.last)

    def kink(self) -> tuple[float, float] | None:
        """The left and right derivative, if the two finest pairs agree on them and tell them apart."""
        if self.side or len(self.steps) < 2:
            return None
        left, right = ([self.slopes[k] + sign * self.bends[k] / self.steps[k] for k in (-2, -1)] for sign in (-1, 1))
        doubt = max(abs(left[1] - left[0]), abs(right[1] - right[0]), 4 * self.rounding(-1))
        return (left[1], right[1]) if abs(right[1] - left[1]) > 8 * doubt else None

    def best(self) -> Run | None:
        """The run with the least error among those that no finer run contradicts; None before two steps."""
        found: Run | None = None
        low, high = -math.inf, math.inf
        for run in self.runs():
            spread = 4 * run.error
            if run.value + spread < low or run.value - spread > high:
                break
            low, high = max(low, run.value - spread), min(high, run.value + spread)
            if found is None or run.error < found.error:
                found = run
        return found

    def runs(self) -> list[Run]:
        """The best run for each last step, finest first; each is checked by the next finer step."""
        count = len(self.steps)
        slope, bend = self._extrapolate(self.slopes), self._extrapolate(self.bends)
        # sum |weight| of a run: the weights alternate in sign, and so do these starting values
        signs = [(-1.0) ** k for k in range(count)]
        gain = self._extrapolate([(2 if self.side else 1) * s / h for s, h in zip(signs, self.steps, strict=True)])
        bend_gain = self._extrapolate([2 * s for s in signs])

        def change(i: int, j: int) -> float:
            return slope[i, j + 1] - slope[i, j]

        def unexplained(i: int, j: int) -> float:
            """Noise in one value of f that would explain what is left over by the run and its neighbours."""
            ends = (j - 2, j - 1, j) if self.side else (j - 1, j)
            left = [change(i, end) / gain[i, end + 1] for end in ends]
            if not self.side:
                left += [bend[i, end] / bend_gain[i, end] for end in (j - 1, j, j + 1)]
            return math.hypot(*left) / math.sqrt(len(left))

        checked = [(i, j) for i, j in slope if (i, j + 1) in slope]
        shortest = 2 if self.side else 1
        spread = sorted((unexplained(i, j), j) for i, j in checked if j - i >= shortest)

        def level(last: int) -> float:
            """Noise of f by the runs as fine as this: truncation only adds, and the least is a lucky draw."""
            left = [noise for noise, j in spread if j >= min(last, count - 3) - 1]
            return left[len(left) // 4] if left else 0.0

        levels = [level(j) for j in range(count)]
        best: dict[int, Run] = {}
        for i, j in checked:
            own = max(levels[j], UNIT_ROUNDOFF * max(self.sizes[i : j + 2]))
            noise = NOISE * own * abs(gain[i, j])
            missed = abs(bend[i, j] * gain[i, j] / bend_gain[i, j])
            shared = ROUNDINGS * UNIT_ROUNDOFF * abs(slope[i, j])
            error = max(MARGIN * abs(change(i, j)), noise, missed, shared)
            if math.isfinite(error) and (j not in best or error < best[j].error):
                best[j] = Run(slope[i, j], error, noise, own, i, j)
        return [best[j] for j in sorted(best, reverse=True)]

    def _extrapolate(self, column: list[float]) -> dict[tuple[int, int], float]:
        """Neville's scheme to h = 0 over all runs i..j, in powers of h**2 (symmetric) or h (one-sided)."""
        table = {(k, k): value for k, value in enumerate(column)}
        for length in range(1, min(len(column), LONGEST + 1)):
            for i in range(len(column) - length):
                j = i + length
                ratio = (self.steps[j] / self.steps[i]) ** (1 if self.side else 2)
                table[i, j] = table[i + 1, j] + (table[i + 1, j] - table[i, j - 1]) * ratio / (1 - ratio)
        return table
