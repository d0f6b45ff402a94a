"""The derivative of a black box with an error estimate: finding the steps that suit it in few evaluations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from diffcompare.engines.quotients import NOISE, ROUNDINGS, STEPS, Quotients, Run
from diffcompare.engines.step import UNIT_ROUNDOFF

JUMP = 32.0  # from a step that is plainly too large or too small to the next
SMOOTH = 1 / 16  # h suits f when a finer step moves the slope by less than this part of it
FAINT = 2.0**-10  # f changes by less than this part of itself: it may be only its noise
DEEP = 2.0**-30  # a kink is believed if it looks the same this much closer


@dataclass(frozen=True)
class Estimate:
    """A derivative, its estimated absolute error, the evaluations of f, the finest step used, and a remark.

    The value is nan, and the note says why, where f has no derivative or the samples show none.
    """

    value: float
    error: float
    evaluations: int
    h: float
    note: str = ""


def adaptive(f: Callable[[float], float], x: float, *, lower: float = -math.inf, upper: float = math.inf) -> Estimate:
    """The derivative of f at x with an absolute error estimate, from about 16 values of f.

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
    if not lower <= x <= upper:
        return Estimate(math.nan, math.inf, 0, 0.0, "x is outside its bounds")
    f_x = f(x)
    if not math.isfinite(f_x):
        return Estimate(math.nan, math.inf, 1, 0.0, "f has no finite value at x")
    tables = _tables(f, x, f_x, lower, upper)
    found = [(run, table) for table in tables if (run := table.best())]
    if not found:
        evaluations = 1 + sum(table.evaluations for table in tables)
        return Estimate(math.nan, math.inf, evaluations, 0.0, "f has too few finite values near x")
    run, table = min(found, key=lambda pair: pair[0].error)
    value, error, note = run.value, run.error, _remark(table, run)
    if sides := _kink(table, run):
        value, error = math.nan, math.inf
        note = "kink: left derivative {:.6g}, right derivative {:.6g}".format(*sides)
    elif (
        error > max(table.steepness(0), table.steepness(run.last)) / 4
        and run.level > 4 * UNIT_ROUNDOFF * table.sizes[run.first]
    ):
        value, error = math.nan, math.inf
        note = "the difference quotients do not settle: f may not be differentiable at x"
    elif coarse := _wavering(table, run):
        error += abs(value - coarse.value) + coarse.error
        note = f"f wavers by noise or fine detail: larger steps give {coarse.value:.6g}"
    evaluations = 1 + sum(table.evaluations for table in tables)
    return Estimate(value, error, evaluations, table.steps[run.last], note)


def _tables(f: Callable[[float], float], x: float, f_x: float, lower: float, upper: float) -> list[Quotients]:
    """The symmetric table, and one-sided ones where it is empty or the edge of the domain cramps it."""
    start = abs(x) / 4 or 1 / 8
    pairs = Quotients(f, x, f_x, 0, min(x - lower, upper - x))
    _search(pairs, start)
    run = pairs.best()
    if run and (pairs.kink() or 2 * pairs.steps[0] <= pairs.reach or pairs.settled(run, 2.0**-30)):
        return [pairs]
    tables = [pairs]
    for side, reach in ((1, upper - x), (-1, x - lower)):
        if not pairs.steps or reach > 2 * pairs.reach:
            tables.append(Quotients(f, x, f_x, side, reach))
            _search(tables[-1], start)
    return tables


def _kink(table: Quotients, run: Run) -> tuple[float, float] | None:
    """Left and right derivative where the run cannot rule out a kink and a much finer step shows it too."""
    sides = table.kink()
    if sides is None or abs(sides[1] - sides[0]) > 16 * run.error:
        return None
    visible = 128 * UNIT_ROUNDOFF * table.sizes[-1] / abs(sides[1] - sides[0])
    deeper = table.grid(max(table.steps[-1] * DEEP, visible))
    if table.steps[-1] > DEEP * table.steps[0] and deeper < table.steps[-1] and table.add(deeper):
        sides = table.kink()
    return sides


def _wavering(table: Quotients, run: Run) -> Run | None:
    """The coarse answer to weigh against a fine one, where f wavers faintly between their steps.

    Detail finer than the steps and the noise of f look alike there: a change of f that does not
    fall with h. Below the last stair of its noise any function looks smooth.
    """
    swings = [h * table.steepness(k) for k, h in enumerate(table.steps)]
    for k in range(run.first):
        wide = [i for i in range(k) if table.steps[i] > table.steps[k] / FAINT]
        if any(swings[k] > swings[i] / 4 and swings[i] < FAINT * table.sizes[i] for i in wide):
            return min(table.runs(), key=lambda other: other.error if other.last <= k else math.inf)
    return None


def _noisy(table: Quotients, run: Run) -> bool:
    """Whether what the run leaves over is far more than rounding: noise in f, or truncation not yet told from it."""
    return run.level > 1e4 * UNIT_ROUNDOFF * max(table.sizes)


def _remark(table: Quotients, run: Run) -> str:
    """What a reader should know about the answer besides its error."""
    remarks = []
    if table.side:
        remarks.append("one-sided: forward" if table.side > 0 else "one-sided: backward")
    if _noisy(table, run):
        remarks.append(f"noise of about {run.level:.0e} in f")
    return "; ".join(remarks)


def _search(table: Quotients, h: float) -> None:
    """Fill the table: find a step that suits f, refine from it, and widen it where noise is what limits."""
    h = table.grid(h)
    while not table.add(h):
        h = table.grid(h / JUMP)
        if h == 0 or table.evaluations >= STEPS:
            return
    start = _scale(table, h)
    if start:
        _refine(table, start)
        _widen(table)


def _scale(table: Quotients, h: float) -> float:
    """A step on which f looks smooth, reached by jumps from h; 0 where f has a kink."""
    top, low, climbs, kinks = h, table.grid(h / 2), 0, 0
    while not table.full and table.add(low):
        t, k = table.steps.index(top), table.steps.index(low)
        steep, rounding = max(table.steepness(t), table.steepness(k)), 4 * table.rounding(k)
        moved = abs(table.slopes[k] - table.slopes[t])
        if not table.side:
            moved = max(moved, abs(table.bends[k] - table.bends[t] * (low / top) ** 2) / low)
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
            low = table.grid(top * (DEEP if found else 1 / JUMP if moved > 4 * SMOOTH * steep else 1 / 4))
        else:
            part = max(moved, rounding) / steep if steep else 1.0
            return table.grid(min(top / (part if table.side else math.sqrt(part)) / 4, 2 * top))
    return top


def _refine(table: Quotients, h: float) -> None:
    """Halve the step until the error is down to rounding or falls no more; jump where nothing settles."""
    stalled, least = 0, math.inf
    while h and not table.full:
        known = h in table.steps
        if table.add(h) and (run := table.best()):
            stalled = 0 if run.error < least / 2 else stalled + (not known)
            least = min(least, run.error)
            patience = 3 if table.side or _noisy(table, run) else 2
            if _finished(table, run) or (stalled >= patience and table.settled(run)):
                return
            if stalled >= patience:
                _widen(table)
                if (wider := table.best()) and table.settled(wider):
                    return
                h, stalled = table.grid(table.steps[-1] / JUMP), -1
                continue
        h = table.grid(h / 2)


def _finished(table: Quotients, run: Run) -> bool:
    """Whether the error is as small as values of f that are correctly rounded allow."""
    floor = max(4 * NOISE * table.rounding(run.last), ROUNDINGS * UNIT_ROUNDOFF * abs(run.value))
    return len(table.steps) > 3 and run.error <= floor


def _widen(table: Quotients) -> None:
    """Add larger steps while noise limits the error, the largest step is in use and the error falls."""
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
