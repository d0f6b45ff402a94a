"""The verdict of a comparison: which engine to believe, and why, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from diffcompare.engines.certified import Certified
from diffcompare.expression.explain import KinkFound
from diffcompare.measure import MOST_DIGITS, UNIT_ROUNDOFF, Measurement, Unproven

if TYPE_CHECKING:
    from diffcompare.studies.agreement import EngineRow

SHOWN = 4  # derivatives of an engine in a sentence
ILL = 1e6  # a condition number that costs six digits is worth a word
COMPLEX_COST = 4  # real products in a complex one: what a complex operation counts when engines tie


def judged(
    rows: Sequence[EngineRow], reference: Certified, condition: Mapping[str, float | None], found: Sequence[KinkFound]
) -> tuple[str | None, str]:
    """The engine with the most correct digits (one ulp or less is right), then the fewest operations."""
    measured = [(row, row.worst) for row in rows]
    known = [(row, worst) for row, worst in measured if worst is not None]
    if not known:
        return None, _undecided(rows, reference, found)

    def rank(item: tuple[EngineRow, Measurement]) -> tuple[float, float, int]:
        row, worst = item
        operations = math.inf if row.operations is None else row.operations
        operations *= COMPLEX_COST if row.engine == "complex-step" else 1
        return -MOST_DIGITS if _right(worst) else -worst.digits, operations, row.evaluations or 0

    (best, worst), *others = sorted(known, key=rank)
    equal = [row.engine for row, other in others if _right(other)]
    if _right(worst):
        reason = f"{best.engine} is right to the last place"
        reason += f", as {'are' if equal[1:] else 'is'} {_listed(equal)}, with the fewest operations" if equal else ""
    elif worst.digits >= 1:
        reason = f"{best.engine} has the most correct digits, {worst.digits:.1f}"
        reason += " in its worst partial derivative" if len(best.gradient) > 1 else ""
    else:
        reason = "no engine has a correct digit"
    if best.engine in ("forward", "reverse") and worst.digits >= 1:
        reason += "; automatic differentiation has no truncation error, only rounding"
    large = max((c for c in condition.values() if c is not None), default=0.0)
    if large > ILL:
        lost = f"{math.log10(large):.0f} digits" if large * UNIT_ROUNDOFF < 1 else "more digits than a double has"
        reason += f"; the derivative of this formula has condition number {large:.1e} here: rounding can cost {lost}"
    missing = [name for name, entry in reference.gradient.items() if isinstance(entry, Unproven)]
    if missing:
        names = _listed(missing if len(missing) <= SHOWN else [*missing[:SHOWN], f"{len(missing) - SHOWN} more"])
        reason = f"no derivative by {names} is certified ({'; '.join(reference.reasons)}); of the others, {reason}"
    return best.engine if worst.digits >= 1 else None, reason


def _undecided(rows: Sequence[EngineRow], reference: Certified, found: Sequence[KinkFound]) -> str:
    """Why no engine can be called right, and what each of them answered."""
    answers = _listed([f"{row.engine} {_shown(list(row.gradient.values()))}" for row in rows if row.available])
    entries = [entry for entry in reference.gradient.values() if isinstance(entry, Unproven)]
    if not entries:
        return "no engine gave an answer" if reference.names else "the function has no variables"
    if entries[0].kind == "not differentiable":
        where = "; ".join(f"{kink.operation} {kink.where}" for kink in found) or entries[0].reason
        return f"no derivative is proven to exist at this point ({where}), so each answer is a convention: {answers}"
    return f"no derivative can be certified at this point ({entries[0].reason}); answers: {answers}"


def _shown(numbers: Sequence[float]) -> str:
    """The first few numbers."""
    return ", ".join(f"{number:.6g}" for number in numbers[:SHOWN]) + ", ..." * (len(numbers) > SHOWN)


def _right(measurement: Measurement) -> bool:
    return abs(measurement.ulps) <= 1


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
