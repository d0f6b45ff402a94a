"""Numbers as Typst's mathematics, and decimal numbers parted into right and wrong digits."""

from __future__ import annotations

import math
from typing import Any

UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))
BYTES = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0))


def mathematics(value: Any, digits: int = 5) -> str:
    """A number to so many significant digits; a dash where there is none.

    >>> mathematics(-4.91234567e-8), mathematics(5.5), mathematics(1e-100), mathematics(float("nan"))
    ('-4.9123 times 10^(-8)', '5.5', '10^(-100)', 'upright("nan")')
    """
    if value is None:
        return "dash.em"
    value = float(value)
    if math.isnan(value):
        return 'upright("nan")'
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    mantissa, e, exponent = f"{value:.{digits}g}".partition("e")
    if not e:
        return mantissa
    factor = {"1": "", "-1": "-"}.get(mantissa, f"{mantissa} times ")
    return f"{factor}10^({int(exponent)})"


def integer(count: int) -> str:
    """A count with thin spaces between the thousands, as text; powers of ten where nobody would read the digits.

    >>> integer(80387)
    '80\u2009387'
    """
    if count >= 10**12:
        return f"{count:.2e}" if count < 10**300 else f"about 10^{len(str(count)) - 1}"
    return f"{count:,}".replace(",", "\u2009") if count >= 10000 else str(count)


def duration(seconds: float | None) -> str:
    """Seconds in the unit that suits them.

    >>> duration(4.2e-5), duration(None)
    ('42 thin upright("µs")', 'dash.em')
    """
    if seconds is None or not math.isfinite(seconds):
        return "dash.em"
    return _in_units(seconds, UNITS)


def byte_count(count: int) -> str:
    """Bytes in the unit that suits them, a thousand of one to the next.

    >>> byte_count(50336908)
    '50.3 thin upright("MB")'
    """
    return _in_units(count, BYTES)


def _in_units(value: float, units: tuple[tuple[str, float], ...]) -> str:
    unit, size = next((row for row in units if value >= row[1]), units[-1])
    return f'{value / size:.3g} thin upright("{unit}")'


def parted(value: float | None, digits: float) -> dict[str, str]:
    """A double's decimal form in three parts: its right digits, its wrong digits, its power of ten.

    >>> parted(5.50000000012, 10.7)
    {'right': '5.500000000', 'wrong': '12', 'power': ''}
    """
    if value is None or not math.isfinite(value):
        return {"right": "" if value is None else str(value), "wrong": "", "power": ""}
    mantissa, _, exponent = repr(value).partition("e")
    known = math.floor(digits) if digits <= 15 else 17  # all of them where nothing is measured (nan), too
    cut, seen, started = len(mantissa), 0, False
    for place, character in enumerate(mantissa):
        started = started or character in "123456789"
        if character.isdigit() and started:
            if seen == known:
                cut = place
                break
            seen += 1
    power = str(int(exponent)) if exponent else ""
    return {"right": mantissa[:cut], "wrong": mantissa[cut:], "power": power}
