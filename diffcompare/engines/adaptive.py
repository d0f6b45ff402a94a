"""A derivative with an error estimate from values of f alone: a table of extrapolated difference quotients.

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

PAIRS = 15  # steps in one table, so 31 evaluations at most in a symmetric one
LONGEST = 8  # steps in one run; longer runs gain nothing in double precision
GRID = 40503 / 65536  # steps are GRID * 2**k, near the golden ratio: no period of f is likely to divide them
JUMP = 32.0  # from a step that is plainly too large or too small to the next
SMOOTH = 1 / 16  # h suits f when a finer step moves the slope by less than this part of it
SETTLED = 2.0**-10  # an error above this part of the slope means that no suitable step was found
FAINT = 2.0**-10  # f changes by less than this part of itself: it may be only its noise
NOISE = 4.0  # standard deviations of the noise covered by the error estimate
MARGIN = 2.0  # what is left of an extrapolation is at most its last change if the changes at least halve
ROUNDINGS = 8.0  # roundings that may shift every value of f alike, which no difference can show


@dataclass(frozen=True)
class Estimate:
    """A derivative, its estimated absolute error, the evaluations of f, the finest step it rests on, and a remark.

    The value is nan, and the note says why, where f has no derivative or the samples show none.
    """

    value: float
    error: float
    evaluations: int
    h: float
    note: str = ""


@dataclass(frozen=True)
class _Run:
    """Steps first..last extrapolated to h = 0: value, error, the part of it that is noise, noise of f itself."""

    value: float
    error: float
    noise: float
    level: float
    first: int
    last: int


@dataclass
class _Table:
    """Difference quotients at x, one a step, largest step first; side 0 is symmetric, 1 and -1 are one-sided."""

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
        return len(self.steps) >= PAIRS

    def grid(self, h: float) -> float:
        """The grid step up to h, rounded so that x - h and x + h are as exact as they can be; 0 below 64 ulps."""
        mantissa, exponent = math.frexp(min(h, self.reach) * (1 + 1 / 64))
        step = math.ldexp(GRID, exponent if mantissa >= GRID else exponent - 1)
        ulp = math.ulp(abs(self.x) + step)
        step = round(step / ulp) * ulp
        return step if step >= 64 * ulp and step <= self.reach else 0.0

    def add(self, h: float) -> bool:
        """Sample at grid step h; False where f has no value there, and then larger steps are not tried again."""
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

    def settled(self, run: _Run) -> bool:
        return run.error <= SETTLED * self.steepness(run.last)

    def kink(self) -> tuple[float, float] | None:
        """The left and right derivative, if the two finest pairs agree on each and tell one from the other."""
        if self.side or len(self.steps) < 2:
            return None
        left, right = (
            [self.slopes[k] + sign * self.bends[k] / self.steps[k] for k in (-2, -1)] for sign in (-1, 1)
        )
        doubt = max(abs(left[1] - left[0]), abs(right[1] - right[0]), 4 * self.rounding(-1))
        return (left[1], right[1]) if abs(right[1] - left[1]) > 8 * doubt else None

    def best(self) -> _Run | None:
        """The run with the least error among those that no finer run contradicts; None before two steps."""
        found: _Run | None = None
        low, high = -math.inf, math.inf
        for run in self._runs():
            spread = 4 * run.error
            if run.value + spread < low or run.value - spread > high:
                break
            low, high = max(low, run.value - spread), min(high, run.value + spread)
            if found is None or run.error < found.error:
                found = run
        return found

    def _runs(self) -> list[_Run]:
        """The best run for each last step, finest first; each is checked by the next finer step."""
        slope, bend = self._extrapolate(self.slopes), self._extrapolate(self.bends)
        # sum |weight| of a run: the weights alternate in sign, and so do these starting values
        signs = [(-1.0) ** k for k in range(len(self.steps))]
        gain = self._extrapolate(
            [(2 if self.side else 1) * s / h for s, h in zip(signs, self.steps, strict=True)]
        )
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
        # truncation only adds to what is left over, so the least of it is the noise
        level = min((unexplained(i, j) for i, j in checked if j - i >= shortest), default=0.0)
        best: dict[int, _Run] = {}
        for i, j in checked:
            own = max(level, UNIT_ROUNDOFF * max(self.sizes[i : j + 2]))
            noise = NOISE * own * abs(gain[i, j])
            missed = abs(bend[i, j] * gain[i, j] / bend_gain[i, j])
            shared = ROUNDINGS * UNIT_ROUNDOFF * abs(slope[i, j])
            error = max(MARGIN * abs(change(i, j)), noise, missed, shared)
            if math.isfinite(error) and (j not in best or error < best[j].error):
                best[j] = _Run(slope[i, j], error, noise, own, i, j)
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


def _search(table: _Table, h: float) -> None:
    """Fill the table: find a step that suits f, refine from it, and widen it where noise is what limits."""
    h = table.grid(h)
    while not table.add(h):
        h = table.grid(h / JUMP)
        if h == 0 or table.evaluations >= PAIRS:
            return
    start = _scale(table, h)
    if start:
        _refine(table, start)
        _widen(table)


def _scale(table: _Table, h: float) -> float:
    """A step on which f looks smooth, reached by jumps from h; 0 where f has a kink."""
    top, low, climbs, kinks = h, table.grid(h / 2), 0, 0
    while not table.full and table.add(low):
        t, k = table.steps.index(top), table.steps.index(low)
        steep, rounding = max(table.steepness(t), table.steepness(k)), 4 * table.rounding(k)
        moved = abs(table.slopes[k] - table.slopes[t])
        if not table.side:
            moved = max(moved, abs(table.bends[k] - table.bends[t] * (low / top) ** 2) / top)
        hidden = moved <= rounding
        rough = moved > SMOOTH * steep and not hidden
        if hidden and rounding <= 64 * UNIT_ROUNDOFF * steep:
            return top
        # noise keeps its size as h falls, and so does detail finer than h; noise is the fainter one
        swing = low * table.steepness(k)
        faint = top * table.steepness(t) / 4 < swing < FAINT * table.sizes[k]
        if climbs < 4 and (hidden or (rough and faint and (climbs or low < top / 8))):
            climbs += 1
            room = math.sqrt(steep / rounding) / 4 if hidden and rounding else JUMP
            low, top = table.steps[0], table.grid(table.steps[0] * max(2.0, min(JUMP, room)))
            if top <= low or not table.add(top):
                return low
        elif rough:
            found = table.kink()
            kinks += found is not None
            if kinks == 2:
                return 0.0
            top = table.steps[-1]
            low = table.grid(top * (2.0**-20 if found else 1 / JUMP if moved > 4 * SMOOTH * steep else 1 / 4))
        else:
            part = max(moved, rounding) / steep
            return table.grid(min(top / (part if table.side else math.sqrt(part)) / 4, 2 * top))
    return top


def _refine(table: _Table, h: float) -> None:
    """Halve the step until the error is down to the rounding of f or falls no more; jump where nothing settles."""
    stalled, least = 0, math.inf
    while h and not table.full:
        known = h in table.steps
        if table.add(h) and (run := table.best()):
            stalled = 0 if run.error < least / 2 else stalled + (not known)
            least = min(least, run.error)
            if _finished(table, run) or (stalled >= 2 and table.settled(run)):
                return
            if stalled >= 2:
                _widen(table)
                if (wider := table.best()) and table.settled(wider):
                    return
                h, stalled = table.grid(table.steps[-1] / JUMP), -1
                continue
        h = table.grid(h / 2)


def _finished(table: _Table, run: _Run) -> bool:
    """Whether the error is as small as values of f that are correctly rounded allow."""
    floor = max(4 * NOISE * table.rounding(run.last), ROUNDINGS * UNIT_ROUNDOFF * abs(run.value))
    return len(table.steps) > 3 and run.error <= floor


def _widen(table: _Table) -> None:
    """Add larger steps while noise limits the error, the largest step has a part in it and the error falls."""
    while not table.full and (run := table.best()) and run.first == 0:
        settled = table.settled(run)
        faint = table.steps[0] * table.steepness(0) < FAINT * table.sizes[0]
        if not (run.noise >= run.error if settled else faint):
            return
        if not table.add(table.grid(table.steps[0] * (2 if settled else 8))):
            return
        wider = table.best()
        if wider is None or wider.error > 0.7 * run.error:
            return


def adaptive(
    f: Callable[[float], float], x: float, *, lower: float = -math.inf, upper: float = math.inf
) -> Estimate:
    """The derivative of f at x with an absolute error estimate, from about 16 values of f, at most 76.

    f returns nan or inf outside its domain and is never called outside lower..upper; where x has
    room on one side only, the quotients turn one-sided. The note tells when that happened, when f is
    noisy, and why there is no value.

    >>> import math
    >>> answer = adaptive(math.exp, 1.0)
    >>> abs(answer.value - math.e) <= answer.error < 1e-11 and answer.evaluations < 20
    True
    >>> adaptive(abs, 0.0).note
    'kink: left derivative -1, right derivative 1'
    """
    f_x = f(x) if lower <= x <= upper else math.nan
    if not math.isfinite(f_x):
        return Estimate(math.nan, math.inf, int(lower <= x <= upper), 0.0, "f has no finite value at x")
    start = abs(x) / 4 or 1 / 8
    pairs = _Table(f, x, f_x, 0, min(x - lower, upper - x))
    _search(pairs, start)
    tables = [pairs]
    run = pairs.best()
    tight = (
        run is not None
        and pairs.reach < 2 * pairs.steps[0]
        and run.error > 2.0**-30 * pairs.steepness(run.last)
    )
    if not pairs.kink() and (run is None or tight):
        for side, reach in ((1, upper - x), (-1, x - lower)):
            if reach > 2 * pairs.reach or not pairs.steps:
                tables.append(_Table(f, x, f_x, side, reach))
                _search(tables[-1], start)
    evaluations = 1 + sum(table.evaluations for table in tables)
    found = [(answer, table) for table in tables if (answer := table.best())]
    if not found:
        return Estimate(math.nan, math.inf, evaluations, 0.0, "f has too few finite values near x")
    run, table = min(found, key=lambda pair: pair[0].error)
    step = table.steps[run.last]
    if run.error > 4 * run.noise and (sides := table.kink()):
        note = "kink: left derivative {:.6g}, right derivative {:.6g}".format(*sides)
        return Estimate(math.nan, math.inf, evaluations, table.steps[-1], note)
    if run.error > table.steepness(run.last) / 4 and run.error > 4 * run.noise:
        note = "the difference quotients do not settle: f may not be differentiable at x"
        return Estimate(math.nan, math.inf, evaluations, step, note)
    return Estimate(run.value, run.error, evaluations, step, _remark(table, run))


def _remark(table: _Table, run: _Run) -> str:
    """What a reader should know about the answer besides its error."""
    remarks = []
    if table.side:
        remarks.append("one-sided: forward" if table.side > 0 else "one-sided: backward")
    if run.level > 1e4 * UNIT_ROUNDOFF * max(table.sizes):
        remarks.append(f"noise of about {run.level:.0e} in f")
    return "; ".join(remarks)
