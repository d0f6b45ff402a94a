"""Rules for the step h of a finite difference, and the errors they predict."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from diffcompare.engines.stencil import Scheme, one_sided
from diffcompare.errors import DiffCompareError

UNIT_ROUNDOFF = 2.0**-53


@dataclass(frozen=True)
class Step:
    """A step h, the error predicted for it (nan: none) and the evaluations of f spent on choosing it."""

    h: float
    error: float = math.nan
    evaluations: int = 0


def representable(x: float, h: float) -> float:
    """The step that x - h and x + h really are apart in floating point, halved; at least one ulp of x.

    >>> representable(1.0, 1e-17) == math.ulp(1.0)
    True
    """
    h = max(abs(h), math.ulp(x))
    return ((x + h) - (x - h)) / 2


def fixed(x: float, h: float) -> Step:
    """The step asked for, made representable at x; raises DiffCompareError unless 0 < h < inf."""
    if not (h > 0 and math.isfinite(h)):
        raise DiffCompareError(f"step h = {h} cannot be used; write a positive finite number")
    return Step(representable(x, h))


def textbook(x: float, scheme: Scheme, eps: float = 2 * UNIT_ROUNDOFF) -> Step:
    """The textbook default eps**(1/(p+d)) * max(1, |x|): sqrt(eps) for forward, cbrt(eps) for central.

    Relative for large x, absolute below 1, so it is right only where f varies on the scale max(1, |x|).

    >>> textbook(0.0, Scheme("forward", (0, 1))).h == 2.0**-26
    True
    """
    return Step(representable(x, _root(eps, scheme) * max(1.0, abs(x))))


def relative(x: float, scheme: Scheme, eps: float = 2 * UNIT_ROUNDOFF) -> Step:
    """The same default on the scale of x alone, eps**(1/(p+d)) * |x|; the scale is 1 at x = 0.

    >>> relative(2.0**-10, Scheme("forward", (0, 1))).h == 2.0**-36
    True
    """
    return Step(representable(x, _root(eps, scheme) * (abs(x) or 1.0)))


def _root(eps: float, scheme: Scheme) -> float:
    power = scheme.order + scheme.derivative
    return math.exp2(math.log2(eps) / power)


def predicted_error(
    h: float, f_x: float, higher_derivative: float, scheme: Scheme, eps: float = UNIT_ROUNDOFF
) -> tuple[float, float]:
    """Truncation C h**p |f^(p+d)| and rounding bound K eps |f| / h**d of a scheme at step h, as a pair."""
    truncation = abs(float(scheme.truncation) * higher_derivative) * h**scheme.order
    return truncation, float(scheme.rounding) * eps * abs(f_x) / h**scheme.derivative


def optimal(f_x: float, higher_derivative: float, scheme: Scheme, eps: float = UNIT_ROUNDOFF) -> Step:
    """The step that minimises truncation plus rounding, and that minimum.

    h = (d K eps |f| / (p C |f^(p+d)|))**(1/(p+d)), by setting the derivative of predicted_error to 0.

    `eps` is the relative error of one value of f. The step is inf where the derivative of order p+d
    is 0 (no truncation error to balance) and 0 where f_x is 0 (no rounding error).

    >>> step = optimal(0.28901376, 67.395584, Scheme("forward", (0, 1)))
    >>> f"{step.h:.1e} {step.error:.1e}"
    '1.4e-09 9.3e-08'
    """
    p, d = scheme.order, scheme.derivative
    rounding = d * float(scheme.rounding) * eps * abs(f_x)
    truncation = p * abs(float(scheme.truncation) * higher_derivative)
    if rounding == 0 or truncation == 0:
        return Step(0.0 if rounding == 0 else math.inf, 0.0)
    h = math.exp2((math.log2(rounding) - math.log2(truncation)) / (p + d))
    return Step(h, sum(predicted_error(h, f_x, higher_derivative, scheme, eps)))


def hidden(slope: float, third: float, eps: float = UNIT_ROUNDOFF) -> Step:
    """The largest h of the complex step whose truncation h**2 |third| / 6 is no larger than its rounding eps |slope|.

    `slope` and `third` are the first and the third derivative.  Any smaller step is as good, and the error is the
    sum of both; the step is inf where there is no truncation error.

    >>> hidden(1.0, 6.0, 1e-16)
    Step(h=1e-08, error=2e-16, evaluations=0)
    """
    h = math.sqrt(6 * eps) * math.sqrt(abs(slope)) / math.sqrt(abs(third)) if third else math.inf
    return Step(h, (2 if third else 1) * eps * abs(slope))


def estimated(f: Callable[[float], float], x: float, scheme: Scheme, eps: float = UNIT_ROUNDOFF) -> Step:
    """The textbook optimum with f^(p+d) itself estimated from samples, representable at x.

    The samples are a central difference (one-sided where f is not finite) on its own default
    step. Where the estimate is useless (0, nan, inf, or a step past the scale of x) the answer
    is the textbook default, which carries no prediction.
    """
    power = scheme.order + scheme.derivative
    reach = (power + 1) // 2
    wide = Scheme("higher", tuple(range(-reach, reach + 1)), power)
    h = textbook(x, wide).h
    f_x, evaluations = f(x), 1
    for sampler in (wide, one_sided(wide, "forward"), one_sided(wide, "backward")):
        values = [f(x + float(offset) * h) if offset else f_x for offset in sampler.offsets]
        evaluations += len(values) - 1
        higher = sampler.estimate(values, h)
        if math.isfinite(higher):
            step = optimal(f_x, higher, scheme, eps)
            if 0 < step.h <= max(1.0, abs(x)):
                return Step(representable(x, step.h), step.error, evaluations)
            break
    return Step(textbook(x, scheme).h, evaluations=evaluations)
