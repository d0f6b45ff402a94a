"""What a curve of errors against h says: its typical error, its best step, its slopes.

Rounding is noise, so the least single error among many steps is luck; it may well be 0.  What counts is the error
that a step has typically, and the exact split tells it: the truncation error at h is known, and the rounding errors
of neighbouring steps are draws of the same noise once their growth like 1/h is taken out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompare.engines.exact_difference import Split
from diffcompare.engines.step import Step

REACH = 1.0  # decades of h to either side that count as neighbours
FEWEST, MOST = 2, 30  # neighbours on either side: what a median needs, and all that it needs
ENOUGH = 2000  # steps to choose the best one from; of more, every second, third, .. is looked at
AS_GOOD = 1.01  # a typical error within 1 % of the least is as good
POINTS = 5  # through which a slope is fitted, at least

Array = np.ndarray[Any, np.dtype[np.float64]]


def typical(h: Array, parts: Split, growth: int = -1) -> Array:
    """The median over neighbouring steps s of |truncation(h) + rounding(s) (h/s)^growth|, shape (k,).

    `growth` is the power of h with which rounding grows: -1 for a difference; 0 for the complex step, where every
    step is a neighbour.  A truncation error that happens to cross 0 counts as the largest at any step up to h.

    >>> h = np.geomspace(1e-4, 1e-1, 7)
    >>> parts = Split(h**2, 1e-6 / h, h**2 + 1e-6 / h)
    >>> [float(f"{error:.3g}") for error in typical(h, parts)]
    [0.01, 0.00316, 0.001, 0.000326, 0.0002, 0.00103, 0.01]
    """
    noise = parts.rounding * h ** float(-growth)
    if growth:
        k = min(max(round(REACH * (len(h) - 1) / np.log10(h[-1] / h[0])), FEWEST), MOST, len(h) - 1)
        noise = np.lib.stride_tricks.sliding_window_view(np.pad(noise, k, mode="reflect"), 2 * k + 1)
    else:
        noise = noise[None, :: len(h) // MOST + 1]
    truncation = np.maximum.accumulate(np.abs(parts.truncation))
    errors = np.abs(truncation[:, None] + noise * h[:, None] ** float(growth))
    middle = errors.shape[1] // 2
    found: Array = np.partition(errors, middle, axis=1)[:, middle]
    return found


def best_step(h: Array, parts: Split, growth: int = -1) -> Step | None:
    """The largest step whose typical error is as good as the least; None where nothing is known."""
    (known,) = np.nonzero(np.isfinite(parts.truncation) & np.isfinite(parts.rounding))
    if len(known) < FEWEST:
        return None
    known = known[:: len(known) // ENOUGH + 1]
    h = h[known]
    error = typical(h, parts.only(known), growth)
    i = int(np.flatnonzero(error <= AS_GOOD * error.min())[-1])
    return Step(float(h[i]), float(error[i]))


def slopes(h: Array, parts: Split, best: Step | None, finest: float) -> dict[str, float | None]:
    """Powers of h by least squares: of truncation in the two decades up to the best step, of rounding from `finest` on.

    Below `finest`, the distance of x from the next float, x + h is x and rounding no longer grows.
    """
    if best is None:
        return {"truncation": None, "rounding": None}
    up_to_best = {"truncation": (h >= best.h / 100) & (h <= best.h), "rounding": (h > finest) & (h <= best.h)}
    return {name: power_of(h[chosen], getattr(parts, name)[chosen]) for name, chosen in up_to_best.items()}


def power_of(h: Array, error: Array) -> float | None:
    """The power p for which |error| is nearest to c h^p on log axes; None for too few errors that are not 0.

    >>> h = np.geomspace(1e-4, 1e-1, 9)
    >>> round(power_of(h, 3 * h**2), 12)
    2.0
    """
    usable = np.isfinite(error) & (error != 0)
    if usable.sum() < POINTS:
        return None
    slope, _ = np.polyfit(np.log(h[usable]), np.log(np.abs(error[usable])), 1)
    return float(slope)
